"""How a promise of the outbox may end, for those who keep one.

A function that keeps a promise finishes its row itself, in the transaction that stores the outcome. It raises
GatewayError when the outside did not do it, or Later when it is simply too early; the worker knows what follows.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.gateways.errors import GatewayError
from bridge.services.deps import Deps
from bridge.store import outbox
from bridge.store.outbox import Row

Keep = Callable[[Deps, Row, datetime], Awaitable[bool | None]]  # False: done without asking anybody outside
GiveUp = Callable[[Deps, Row, GatewayError, datetime], Awaitable[None]]


@dataclass(eq=False)
class Later(Exception):
    """Too early, and nobody's fault: look again after this time."""

    wait: timedelta


@dataclass(eq=False)
class StillUnknown(Exception):
    """Nobody knows yet whether it happened; look again after this time, and do nothing until then.

    `found` is what this look found out, for the next one to read in the row's error.
    """

    wait: timedelta
    found: str = "unknown"


async def let_go(deps: Deps, row: Row, error: GatewayError, now: datetime) -> None:
    """It could not be done, and it does not matter enough for anybody to hear of it."""
    async with deps.db.begin() as tx:
        await outbox.finish(tx, row, now)


@dataclass(frozen=True)
class Promise:
    """One kind of outbox row.

    keep: does it.
    settle: finds out what became of a try whose end nobody saw; without it trying again is harmless.
    give_up: what follows when it is refused for good; without it the row is dead, and the operator sees it.
    """

    keep: Keep
    settle: Keep | None = None
    give_up: GiveUp | None = None
