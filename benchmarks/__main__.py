"""What the app takes in and passes on, each figure beside a control that was measured in the same run.

The app is a process of its own, its providers another, the control a third, all driven over loopback by this one.
Signatures are on and storage is durable: SQLite with synchronous FULL, PostgreSQL with fsync. Slack's pacing is
off, since one post a second and channel would be all that is seen.
"""

import argparse
import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks import accepting, crossing, databases, footprint, latency, report, several, stored
from benchmarks.bench import Bench, Limit
from benchmarks.databases import Fresh
from benchmarks.figures import Figure
from benchmarks.processes import limit
from benchmarks.rig import SERVE, Rig, prepared, rig, running
from benchmarks.sizes import FULL, QUICK, Sizes
from benchmarks.wire import Failed

ON_ONE_COPY: dict[str, Callable[[Bench], Awaitable[list[Figure]]]] = {
    "accepted": accepting.accepted,
    "ack": accepting.acknowledged,
    "latency": latency.added,
    "memory": footprint.resident,  # the last: it counts what the others sent
}
AS_DEPLOYED: dict[str, Callable[[Bench], Awaitable[list[Figure]]]] = {
    "crossing": crossing.at_once,
    "delayed": crossing.delayed,
}
EVERY = [*ON_ONE_COPY, *AS_DEPLOYED, "start", "stored", "several"]
DEPLOYED = {"sqlite": SERVE, "postgresql": several.ONE_EACH}  # the second as the Procfile has it


async def run(kinds: Sequence[str], wanted: Sequence[str], sizes: Sizes, figures: list[Figure]) -> None:
    """All figures, each added when it is known. Raises Failed."""
    async with limit() as (url, process):
        for kind in kinds:
            async with databases.KINDS[kind]() as fresh:
                turn = Turn(kind, Limit(url, process), _of(wanted, kind, kinds), sizes, fresh, figures)
                await turn.on_one_copy()
                await turn.as_deployed()
                await turn.on_several()


def _of(wanted: Sequence[str], kind: str, kinds: Sequence[str]) -> set[str]:
    """SQLite has one process only; and what takes longest, filling memory, says the same of each database."""
    return {
        name
        for name in wanted
        if (name != "several" or kind == "postgresql") and (name != "memory" or kind == kinds[0])
    }


@dataclass(frozen=True)
class Turn:
    """One database's turn."""

    kind: str
    control: Limit
    wanted: Collection[str]
    sizes: Sizes
    fresh: Fresh
    figures: list[Figure]

    @property
    def title(self) -> str:
        """What the database is called."""
        return databases.TITLES[self.kind]

    def say(self, line: str) -> None:
        """How far it is."""
        print(f"{time.strftime('%H:%M:%S')} {self.title}: {line}", file=sys.stderr)

    async def on_one_copy(self) -> None:
        """What is measured on one copy of the app, one after the other, and its restart after that."""
        measures = [measure for name, measure in ON_ONE_COPY.items() if name in self.wanted]
        if not measures and "start" not in self.wanted:
            return
        url = await self.fresh()
        async with prepared(url) as (providers_url, seen):
            app = partial(running, url, providers_url, seen)
            if measures:
                async with app() as copy:
                    await copy.meet()
                    await self._measure(copy, measures)
            if "start" in self.wanted:
                self.figures.extend(await footprint.ready(self.title, app, self.sizes, self.say))

    async def as_deployed(self) -> None:
        """What takes all processes that such a database is meant for."""
        measures = [measure for name, measure in AS_DEPLOYED.items() if name in self.wanted]
        if measures:
            async with rig(await self.fresh(), DEPLOYED[self.kind]) as copy:
                await self._measure(copy, measures)

    async def _measure(self, copy: Rig, measures: Sequence[Callable[[Bench], Awaitable[list[Figure]]]]) -> None:
        bench = Bench(self.title, copy, self.control, self.sizes, self.say)
        for measure in measures:
            self.figures.extend(await measure(bench))

    async def on_several(self) -> None:
        """What needs copies of its own."""
        if "stored" in self.wanted:
            self.figures.extend(await stored.measure(self.title, self.fresh, self.sizes, self.say))
        if "several" in self.wanted:
            self.figures.extend(await several.measure(self.title, self.fresh, self.sizes, self.say))


def main() -> None:
    """Print the table, or JSON. A failure ends the run, with what was known before it."""
    asked, figures, failure = _asked(), list[Figure](), ""
    before = os.getloadavg()
    try:
        asyncio.run(run(asked.database, asked.only, QUICK if asked.quick else FULL, figures))
    except* Failed as failed:
        failure = str(first(failed))
    conditions = _conditions(before, quick=asked.quick)
    found = report.document(figures, conditions, failure)
    if asked.out:
        asked.out.write_text(json.dumps(found, indent=2) + "\n", "utf-8")
    print(json.dumps(found, indent=2) if asked.json else report.text(figures, conditions))
    if failure:
        sys.exit(f"The run FAILED, and has no figures from here on: {failure}")


def first(failed: BaseExceptionGroup[Failed]) -> BaseException:
    """Of everything that fell over, what fell first."""
    error: BaseException = failed
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", type=_some(EVERY), default=EVERY, help=f"some of {','.join(EVERY)}")
    parser.add_argument("--database", type=_some([*databases.KINDS]), default=[*databases.KINDS])
    parser.add_argument("--quick", action="store_true", help="shorter rounds, and 100,000 stored messages")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    parser.add_argument("--out", type=Path, help="write the JSON here too")
    return parser.parse_args()


def _some(known: Sequence[str]) -> Callable[[str], list[str]]:
    def chosen(text: str) -> list[str]:
        names = text.split(",")
        if unknown := [name for name in names if name not in known]:
            raise argparse.ArgumentTypeError(f"{unknown[0]} is none of {', '.join(known)}")
        return names

    return chosen


def _conditions(before: tuple[float, float, float], *, quick: bool) -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "load_before": round(before[0], 2),
        "load_after": round(os.getloadavg()[0], 2),
        "storage": _file_system(tempfile.gettempdir()),
        "slack_pacing": "off",
        "quick": quick,
    }


def _file_system(folder: str) -> str:
    """What kind of file system the databases are on."""
    mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text("utf-8").splitlines()]
    return max((place, kind) for place, kind in mounts if folder.startswith(place))[1]


if __name__ == "__main__":
    main()
