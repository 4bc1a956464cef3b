"""Everything that may go wrong in one world, drawn from its one generator of chance.

Each world has troubles of its own: some kinds often, most not at all. Worlds in which everything goes wrong at once
find less, since nothing gets far in them.
"""

import random
from typing import Any

import aiohttp

from tests.simulation.wire import Answer, Fate, Request

# Troubles of a call. What a service has done by then is said by the name.
CALLS = (
    "refused", "lost before", "lost after", "reset before", "reset after", "busy", "broken before", "broken after",
    "garbled after", "slow",
)  # fmt: skip
LOOKS = ("looks fail",)  # Slack's search and Twilio's list
DISK = ("statement", "full", "lock", "commit before", "commit after", "slow disk")
INPUTS = ("webhook lost", "webhook doubled", "receipt lost", "receipt doubled", "receipt early", "list lags")
HANDS = (
    "kill", "stop", "hold up", "jump", "archive", "revoke", "suspend", "delete root", "delete reply", "opt out",
    "another channel", "late arrival",
)  # fmt: skip

RARE = {"statement": 0.01, "full": 0.01, "lock": 0.1, "commit before": 0.1, "commit after": 0.1}  # of very many
OFTEN = {"hold up": 0.3}  # it only matters between a claim and what it is for
TOO_BUSY = (None, 1, 30)  # seconds of a Retry-After

Chance = random.Random


class Weather:
    """Draws what happens next; calm() ends all troubles."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.rates = {name: self._rate(name) for name in (*CALLS, *LOOKS, *DISK, *INPUTS, *HANDS)}
        self.latency = chance.choice((0.01, 0.05, 0.5))
        self.is_calm = False
        self.statements_fail = any(self.rates[name] for name in ("statement", "full", "lock"))

    def _rate(self, name: str) -> float:
        if self.chance.random() < 0.75:
            return 0.0
        return (
            RARE.get(name)
            or OFTEN.get(name)
            or self.chance.choice((0.05, 0.1, 0.2) if name in HANDS else (0.05, 0.15, 0.4))
        )

    def calm(self) -> None:
        """From now on everything works."""
        self.is_calm = True

    def has(self, name: str) -> bool:
        """Whether this trouble belongs to this world, as long as the storm lasts."""
        return self.rates[name] > 0 and not self.is_calm

    def happens(self, name: str) -> bool:
        """Whether this trouble comes now."""
        return self.has(name) and self.chance.random() < self.rates[name]

    def some(self, most: float) -> float:
        """A short time in seconds, mostly much shorter than the longest."""
        return float(most * self.chance.random() ** 3)

    # --- the network

    def fate(self, request: Request) -> Fate:
        """What becomes of a request."""
        there, back = self.some(self.latency), self.some(self.latency)
        looks = request.method == "GET" or ".replies" in request.path or ".history" in request.path
        if looks and self.happens("looks fail"):
            return Fate(there, back, instead=self._busy(request))
        for trouble in CALLS:
            if self.happens(trouble):
                return self._troubled(trouble, request, there, back)
        if self.happens("late arrival") and "Messages" in request.path:
            return Fate(self.chance.uniform(15, 60), None)  # after everybody has stopped waiting
        return Fate(there, back)

    def _troubled(self, trouble: str, request: Request, there: float, back: float) -> Fate:
        reset, never = aiohttp.ServerDisconnectedError(), aiohttp.ConnectionTimeoutError()
        fates: dict[str, Any] = {
            "refused": lambda: Fate(None, broken=never),
            "lost before": lambda: Fate(None),
            "lost after": lambda: Fate(there, None),
            "reset before": lambda: Fate(None, broken=reset),
            "reset after": lambda: Fate(there, None, broken=reset),
            "busy": lambda: Fate(there, back, instead=self._busy(request)),
            "broken before": lambda: Fate(there, back, instead=Answer(503, b"<html>sorry")),
            "broken after": lambda: Fate(there, back, garbled=Answer(500, b"<html>sorry")),
            "garbled after": lambda: Fate(there, back, garbled=Answer(200, b"<html>hello")),
            "slow": lambda: Fate(self.chance.uniform(0, 8), self.chance.uniform(0, 8)),
        }
        fate: Fate = fates[trouble]()
        return fate

    def _busy(self, request: Request) -> Answer:
        after = self.chance.choice(TOO_BUSY)
        body = {"code": 20429} if "Accounts" in request.path else {"ok": False, "error": "ratelimited"}
        return Answer(429, body, {} if after is None else {"Retry-After": str(after)})

    # --- the disk

    def disk_wait(self, what: str) -> float:
        """Seconds that a visit to the disk takes."""
        if what == "COMMIT" and self.happens("slow disk"):
            return self.chance.uniform(0, 14)
        return self.some(0.01) if self.chance.random() < 0.5 else 0.0

    def disk_fault(self, what: str) -> str | None:
        """How this statement fails, if it does."""
        if what == "COMMIT":
            return next((kind for kind in ("before", "after") if self.happens(f"commit {kind}")), None)
        if what.startswith("BEGIN I"):
            return "before" if self.happens("lock") else None
        if self.happens("full"):
            return "full"
        return "before" if self.happens("statement") else None

    def noise(self) -> int:
        """For SQLite's random()."""
        return self.chance.getrandbits(32)

    # --- what comes in

    def list_lag(self) -> float:
        """Seconds until Twilio's list shows a new text."""
        return self.chance.uniform(0, 200) if self.happens("list lags") else self.some(2)
