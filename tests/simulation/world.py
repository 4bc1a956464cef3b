"""One world: an app in one or two processes, its services, people, and what chance does to them all."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextvars import Context
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from random import Random
from typing import Any

from tests.simulation.apps import App
from tests.simulation.disk import Disk
from tests.simulation.ground import Ground
from tests.simulation.processes import Process, current
from tests.simulation.slack import Slack
from tests.simulation.twilio import Twilio
from tests.simulation.weather import Weather
from tests.simulation.wire import Answer, Fate, Request, Service, Wire

BEGIN = datetime(2026, 3, 2, 15, tzinfo=UTC)
OTHER_CHANNEL, BOT, NUMBER = "C2", "UBOT", "+14155550100"
STARTS_IN = 0.2  # seconds
ARRIVES_WITHIN = 2.5  # seconds, what a dead process has asked for; by then its successor is at work
PHONES = ("+14155550111", "+14155550112")
STAFF = ("U1", "U2")
KEYWORDS = {"STOP", "START"}


@dataclass
class Heard:
    """A text from a lead, and when the app answered that it has it; seconds of the loop."""

    phone: str
    body: str
    sid: str
    sent: float
    acked: float | None = None


@dataclass
class Said:
    """A reply of staff, as Heard."""

    phone: str
    body: str
    ts: str
    user: str
    sent: float
    acked: float | None = None
    is_deleted: bool = False


@dataclass(frozen=True)
class Began:
    """A text that left the app for Twilio."""

    at: float
    message_id: int
    phone: str


@dataclass
class History:
    """What everybody outside remembers."""

    heard: list[Heard] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    began: list[Began] = field(default_factory=list)
    pressed: Counter[int] = field(default_factory=Counter)  # "Send again", by message
    believed: set[int] = field(default_factory=set)  # "It arrived"
    was_archived: bool = False
    jumped: float = 0.0  # seconds that a clock was ever wrong by, at most


class World:
    """Made from a seed alone; `ground` is the database to stand on."""

    def __init__(self, seed: int, ground: Ground) -> None:
        self.loop = asyncio.get_running_loop()
        self.seed, self.ground, self.chance = seed, ground, Random(seed)
        self.weather = Weather(self.chance)
        self.trace: list[str] = []
        self.history = History()
        self.skipped = timedelta(0)
        self.wrong = timedelta(0)  # by which the processes' clock is
        self.slack = Slack(self._seconds)
        self.twilio = Twilio(self._seconds, self.weather.list_lag)
        self.apps: list[App] = []
        self.disk: Disk
        self._names = count(1)
        self._wires: dict[str, tuple[Wire, Wire]] = {}
        self.together = 2 if self.weather.has("hold up") else self.chance.choice((1, 1, 2))  # somebody takes over
        self._settings = ground.settings[self.chance.choice(("0", "1"))]

    # --- time

    def true_time(self) -> datetime:
        """What a good clock shows."""
        return BEGIN + self.skipped + timedelta(seconds=self.loop.time())

    def clock(self) -> datetime:
        """What the processes' clock shows."""
        return self.true_time() + self.wrong

    def steady(self) -> float:
        """Seconds that nobody can set."""
        return self.skipped.total_seconds() + self.loop.time()

    def _seconds(self) -> float:
        return self.true_time().timestamp()

    def jump(self, seconds: float) -> None:
        """Somebody sets the processes' clock."""
        self.wrong += timedelta(seconds=seconds)
        self.history.jumped = max(self.history.jumped, abs(self.wrong.total_seconds()), abs(seconds))
        self.hear("the clock is wrong by", self.wrong)

    def skip(self, seconds: float) -> None:
        """A long time passes in which nothing happens."""
        self.skipped += timedelta(seconds=seconds)
        self.wake()

    def wake(self) -> None:
        """What one process stored, the others may hear of."""
        for app in self.alive():
            app.deps.db.wake.nudge()

    def hear(self, *what: object) -> None:
        """For the trace."""
        process = current()
        self.trace.append(f"{self.loop.time():9.3f} {process.name if process else '-'} {' '.join(map(str, what))}")

    # --- the network

    def fate(self, request: Request) -> Fate:
        """What becomes of a request that leaves the app now."""
        fate = self.weather.fate(request)
        what = {key: request.args[key] for key in _TOLD if key in request.args}
        self.hear("asks", request.method, request.path.rsplit("/", 1)[-1], what, fate)
        if request.method == "POST" and request.path.endswith("/Messages.json"):
            message_id = int(request.args["StatusCallback"].rpartition("mid=")[2])
            self.history.began.append(Began(self.loop.time(), message_id, request.args["To"]))
        return fate

    def _dated(self, service: Service) -> Service:
        """Each answer says what time it is there."""

        def answer(request: Request) -> Answer:
            said = service(request)
            return replace(said, headers={**said.headers, "Date": format_datetime(self.true_time(), usegmt=True)})

        return answer

    # --- processes

    def alive(self) -> list[App]:
        """Those that serve."""
        return [app for app in self.apps if app.is_alive]

    def start(self) -> None:
        """One more process. Whoever replaces one that has died comes STARTS_IN later, however it died."""
        process = Process(f"p{next(self._names)}", self._died)
        if self.weather.has("kill"):
            process.dies_at = self.chance.randrange(1, 1_500)
        if self.weather.has("hold up"):
            process.stands_still = self.chance.randrange(1, 1_500), self.chance.choice((10, 100, 200))
        self.hear("starts", process.name)
        wires = Wire(self._dated(self.slack.answer), self), Wire(self._dated(self.twilio.answer), self)
        self._wires[process.name] = wires
        app = App(
            process, self._settings, self.ground.url, wires, (self.clock, self.steady), alone=self.together == 1
        )
        app.deps.db._writer._woken = self.wake
        self.apps.append(app)

    def _died(self, process: Process) -> None:
        self.hear("is gone:", process.name)
        self.disk.died(process)
        for wire in self._wires.pop(process.name):
            wire.hurry(lambda: self.chance.uniform(0, ARRIVES_WITHIN))
        self.loop.call_later(STARTS_IN, self._replace, context=Context())

    def _replace(self) -> None:
        if len(self.alive()) < self.together:
            self.start()

    def somebody(self) -> App | None:
        """Whom a load balancer would ask."""
        alive = self.alive()
        return self.chance.choice(alive) if alive else None

    async def ask(self, what: str, work: Callable[[App], Callable[[], Awaitable[Any]]], seconds: float) -> bool:
        """A request from outside; whether it was answered with 200."""
        app = self.somebody()
        if app is None:
            return False
        task = app.take(work(app), seconds)
        done, _ = await asyncio.wait({task}, timeout=15)
        is_taken = bool(done) and task.exception() is None
        self.hear(what, "taken" if is_taken else "not taken")
        return is_taken


_TOLD = ("thread_ts", "ts", "text", "metadata", "name", "timestamp", "Body", "To", "oldest", "user")
