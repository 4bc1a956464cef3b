"""Somebody sets the clock that dates are taken from. The steady one, which nobody sets, tells of it."""

from datetime import datetime

from bridge.services.deps import Deps

LEAST = 2.0  # seconds; what is less nobody needs to hear of


class Steps:
    """Tells by how much the clock was set. A machine that slept looks as one whose clock was set ahead."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._apart = self._look()[1]

    def now(self) -> tuple[datetime, float]:
        """The time, and by how many seconds the clock was set since this was last asked, ahead or back."""
        now, apart = self._look()
        step = apart - self._apart
        if abs(step) < LEAST:
            return now, 0.0
        self._apart = apart
        return now, step

    def _look(self) -> tuple[datetime, float]:
        now = self._deps.clock()
        return now, now.timestamp() - self._deps.steady()
