"""An outbox with a firm and a clock, and a worker whose promises are the test's own."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet
from sqlalchemy import event, func, select

from bridge.jobs.worker import Worker
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.settings import Settings
from bridge.store import firms, outbox
from bridge.store.database import Database
from bridge.store.outbox import Kind, Row
from bridge.store.tables import outbox as table
from bridge.store.tables import routes as route_table
from bridge.store.vault import Vault

KEY = Fernet.generate_key().decode()

Keep = Callable[[Deps, Row, datetime], Awaitable[None]]


class Clock:
    """Real time plus what was skipped; or, once stopped, only what is skipped."""

    def __init__(self) -> None:
        self.skipped = self.set_by = timedelta(0)
        self.stopped_at: datetime | None = None

    def __call__(self) -> datetime:
        return (self.stopped_at or datetime.now(UTC)) + self.skipped + self.set_by

    def steady(self) -> float:
        """Seconds, which nobody can set."""
        real = self.stopped_at.timestamp() if self.stopped_at else time.time()
        return real + self.skipped.total_seconds()


@dataclass
class Bench:
    """What the tests of the outbox and the worker share."""

    deps: Deps
    firm_id: int
    clock: Clock
    others: list[Database] = field(default_factory=list)

    @property
    def db(self) -> Database:
        return self.deps.db

    @property
    def now(self) -> datetime:
        return self.clock()

    def stop_clock(self) -> None:
        """From now on time passes only by skip()."""
        self.clock.stopped_at = datetime.now(UTC)

    def skip(self, **time: float) -> None:
        """Let time pass."""
        self.clock.skipped += timedelta(**time)
        self.db.wake.announce()

    def set_clock(self, **by: float) -> None:
        """Somebody sets the clock ahead, or back; no time passes."""
        self.clock.set_by += timedelta(**by)
        self.db.wake.announce()

    async def put(
        self, lane: str = "thread:1", *, route: str = "post:C1", service: str = "slack", kind: Kind = Kind.POST,
        due_in: float = 0, **payload: Any,
    ) -> int:  # fmt: skip
        """A promise; its id."""
        due_at = self.now + timedelta(seconds=due_in)
        async with self.db.begin() as tx:
            return await outbox.put(
                tx,
                self.firm_id,
                kind,
                self.now,
                lane=lane,
                service=service,
                route=route,
                payload=payload,
                due_at=due_at,
            )

    async def state(self, row_id: int) -> str:
        """What has become of a row."""
        return str((await self.fields(row_id)).state)

    async def fields(self, row_id: int) -> Any:
        """All columns of a row."""
        async with self.db.read() as tx:
            found = await tx.row(select(table).where(table.c.id == row_id))
        assert found is not None
        return found

    async def states(self) -> dict[str, int]:
        """How many rows there are in each state."""
        async with self.db.read() as tx:
            found = await tx.rows(select(table.c.state, func.count().label("rows")).group_by(table.c.state))
            return {row.state: row.rows for row in found}

    async def count(self, kind: Kind) -> int:
        """How many rows of a kind were ever promised."""
        async with self.db.read() as tx:
            return int(await tx.value(select(func.count()).where(table.c.kind == kind)))

    async def route(self, name: str) -> Any:
        """A way out, as it is stored."""
        async with self.db.read() as tx:
            return await tx.row(select(route_table).where(route_table.c.name == name))

    def worker(self, promises: Mapping[Kind, Promise], *, alone: bool = True) -> Worker:
        """A worker that is not running yet."""
        return Worker(self.deps, promises, alone=alone)

    def beside(self) -> "Bench":
        """The same in another process, as good as."""
        other = Database(self.db.url.render_as_string(hide_password=False))
        self.others.append(other)
        deps = Deps(other, self.deps.vault, self.deps.settings, self.deps.clients, self.clock, self.clock.steady)
        return Bench(deps, self.firm_id, self.clock)

    async def until(self, condition: Callable[[], Awaitable[bool]], seconds: float = 15) -> None:
        """Goes on when it holds."""
        async with asyncio.timeout(seconds):
            while not await condition():
                await asyncio.sleep(0.01)

    async def until_all_are(self, *states: str, seconds: float = 15) -> None:
        """Goes on when every row is in one of these states."""

        async def settled() -> bool:
            return set(await self.states()) <= set(states)

        await self.until(settled, seconds)


@asynccontextmanager
async def opened(database_url: str) -> AsyncIterator[Bench]:
    """A bench on a fresh database."""
    settings = Settings.load({"ENCRYPTION_KEY": KEY, "SLACK_POSTS_PER_SECOND": "0"})
    db, clock = Database(database_url), Clock()
    no_clients: Any = None  # promises here call nobody
    deps = Deps(db, Vault([KEY]), settings, no_clients, clock, clock.steady)
    async with db.begin() as tx:
        firm_id = await firms.install(tx, "T1", clock(), name="Harbor Law", bot_token=None)
    bench = Bench(deps, firm_id, clock)
    yield bench
    for other in [*bench.others, db]:
        await other.close()


@asynccontextmanager
async def running(worker: Worker) -> AsyncIterator[None]:
    """The worker at work in this block."""
    task = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.stop()
        await task


async def done(deps: Deps, row: Row) -> None:
    """The promise is kept."""
    async with deps.db.begin() as tx:
        await outbox.finish(tx, row, deps.clock())


class Queries:
    """Counts the statements of a database's connections."""

    def __init__(self, db: Database) -> None:
        self.count = 0
        for lines in (db._readers._lines, db._writer._lines):
            lines.listeners.append(self._seen)
            event.listen(lines.engine.sync_engine, "before_cursor_execute", self._seen)

    def _seen(self, *_: Any) -> None:
        self.count += 1
