"""The app in one of its processes: the product's own worker and services, between our wire and our disk."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Any

from cryptography.fernet import Fernet

from bridge.app import Gateways
from bridge.jobs import sweeps
from bridge.jobs.promises import PROMISES
from bridge.jobs.worker import Worker
from bridge.services import inbound
from bridge.services.deps import Deps
from bridge.settings import Settings
from bridge.store.batches import Batch
from bridge.store.database import Database, patiently
from bridge.store.outbox import Row
from bridge.store.vault import Vault
from tests.simulation.processes import Process
from tests.simulation.wire import Wire

KEY = Fernet.generate_key().decode()
ACCOUNT = "AC" + "a1" * 16
TWILIO_PATIENCE, SLACK_PATIENCE = 9.0, 2.2  # seconds; as the handlers have it


def settings(pace: str) -> Settings:
    """Those of every process."""
    return Settings.load(
        {
            "ENCRYPTION_KEY": KEY,
            "PUBLIC_BASE_URL": "https://sms.example.com",
            "SLACK_POSTS_PER_SECOND": pace,
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": "token",
        }
    )


class App:
    """One process of the app; `alone`, as the product is on SQLite."""

    def __init__(
        self,
        process: Process,
        chosen: Settings,
        url: str,
        wires: tuple[Wire, Wire],
        clocks: tuple[Callable[[], datetime], Callable[[], float]],
        *,
        alone: bool,
    ) -> None:
        self.process = process
        vault = Vault([KEY])
        sessions: Any = wires  # these are called as aiohttp's are; nobody calls Stripe
        self.deps = Deps(
            Database(url), vault, chosen, Gateways(chosen, vault, sessions[0], sessions[1], sessions[1]), *clocks
        )
        self.worker = Worker(self.deps, PROMISES, alone=alone)
        self.stands_still: float | None = None  # seconds, once it has claimed something
        self._start, self.worker._start = self.worker._start, self._begin  # type: ignore[method-assign]  # it asks before it begins
        self.intake = Batch(partial(inbound.receive_all, self.deps))
        self._loop = process.spawn(self.worker.run())

    def _begin(self, row: Row, *, is_probe: bool) -> None:
        self._start(row, is_probe=is_probe)
        if self.stands_still is not None:
            self.process.stands_still, self.stands_still = (self.process.steps + 1, self.stands_still), None

    @property
    def is_alive(self) -> bool:
        """Whether somebody may call it."""
        return self.process.is_alive

    @property
    def is_busy(self) -> bool:
        """Whether a promise is being kept this moment."""
        return bool(self.worker._flights)

    async def stop(self) -> None:
        """As on SIGTERM."""
        await self.worker.stop()
        await asyncio.gather(self._loop, return_exceptions=True)
        await self.deps.db.close()
        self.process.kill()

    def take(self, work: Callable[[], Awaitable[Any]], seconds: float) -> Any:
        """A request, as a handler treats it: a task that ends well only when the sender gets its 200."""
        return self.process.spawn(patiently(work, seconds=seconds))

    def sweep(self) -> Any:
        """What the clock starts."""
        return self.process.spawn(self._sweep())

    def seal(self) -> Any:
        """What the clock starts each minute."""
        return self.process.spawn(self._run(sweeps.entries_to_seal))

    async def _sweep(self) -> None:
        for sweep in (sweeps.missed_texts, sweeps.missing_receipts):
            await self._run(sweep)

    async def _run(self, sweep: sweeps.Sweep) -> None:
        await sweeps.safely(sweep, self.deps)()
