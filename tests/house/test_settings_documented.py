"""The README's table of settings is complete."""

import re

from bridge.settings import VARIABLES
from tests.house.source import ROOT


def test_the_readme_lists_every_setting_and_nothing_else() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    listed = re.findall(r"^\| *`([A-Z][A-Z0-9_]+)` *\|", readme, re.MULTILINE)
    names = {variable.name for variable in VARIABLES}
    assert sorted(names - set(listed)) == [], "missing in the README's table, as | `NAME` | ..."
    assert sorted(set(listed) - names) == [], "in the README's table, but no setting"
    assert len(listed) == len(set(listed))
