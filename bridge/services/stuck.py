"""Promises that need the operator: given up, in doubt, or waiting for long."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.services.deps import Deps
from bridge.store import audit, backlog, firms, outbox
from bridge.store.outbox import Row
from bridge.store.tx import Tx

Change = Callable[[Tx, int, datetime], Awaitable[bool]]

LONG = timedelta(minutes=1)  # a promise is usually kept within a second or two


@dataclass(frozen=True)
class Stuck:
    """A row that an operator may want to see, and the firm it belongs to."""

    row: Row
    team_id: str


async def listing(deps: Deps, now: datetime, limit: int) -> list[Stuck]:
    """The oldest of each kind: dead rows, rows in doubt, and rows that have waited for long."""
    async with deps.db.read() as tx:
        teams = {firm.id: firm.team_id for firm in await firms.everyone(tx)}
        rows = await backlog.listing(tx, ["dead", "unknown"], limit)
        rows += [row for row in await backlog.listing(tx, ["ready"], limit, now) if now - row.created_at > LONG]
    return [Stuck(row, teams[row.firm_id]) for row in rows]


async def retry(deps: Deps, row_id: int, now: datetime) -> bool:
    """A dead promise is to be kept after all; False when there is no such dead row."""
    return await _settle(deps, row_id, now, backlog.revive, "retry_row")


async def drop(deps: Deps, row_id: int, now: datetime) -> bool:
    """A dead promise is to be forgotten; False when there is no such dead row."""
    return await _settle(deps, row_id, now, backlog.drop, "drop_row")


async def _settle(deps: Deps, row_id: int, now: datetime, change: Change, action: str) -> bool:
    """Change the row if it is dead, and write down that the operator did so."""
    async with deps.db.begin() as tx:
        if not await change(tx, row_id, now):
            return False
        row = await outbox.get(tx, row_id)
        if row is not None:
            facts = {"row": row_id, "kind": row.kind, "lane": row.lane, "error": row.error}
            await audit.record(tx, row.firm_id, now, actor="operator", action=action, facts=facts)
        return True
