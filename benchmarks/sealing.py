"""What the audit trail's chain costs: `python -m benchmarks.sealing`.

Writing an entry is measured beside a table as it was before there was a chain: without its indexes and triggers.
Sealing and looking through are nobody's hot path, and are told in microseconds an entry.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from benchmarks.databases import KINDS, TITLES
from benchmarks.scale import opened_on
from bridge import logs
from bridge.services import audit
from bridge.services.deps import Deps
from bridge.store import append_only, firms
from bridge.store import audit as store
from bridge.store.firms import Firm

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(hours=1)
AT_ONCE = 200  # entries in a unit of work
WARM_UP = 5  # rounds that are not counted
FACTS = {  # as of a text that goes out
    "conversation": 12_345, "purpose": "reply", "refusal": None, "two_way": True, "opted_out": False,
    "carrier_blocked": False, "line_type": "mobile", "suspected": False, "blocked": False, "marketing": False,
    "quiet": False, "recent": 1, "crowded": False, "capped": False, "characters": 62, "files": 0,
}  # fmt: skip


@asynccontextmanager
async def _opened(url: str, driver: str, *, chained: bool) -> AsyncIterator[tuple[Deps, Firm]]:
    async with opened_on(url.replace("://", f"{driver}://", 1)) as deps:
        async with deps.db.begin() as tx:
            firm = await firms.get(tx, await firms.install(tx, "T1", NOW, name="Firm"))
        if not chained:
            async with deps.db._write_engine.connect() as connection:  # noqa: SLF001 (what the app cannot do)
                await connection.run_sync(append_only.unguard)
                for index in ("ix_audit_unsealed", "uq_audit_firm_id_place"):
                    await connection.exec_driver_sql(f"DROP INDEX {index}")
        yield deps, firm


async def _write(deps: Deps, firm: Firm) -> float:
    """Microseconds for each of some entries, without the COMMIT, which they share with all else."""
    async with deps.db.begin() as tx:
        began = time.perf_counter()
        for _ in range(AT_ONCE):
            await store.record(tx, firm.id, LONG_AGO, actor="U01AGENT", action="send", facts=FACTS)
        took = time.perf_counter() - began
    return took / AT_ONCE * 1e6


async def _each(work: str, deps: Deps, firm: Firm, entries: int) -> float:
    began = time.perf_counter()
    if work == "seal":
        done = await audit.seal_all(deps, NOW)
    else:
        found = await audit.look_through(deps, firm)
        done = found.walk.place if found.wrong is None else 0
    if done != entries:
        raise SystemExit(f"{work}: {done} of {entries}")
    return (time.perf_counter() - began) / entries * 1e6


async def measure(kind: str, rounds: int) -> None:
    """Print a line for one kind of database."""
    driver = {"sqlite": "+aiosqlite", "postgresql": "+asyncpg"}[kind]
    async with (
        KINDS[kind]() as fresh,
        _opened(await fresh(), driver, chained=True) as chained,
        _opened(await fresh(), driver, chained=False) as plain,
    ):
        pairs = [(await _write(*chained), await _write(*plain)) for _ in range(WARM_UP + rounds)][WARM_UP:]
        entries = (WARM_UP + rounds) * AT_ONCE
        sealing = await _each("seal", *chained, entries)
        looking = await _each("look", *chained, entries)
    write, control = (statistics.median(each) for each in zip(*pairs, strict=True))
    print(
        f"| {TITLES[kind]} | {write:.0f} | {control:.0f} | {statistics.median(a / b for a, b in pairs):.2f} "
        f"| {sealing:.0f} | {looking:.0f} |",
        flush=True,
    )


async def _run(kinds: list[str], rounds: int) -> None:
    print("| µs an entry | write | without a chain | ratio | seal | look through |\n|---|---|---|---|---|---|")
    for kind in kinds:
        await measure(kind, rounds)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sealing", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--on", choices=list(KINDS), nargs="+", default=list(KINDS))
    asked = parser.parse_args()
    logs.configure("ERROR")
    asyncio.run(_run(asked.on, asked.rounds))


if __name__ == "__main__":
    main()
