"""What the vendors publish about their APIs, to check against. It lies beside the checkout and may be absent."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.house.source import ROOT


def slack(path: str) -> Any:
    """A file of Slack's data. Skips the test where there is none."""
    return _read("Slack", path)


def stripe(path: str) -> Any:
    """A file of Stripe's data. Skips the test where there is none."""
    return _read("Stripe", path)


def _read(whose: str, path: str) -> Any:
    folder = Path(os.environ.get("CONTRACT_DATA") or ROOT.parent / "shared" / "vendor")
    if not (folder / whose.lower()).is_dir():
        pytest.skip(f"NOT CHECKED against {whose}'s own data: CONTRACT_DATA names no folder with it ({folder})")
    return json.loads((folder / whose.lower() / path).read_text("utf-8"))
