"""`make search`: entering leads, and looking for one among 1,000, 100,000 and 1,000,000.

They are entered as `leads import` does, so their number a second is what an import does. Names are drawn from few
first and many last names, as in life: a search for a common first name finds thousands.
"""

import argparse
import asyncio
import random
import statistics
import time
from datetime import UTC, datetime

from cryptography.fernet import Fernet
from pydantic import SecretStr

from benchmarks.databases import KINDS, TITLES
from bridge import logs
from bridge.app import opened
from bridge.commands.tables import AT_ONCE
from bridge.rules.signups import Signup
from bridge.services import leads, start
from bridge.services.deps import Deps
from bridge.settings import Settings
from bridge.store import firms, migrate
from bridge.store.firms import Firm

SIZES = (1_000, 100_000, 1_000_000)
FIRST = "Ada Ben Cleo Dana Eli Fay Gus Hana Ivo Jana Kim Lee Mia Noor Omar Priya Quin Robin Sam Toni".split()  # noqa: SIM905
QUERIES = {
    "two letters": "da",
    "a first name": "dana",
    "a whole name": "dana example7",
    "a number": "(201) 000-0",
    "four digits": "0123",
    "an address": "lead77",
    "nobody": "zzyzx",
}
TRIES = 20
NOW = datetime.now(UTC)


def _signup(number: int, drawn: random.Random) -> Signup:
    name = f"{drawn.choice(FIRST)} Example{drawn.randrange(50_000)}"
    phone = f"+1{2_010_000_000 + number}"
    return Signup(name, phone, f"lead{number}@example.com", "website", f"row:{number}")


async def _fill(deps: Deps, firm: Firm, first: int, last: int) -> float:
    """Enter them; how many a second."""
    drawn, began = random.Random(first), time.perf_counter()
    for number in range(first, last, AT_ONCE):
        some = [_signup(each, drawn) for each in range(number, min(number + AT_ONCE, last))]
        await leads.enter(deps, firm, some, NOW)
    return (last - first) / (time.perf_counter() - began)


async def _search(deps: Deps, firm: Firm, query: str) -> float:
    """Milliseconds, in the middle."""
    taken = []
    for _ in range(TRIES):
        began = time.perf_counter()
        await start.find(deps, firm, query, most=20)
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


async def measure(kind: str, sizes: tuple[int, ...]) -> None:
    """Print one table."""
    async with KINDS[kind]() as fresh:
        settings = Settings(database_url=await fresh(), encryption_key=SecretStr(Fernet.generate_key().decode()))
        await migrate.upgrade(settings.database_url)
        async with opened(settings) as deps:
            async with deps.db.begin() as tx:
                firm_id = await firms.install(tx, "T1", NOW, name="Harbor Law", bot_token=None)
                await firms.change(tx, firm_id, two_way=True)
                firm = await firms.get(tx, firm_id)
            print(f"\n{TITLES[kind]}\n\n| leads | entered a second | {' | '.join(QUERIES)} |")
            print("|---:" * (2 + len(QUERIES)) + "|")
            there = 0
            for size in sizes:
                rate, there = await _fill(deps, firm, there, size), size
                found = [await _search(deps, firm, query) for query in QUERIES.values()]
                print(f"| {size:,} | {rate:,.0f} | {' | '.join(f'{ms:.1f} ms' for ms in found)} |", flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leads", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="up to 100,000")
    parser.add_argument("--database", choices=sorted(KINDS), action="append")
    asked = parser.parse_args()
    logs.configure("ERROR")
    for kind in asked.database or sorted(KINDS, reverse=True):
        asyncio.run(measure(kind, SIZES[:2] if asked.quick else SIZES))


if __name__ == "__main__":
    main()
