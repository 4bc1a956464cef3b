"""What Slack publishes about its API, to check against. It lies beside the checkout and may be absent."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.house.source import ROOT


def slack(path: str) -> Any:
    """A file of Slack's data. Skips the test where there is none."""
    folder = Path(os.environ.get("CONTRACT_DATA") or ROOT.parent / "shared" / "vendor")
    if not (folder / "slack").is_dir():
        pytest.skip(f"NOT CHECKED against Slack's own data: CONTRACT_DATA names no folder with it ({folder})")
    return json.loads((folder / "slack" / path).read_text("utf-8"))
