"""What a service may be handed."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol, TypeVar

from bridge.gateways.slack import SlackGateway
from bridge.gateways.stripe import StripeGateway
from bridge.gateways.twilio import TwilioGateway
from bridge.services.shelf import Shelf
from bridge.settings import Settings
from bridge.store import outbox
from bridge.store.batches import Batch
from bridge.store.database import Database, patiently
from bridge.store.firms import Firm
from bridge.store.outbox import Row
from bridge.store.vault import Vault

T = TypeVar("T")
OUTCOME_PATIENCE = 60.0  # seconds; what has happened outside must be written down, so it is tried for long


class Clients(Protocol):
    """Where gateways come from. Each firm has its own; none is shared or changed per request."""

    def slack(self, firm: Firm) -> SlackGateway:
        """The firm's workspace. Raises GatewayError when the firm has no token."""

    def slack_with(self, token: str) -> SlackGateway:
        """A workspace by its token, before it is a firm."""

    def twilio(self, firm: Firm, account_sid: str) -> TwilioGateway:
        """The Twilio account that a number of the firm belongs to. Raises GatewayError without credentials."""

    def stripe(self) -> StripeGateway:
        """The operator's Stripe account, to which all firms pay. Raises GatewayError without a key."""


@dataclass(frozen=True)
class Deps:
    """The database, the keys, the ways out and the clocks: one for dates, and a steady one in seconds."""

    db: Database
    vault: Vault
    settings: Settings
    clients: Clients
    clock: Callable[[], datetime]
    steady: Callable[[], float] = time.monotonic

    async def keep(self, work: Callable[[], Awaitable[T]]) -> T:
        """Store an outcome, trying again while the database cannot. Raises StoreUnavailable after a minute."""
        return await patiently(work, seconds=OUTCOME_PATIENCE, insist=True)

    async def finish(self, rows: Sequence[Row]) -> None:
        """Promises were kept, and nothing else is to be stored with it. Raises StoreUnavailable after a minute."""
        await self.keep(lambda: self._ends.add(rows))

    @cached_property
    def shelf(self) -> Shelf:
        """Files of this process. Whoever opened all this closes it."""
        return Shelf()

    @cached_property
    def _ends(self) -> Batch[Sequence[Row], None]:
        return Batch(self._finish_all)

    async def _finish_all(self, several: Sequence[Sequence[Row]]) -> list[None]:
        async with self.db.begin() as tx:
            await outbox.finish(tx, [row for rows in several for row in rows], self.clock())
        return [None] * len(several)
