"""What the load generator remembers by itself: every input, and what it was answered."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

Way = Literal["in", "out"]
ACKNOWLEDGED = 200


@dataclass
class Input:
    """A lead's text (in) or a staff member's reply (out). Times are Unix seconds of the clock that all go by.

    `token` is the word in its body by which it is known again wherever it turns up. `answers` has a status for each
    try: 0 where the connection broke off, -1 where none came in time. `others` are answers to copies that were sent
    although it was acknowledged already.
    """

    token: str
    way: Way
    team_id: str
    phone: str
    sent_at: float
    acknowledged_at: float | None = None
    answers: list[int] = field(default_factory=list)
    others: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    @property
    def is_acknowledged(self) -> bool:
        """Whether the app has promised to take care of it."""
        return self.acknowledged_at is not None

    @property
    def place(self) -> tuple[str, str]:
        """Its conversation: the firm's team and the lead's phone."""
        return self.team_id, self.phone


@dataclass
class History:
    """All inputs, in the order in which they were first sent."""

    inputs: list[Input] = field(default_factory=list)

    def new(self, way: Way, team_id: str, phone: str, now: float) -> Input:
        """The next one, with a token that no other has."""
        given = Input(f"{way[0]}{len(self.inputs):06d}", way, team_id, phone, now)
        self.inputs.append(given)
        return given

    @property
    def acknowledged(self) -> list[Input]:
        """What the app has promised to take care of."""
        return [given for given in self.inputs if given.is_acknowledged]

    def refusals(self) -> list[int]:
        """Every answer that was no acknowledgement, copies included."""
        return [
            status for given in self.inputs for status in given.answers + given.others if status != ACKNOWLEDGED
        ]

    def keep(self, path: Path) -> None:
        """Write it down, for whoever looks into a failure."""
        path.write_text(_lines(asdict(given) for given in self.inputs))


def _lines(entries: Iterable[object]) -> str:
    return "".join(f"{json.dumps(entry)}\n" for entry in entries)
