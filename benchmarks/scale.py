"""`make scale`: what a look of the worker, a text and a reply cost with one firm and with ten thousand.

A real database is filled to each size, in proportions of a usual day, and asked what the app asks it. The last
block is the worst case: so many promises that are due, and cannot be kept because their ways are busy or broken.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from cryptography.fernet import Fernet

from benchmarks import many_firms
from benchmarks.databases import KINDS, TITLES
from benchmarks.many_firms import Stock
from bridge import logs
from bridge.app import opened
from bridge.jobs.flights import AT_ONCE
from bridge.services import inbound, replies
from bridge.services.deps import Deps
from bridge.services.inbound import Sms
from bridge.services.replies import Reply
from bridge.settings import Settings
from bridge.store import agenda, backlog, claims, firms, migrate, numbers
from bridge.store.tx import Tx

SIZES = (1, 10, 100, 1_000, 10_000)  # firms
HELD_BACK = (100, 1_000, 10_000, 100_000)  # promises
TRIES, SLOW = 60, 100.0  # of what takes more milliseconds than that, only a few
NOW = datetime.now(UTC)

Work = Callable[[int], Awaitable[object]]


async def _median(work: Work, tries: int = TRIES) -> float:
    """Milliseconds; the first few are not counted."""
    times = []
    for number in range(-5, tries):
        began = time.perf_counter()
        await work(number + 5)
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[5:])


async def _looking(
    deps: Deps, look: Callable[[Tx], Awaitable[object]], tries: int = TRIES, *, choosing: bool = False
) -> float:
    async def once(_number: int) -> None:
        async with deps.db.begin() if choosing else deps.db.glance() as tx:  # who chooses rows locks them
            await look(tx)

    return await _median(once, tries)


async def _choose(tx: Tx) -> object:
    return await claims.candidates(tx, NOW, AT_ONCE)


async def _look(deps: Deps) -> dict[str, float]:
    """The queries of the worker's look, and those behind /readyz and /metrics."""
    choosing = await _looking(deps, _choose, 3, choosing=True)
    tries = TRIES if choosing < SLOW else 3
    return {
        "outlook": await _looking(deps, lambda tx: agenda.outlook(tx, NOW), tries),
        "candidates": await _looking(deps, _choose, tries, choosing=True),
        "oldest_due": await _looking(deps, lambda tx: agenda.oldest_due(tx, NOW), tries),
        "backlog": await _looking(deps, backlog.counted, tries),
    }


async def _traffic(deps: Deps, count: int) -> dict[str, float]:
    """A text comes in, and a member of staff answers, in one conversation after the other."""
    async with deps.db.read() as tx:
        firm, every = await firms.get(tx, count), await numbers.everyone(tx)
    number = next(each for each in every if each.firm_id == count)

    async def text_in(turn: int) -> None:
        phone = f"+1{many_firms.phone(count, turn % many_firms.CONVERSATIONS)}"
        sms = Sms(sid=f"SMnew{count}-{turn}-{time.time_ns()}", from_=phone, body="Is Friday fine?", pictures=[])
        await inbound.receive(deps, firm, number, sms, NOW + timedelta(seconds=turn))

    async def reply(turn: int) -> None:
        ts, now = f"{time.time():.6f}", NOW + timedelta(minutes=turn)
        told = Reply(
            channel_id="C01", user_id=many_firms.author(count, turn), ts=ts,
            thread_ts=many_firms.root(count, turn % many_firms.CONVERSATIONS), text=f"Friday {turn}",
            blocks=[], files=[], client_msg_id=None, event_id=f"Ev{time.time_ns()}", is_outsider=False,
        )  # fmt: skip
        await replies.relay(deps, firm, told, now)

    return {"text in": await _median(text_in), "reply": await _median(reply)}


async def measure(
    deps: Deps, stored: Stock, sizes: list[int], held_back: list[int]
) -> AsyncIterator[tuple[str, dict[str, float]]]:
    """Each size with its figures in milliseconds."""
    for size in sizes:
        await stored.fill(size)
        yield f"{size:,} firms", await _look(deps) | await _traffic(deps, size)
        await stored.settle()
    for size in held_back:
        await stored.hold_back(size)
        yield f"{size:,} held back", await _look(deps)


@asynccontextmanager
async def opened_on(url: str) -> AsyncIterator[Deps]:
    """Everything a service needs, on a database that is made ready for it."""
    await migrate.upgrade(url)
    environ = {
        "DATABASE_URL": url, "ENCRYPTION_KEY": Fernet.generate_key().decode(),
        "PUBLIC_BASE_URL": "http://127.0.0.1", "SLACK_SIGNING_SECRET": "none",
    }  # fmt: skip
    async with opened(Settings.load(environ)) as deps:
        yield deps


async def _print(kind: str, url: str, sizes: list[int], held_back: list[int]) -> None:
    columns = ("outlook", "candidates", "oldest_due", "backlog", "text in", "reply")
    stored, driver = Stock(url, NOW), {"sqlite": "+aiosqlite", "postgresql": "+asyncpg"}[kind]
    async with opened_on(url.replace("://", f"{driver}://", 1)) as deps:
        print(f"\n| {TITLES[kind]}, ms | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}", flush=True)
        async for label, figures in measure(deps, stored, sizes, held_back):
            cells = [f"{figures[column]:.2f}" if column in figures else "" for column in columns]
            print(f"| {label} | {' | '.join(cells)} |", flush=True)
        for table, size in sorted((await stored.row_sizes()).items(), key=lambda item: -item[1]):
            print(f"{table}: {size:,} bytes a row, with its indexes")


async def run(sizes: list[int], held_back: list[int], kinds: list[str]) -> None:
    """On each kind of database."""
    for kind in kinds:
        async with KINDS[kind]() as fresh:
            await _print(kind, await fresh(), sizes, held_back)


def main() -> None:
    """Print a table for each database."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.add_argument("--firms", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--held-back", type=int, nargs="*", default=list(HELD_BACK))
    parser.add_argument("--on", choices=list(KINDS), nargs="+", default=list(KINDS))
    asked = parser.parse_args()
    logs.configure("ERROR")
    asyncio.run(run(asked.firms, asked.held_back, asked.on))


if __name__ == "__main__":
    main()
