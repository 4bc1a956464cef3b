"""`make soak MINUTES=30`: mixed load on many firms with random trouble, and what grows meanwhile.

python -m tests.faults.soak --minutes 30 --where pair --seed 1

The clock is the real one: whoever dies leaves claims that others wait for. Of a pair, one web and one worker are
never killed, so that their memory tells something.
"""

import argparse
import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import Awaitable, Callable

from tests.cast import FirmCast
from tests.faults.__main__ import MEMORY, WHERE
from tests.faults.evidence import gather
from tests.faults.gauges import Gauges
from tests.faults.ground import Ground, Setting
from tests.faults.health import Health
from tests.faults.history import Input
from tests.faults.invariants import check
from tests.faults.load import Load, pairs_of
from tests.faults.providers import calm
from tests.faults.quiet import settle
from tests.faults.results import Result, table
from tests.faults.weather import Weather
from tests.faults.world import Size, World

FIRMS, LEADS = 120, 2  # leads of each firm; so many firms that Slack's limit for reactions does not decide
WARMING = 0.25  # of the time
LATE = 120.0  # seconds; longer than a claim of somebody who died
END = 600.0  # seconds for everything to settle
KEPT = 2_000  # calls that the pretenders remember

Say = Callable[[Input], Awaitable[None]]


async def soak(ground: Ground, setting: Setting, minutes: float, *, seed: int, rate: float) -> Result:
    """So many texts and so many replies a second, for so many minutes."""
    result, began = Result("F32 soak", str(setting), round(minutes)), time.monotonic()
    async with (
        ground.world(setting, size=Size(FIRMS, 4), environ={"LOG_LEVEL": "WARNING"}) as world,
        Load.on(world, seed=seed, again=0.05, patience=120) as load,
        Health.of(world.fleet) as health,
    ):
        await world.fleet.start()
        pairs = pairs_of(world, FIRMS * LEADS)
        await load.open(pairs, 120)
        gauges, weather = _instruments(ground, world, seed)
        await _live(load, pairs, gauges, weather, minutes * 60, rate, seed)
        calm(world)
        await world.fleet.start()
        _say("Nothing new comes in; waiting until all that did has settled ...")
        await settle(world, END)
        found = await gather(load, slowest_health=health.slowest)
        result.findings = check(found, late_after=LATE)
        result.figures = _figures(load, found.waited, health) | gauges.figures(minutes * 60 * WARMING)
        result.figures["trouble"] = ", ".join(f"{name} {times}" for name, times in weather.happened.most_common())
        result.figures["late"] = f"{result.findings.late} took effect after more than {LATE:.0f} s"
    result.seconds = time.monotonic() - began
    return result


def _instruments(ground: Ground, world: World, seed: int) -> tuple[Gauges, Weather]:
    fleet = world.fleet
    spared = fleet.members if fleet.shape == "serve" else [fleet.webs[0], fleet.workers[0]]
    return Gauges(world, spared), Weather(ground, world, seed, spared)


async def _live(
    load: Load,
    pairs: list[tuple[FirmCast, str]],
    gauges: Gauges,
    weather: Weather,
    seconds: float,
    rate: float,
    seed: int,
) -> None:
    """Until the time is up, and the last input is acknowledged."""
    stop = asyncio.Event()
    beside = [
        asyncio.create_task(work(stop))
        for work in (gauges.watch, weather.change, Traffic(load, pairs, rate, seed).flow)
    ]
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        await asyncio.sleep(min(left, 10))
        _say(f"{seconds - left:.0f} of {seconds:.0f} s: {len(load.history.inputs)} sent, {_life(gauges)}")
        _forget(load.world)
    stop.set()
    await asyncio.gather(*beside)


class Traffic:
    """Texts and replies at a steady rate; in each conversation one of each kind at a time."""

    def __init__(self, load: Load, pairs: list[tuple[FirmCast, str]], rate: float, seed: int) -> None:
        self._load, self._pairs, self._rate, self._chance = load, pairs, rate, random.Random(seed)
        self._busy: set[tuple[str, str, str]] = set()
        self._under_way: set[asyncio.Task[None]] = set()

    async def flow(self, stop: asyncio.Event) -> None:
        """Until the end; then what is under way is waited for."""
        began, sent = time.monotonic(), 0
        while not stop.is_set():
            due = int((time.monotonic() - began) * self._rate)
            for _ in range(due - sent):
                self._begin("in", self._load.text)
                self._begin("out", self._load.reply)
            sent = due
            await asyncio.sleep(0.02)
        await asyncio.gather(*self._under_way)

    def _begin(self, way: str, send: Callable[..., Awaitable[Input]]) -> None:
        firm, phone = self._chance.choice(self._pairs)
        key = (way, firm.team_id, phone)
        if key in self._busy:  # its last one waits for an answer
            return
        self._busy.add(key)
        task = asyncio.create_task(self._send(key, send, firm, phone))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _send(
        self, key: tuple[str, str, str], send: Callable[..., Awaitable[Input]], firm: FirmCast, phone: str
    ) -> None:
        try:
            await send(firm, phone)
        finally:
            self._busy.discard(key)


def _forget(world: World) -> None:
    """What the pretenders would keep for ever."""
    for kept in (world.slack.calls, world.slack.deliveries, world.twilio.webhooks, world.twilio.requests):
        del kept[:-KEPT]


def _life(gauges: Gauges) -> str:
    memory = ", ".join(f"{name} {life[-1].memory:.0f} MiB" for name, life in gauges.lives.items())
    return f"{gauges.open_rows[-1][1] if gauges.open_rows else 0} promises open, {memory}"


def _figures(load: Load, waited: dict[str, float], health: Health) -> dict[str, str]:
    answers = sorted(seconds for given in load.history.inputs for seconds in given.seconds)
    effects = sorted(waited.values())
    others = load.history.refusals()
    return {
        "answers": f"median {_at(answers, 0.5):.0f} ms, 99 % {_at(answers, 0.99):.0f} ms, {len(others)} no 200",
        "effects": f"median {_at(effects, 0.5):.0f} ms, 99 % {_at(effects, 0.99):.0f} ms after the answer",
        **health.told(),
    }


def _at(ordered: list[float], share: float) -> float:
    """Milliseconds."""
    return statistics.fmean(ordered[int(len(ordered) * share) :][:1] or [0.0]) * 1000


def _say(words: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")
    sys.stderr.flush()


def main() -> int:
    """The exit status: 1 when an invariant was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--rate", type=float, default=20, help="texts, and replies, a second")
    parser.add_argument("--where", choices=WHERE, default="pair")
    parser.add_argument("--json", action="store_true", help="for machines")
    asked = parser.parse_args()
    ground = Ground(MEMORY)
    try:
        _say("Starting a PostgreSQL and a nursery of processes ...")
        ground.prepare()
        result = asyncio.run(soak(ground, WHERE[asked.where], asked.minutes, seed=asked.seed, rate=asked.rate))
    finally:
        ground.close()
    sys.stdout.write(f"{json.dumps(result.as_json(), indent=2) if asked.json else table([result])}\n")
    return int(not result.is_good)


if __name__ == "__main__":
    sys.exit(main())
