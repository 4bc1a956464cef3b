"""`python -m benchmarks.intake`: how many leads a second come in over HTTP, beside `leads import` on the same copy.

The app is a process of its own, and so is the import: the control, with all that it takes from start to end. Then
the same number comes by API, a thousand in a request and one in a request. Meanwhile somebody asks /healthz: that
is what a text would wait that comes at the wrong moment.
"""

import argparse
import asyncio
import csv
import itertools
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.databases import KINDS, TITLES
from benchmarks.leads import FIRST
from benchmarks.load import percentile
from benchmarks.rig import KEY, prepared, running
from benchmarks.wire import Failed, Pool, pool, post
from bridge.app import opened
from bridge.rules.intake import LEADS_A_MINUTE, REQUESTS_A_MINUTE
from bridge.rules.intake_shapes import MOST_LEADS
from bridge.rules.phones import e164
from bridge.services import api_keys
from bridge.services.deps import Deps
from bridge.settings import Settings
from bridge.store import firms

LEADS, SINGLE = 10_000, 500
PAUSE = 0.005  # seconds between two looks at how it is
AREAS = [area for area in range(201, 990) if e164(f"+1{area}5550123")]

Row = dict[str, str]


def row(number: int, drawn: random.Random) -> Row:
    """A signup. Of the numbers that nobody has there are not so many: some come twice."""
    phone = f"({AREAS[number // 100 % len(AREAS)]}) 555-01{number % 100:02d}"
    name = f"{drawn.choice(FIRST)} Example{drawn.randrange(50_000)}"
    return {"id": f"n{number}", "name": name, "phone": phone, "email": f"lead{number}@example.com"}


@dataclass
class Copy:
    """A running copy of the app, its database, and the rows that nobody has handed in yet."""

    url: str
    environment: dict[str, str]
    deps: Deps
    rows: Iterator[Row]

    async def imported(self, many: int) -> float:
        """Leads a second, by `leads import`. Raises Failed."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "leads.csv"
            with path.open("w", newline="") as file:
                writer = csv.DictWriter(file, ["id", "name", "phone", "email"])
                writer.writeheader()
                writer.writerows(itertools.islice(self.rows, many))
            began = time.perf_counter()
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bridge", "leads", "import", str(path), "--yes",
                env={**os.environ, **self.environment}, stdout=asyncio.subprocess.PIPE,
            )  # fmt: skip
            said, _ = await process.communicate()
        if f"{many:,} entered" not in said.decode():
            raise Failed(f"the import said: {said.decode()}")
        return many / (time.perf_counter() - began)

    async def requests(self, many: int, each: int) -> list[bytes]:
        """So many leads, `each` in a request, with as many keys as that takes within a minute."""
        made, key = list[bytes](), ""
        a_key = min(REQUESTS_A_MINUTE, LEADS_A_MINUTE // each)
        for number in range(many // each):
            if number % a_key == 0:
                key = await self.key()
            rows = list(itertools.islice(self.rows, each))
            body = json.dumps(rows[0] if each == 1 else {"leads": rows}).encode()
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            made.append(post(self.url, "/api/leads", body, headers))
        return made

    async def key(self) -> str:
        """A new one."""
        async with self.deps.db.read() as tx:
            [firm] = await firms.everyone(tx)
        key = await api_keys.create(self.deps, firm, f"bench {time.monotonic()}", self.deps.clock())
        assert key is not None
        return key


async def handed_in(url: str, requests: Sequence[bytes], connections: int) -> tuple[float, list[float]]:
    """Requests a second, and how many milliseconds each waited who asked /healthz meanwhile. Raises Failed."""
    waited, left, enough = list[float](), iter(requests), asyncio.Event()
    async with pool(url, connections) as asking, pool(url, 1) as beside, asyncio.TaskGroup() as group:

        async def hand_in() -> None:
            for request in left:
                await asking.ask(request)

        group.create_task(_watch(url, beside, waited, enough))
        began = time.perf_counter()
        try:
            await asyncio.gather(*(hand_in() for _ in range(connections)))
        finally:
            rate = len(requests) / (time.perf_counter() - began)
            enough.set()
    return rate, waited


async def _watch(url: str, beside: Pool, waited: list[float], enough: asyncio.Event) -> None:
    question = post(url, "/healthz", b"", {}).replace(b"POST", b"GET", 1)
    while not enough.is_set():
        began = time.perf_counter()
        await beside.ask(question)
        waited.append((time.perf_counter() - began) * 1000)
        await asyncio.sleep(PAUSE)


@asynccontextmanager
async def copy_on(url: str) -> AsyncIterator[Copy]:
    """The app on an empty database."""
    environment = {"DATABASE_URL": url, "ENCRYPTION_KEY": KEY}
    async with (
        prepared(url) as (providers_url, seen),
        running(url, providers_url, seen) as app,
        opened(Settings.load(environment)) as deps,
    ):
        drawn = random.Random(1)
        yield Copy(app.url, environment, deps, (row(number, drawn) for number in itertools.count()))


async def measure(kind: str, many: int) -> None:
    """Print one table."""
    async with KINDS[kind]() as fresh, copy_on(await fresh()) as copy:
        control = await copy.imported(many)
        print(
            f"\n{TITLES[kind]}\n\n| how | leads a second | of the import | /healthz meanwhile: p50, p99, longest |"
        )
        print(f"|---|---:|---:|---:|\n| leads import | {control:,.0f} | | |", flush=True)
        for connections, each, total in ((1, MOST_LEADS, many), (4, MOST_LEADS, many), (4, 1, SINGLE)):
            requests = await copy.requests(total, each)
            rate, waited = await handed_in(copy.url, requests, connections)
            told = ", ".join(f"{percentile(sorted(waited), share):.0f}" for share in (0.5, 0.99, 1))
            how = f"{connections} at once, {each:,} in a request"
            print(f"| {how} | {rate * each:,.0f} | {rate * each / control:.0%} | {told} ms |", flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.intake", description=__doc__)
    parser.add_argument("--database", choices=sorted(KINDS), action="append")
    parser.add_argument("--leads", type=int, default=LEADS, help="in each of the larger rounds")
    asked = parser.parse_args()
    for kind in asked.database or sorted(KINDS, reverse=True):
        asyncio.run(measure(kind, asked.leads))


if __name__ == "__main__":
    main()
