"""What a test tells processes that already run: where to die, and how far their clock is ahead.

It is told in a folder that all of them look into. Whoever comes first to the doomed moment takes the order away,
so that of several processes one obeys.
"""

import asyncio
import math
import mmap
import os
import re
import signal
import struct
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

# How Twilio's addresses become names: Messages, Messages/SM, Services/MG/PhoneNumbers, PhoneNumbers/+.
_PLACE = re.compile(r"^.*?/(?:2010-04-01/Accounts/AC[0-9a-f]{32}|v[12])/")
_PARTS = (
    (re.compile(r"([A-Z]{2})[0-9a-f]{32}"), r"\1"),
    (re.compile(r"(\+|%2B)\d+"), "+"),
    (re.compile(r"\.json|\?.*"), ""),
)


class Action(StrEnum):
    """What happens to who comes to the moment."""

    KILL = "kill"  # as by kill -9
    BREAK = "break"  # an exception that nobody thought of
    CANCEL = "cancel"  # the task ends as if somebody had cancelled it


def name_of(moment: str) -> str:
    """A moment as points.py lists it: without the ids and numbers in an address of Twilio's."""
    *words, place = moment.split(" ")
    if words[1] == "twilio":
        place = _PLACE.sub("", place)
        for pattern, short in _PARTS:
            place = pattern.sub(short, place)
    return " ".join([*words, place])


class Fate:
    """The folder, from either side."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._order, self._victim, self._witness = folder / "doom", folder / "victim", folder / "witness"
        path = folder / "ahead"
        if not path.exists():
            path.write_bytes(struct.pack("d", 0.0))
        with path.open("r+b") as file:
            self._ahead = mmap.mmap(file.fileno(), 8)
        self._counted: Counter[str] = Counter()
        self._jumps: list[tuple[float, float]] = []

    # --- the test's side

    def doom(self, point: str, action: Action = Action.KILL, *, nth: int = 1) -> None:
        """From now on the nth to come to this point obeys."""
        self._victim.unlink(missing_ok=True)
        new = self._order.with_suffix(".new")
        new.write_text(f"{action}\n{nth}\n{time.monotonic()}\n{point}")
        new.rename(self._order)

    def is_pending(self) -> bool:
        """Whether nobody has come to the point yet."""
        return self._order.exists()

    def victim(self) -> int | None:
        """The id of the process that has obeyed."""
        return int(self._victim.read_text()) if self._victim.exists() else None

    def spare(self) -> None:
        """Take the order back."""
        self._order.unlink(missing_ok=True)

    def watch(self) -> None:
        """From now on every moment that comes is written down."""
        self._witness.touch()

    def reached(self) -> set[str]:
        """The moments that came since."""
        return set(self._witness.read_text().splitlines()) if self._witness.exists() else set()

    def skip(self, seconds: float) -> None:
        """Everybody's clock is ahead by so much more."""
        self._jumps.append((self.clock().timestamp(), seconds))
        self._ahead[:] = struct.pack("d", self.ahead + seconds)

    def lived(self, earlier: float, later: float) -> float:
        """Seconds that really passed between two moments of the clock that all go by."""
        return later - earlier - sum(seconds for at, seconds in self._jumps if earlier <= at < later)

    # --- both sides

    @property
    def ahead(self) -> float:
        """Seconds."""
        return float(struct.unpack("d", self._ahead[:])[0])

    def clock(self) -> datetime:
        """The time that everybody goes by, aware."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def steady(self) -> float:
        """The same in seconds: what was skipped has passed."""
        return self.clock().timestamp()

    # --- the process's side

    def meet(self, moment: str) -> None:
        """A moment has come."""
        with suppress(FileNotFoundError):
            witness = os.open(self._witness, os.O_WRONLY | os.O_APPEND)
            os.write(witness, f"{name_of(moment)}\n".encode())
            os.close(witness)
        with suppress(FileNotFoundError):
            order = self._order.read_text()
            action, nth, _, point = order.split("\n")
            if name_of(moment) == point and self._is_turn(order, int(nth)):
                self._order.unlink()
                mine = self._victim.with_suffix(f".{os.getpid()}")
                mine.write_text(str(os.getpid()))
                mine.rename(self._victim)
                _obey(Action(action), moment)

    def _is_turn(self, order: str, nth: int) -> bool:
        self._counted[order] += 1
        return self._counted[order] == nth


class Broken(Exception):
    """The bug that nobody thought of."""


def _obey(action: Action, moment: str) -> None:
    match action:
        case Action.KILL:
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(math.inf)
        case Action.BREAK:
            raise Broken(moment)
        case Action.CANCEL:
            raise asyncio.CancelledError
