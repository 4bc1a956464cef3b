"""What grows: memory, descriptors, threads and tasks of each process, rows of each table, and the promises open."""

import asyncio
import statistics
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy import func, select

from bridge.store import tables
from tests.faults.fleet import Member
from tests.faults.world import World

EVERY = 5.0  # seconds
MIB = 2**20


@dataclass(frozen=True)
class Sample:
    """One process at one moment. `at` is in seconds since the beginning, `memory` in MiB."""

    at: float
    memory: float
    descriptors: int
    threads: int
    tasks: int


@dataclass
class Gauges:
    """`lives` are the samples of each process that is watched, by place; `rows` those of each table, by time."""

    world: World
    watched: Sequence[Member]
    lives: dict[str, list[Sample]] = field(default_factory=dict)
    rows: list[dict[str, int]] = field(default_factory=list)
    open_rows: list[tuple[float, int]] = field(default_factory=list)
    _began: float = field(default_factory=time.monotonic)

    async def watch(self, stop: asyncio.Event) -> None:
        """Look at everything every few seconds, until the end."""
        while not stop.is_set():
            for place, member in enumerate(self.watched):
                self._look(f"{member.command} {place + 1}", member)
            with suppress(Exception):  # while the database is away there is nothing to count
                await self._count()
            await asyncio.sleep(EVERY)

    def _look(self, name: str, member: Member) -> None:
        process = member.process
        if process is None or not process.is_alive:
            return
        tasks = self.world.folder / f"tasks-{process.pid}"
        sample = Sample(
            time.monotonic() - self._began,
            process.memory / MIB,
            process.descriptors,
            process.threads,
            int(tasks.read_text() or 0) if tasks.exists() else 0,
        )
        self.lives.setdefault(name, []).append(sample)

    async def _count(self) -> None:
        o = tables.outbox.c
        open_rows = await self.world.rows(select(func.count()).where(o.state != "done"))
        self.open_rows.append((time.monotonic() - self._began, open_rows[0][0]))
        counts = {}
        for table in tables.metadata.sorted_tables:
            counts[table.name] = (await self.world.rows(select(func.count()).select_from(table)))[0][0]
        self.rows.append(counts)

    def figures(self, warm_after: float) -> dict[str, str]:
        """For the table at the end. Slopes are those of a straight line through what came after warming up."""
        told = {}
        for name, life in self.lives.items():
            late = [sample for sample in life if sample.at >= warm_after] or life
            told[name] = (
                f"memory {life[0].memory:.0f} -> {life[-1].memory:.0f} MiB "
                f"({slope((sample.at, sample.memory) for sample in late) * 3600:+.1f} MiB/h after warming up), "
                f"descriptors at most {max(sample.descriptors for sample in life)}, "
                f"threads {life[-1].threads}, tasks at most {max(sample.tasks for sample in life)}"
            )
        if self.open_rows:
            told["open promises"] = (
                f"median {statistics.median(count for _, count in self.open_rows):.0f}, "
                f"at most {max(count for _, count in self.open_rows)}, at the end {self.open_rows[-1][1]}"
            )
        if self.rows:
            told["rows"] = ", ".join(f"{name} {count:,}" for name, count in self.rows[-1].items() if count > 50)
        return told


def slope(points: Iterable[tuple[float, float]]) -> float:
    """Of the straight line closest to these, per second; 0 for fewer than two."""
    known = list(points)
    if len(known) < 2:
        return 0.0
    return statistics.linear_regression([x for x, _ in known], [y for _, y in known]).slope
