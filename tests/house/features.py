"""docs/features.md as data: what the product does, row by row, and how far each row is."""

import re
from dataclasses import dataclass

from tests.house.source import ROOT

ROWS = range(1, 193)
DONE, PARTLY, LATER = STATES = ("done", "partly", "later")

_ROW = re.compile(r"\| *(\d+) *\| (.+?) *\| *(\w+) *\|")


@dataclass(frozen=True)
class Feature:
    """One row. `quotes` are the product's own sentences, which stand between « and »."""

    number: int
    says: str
    state: str

    @property
    def quotes(self) -> tuple[str, ...]:
        return tuple(re.findall("«(.+?)»", self.says))


def read() -> dict[int, Feature]:
    """Every row by its number. Raises ValueError for one that stands there twice."""
    found: dict[int, Feature] = {}
    for number, says, state in _ROW.findall((ROOT / "docs/features.md").read_text("utf-8")):
        if int(number) in found:
            raise ValueError(f"row {number} stands in docs/features.md twice")
        found[int(number)] = Feature(int(number), says, state)
    return found
