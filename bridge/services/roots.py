"""All root messages of a firm show a change: a few at a time, so that leads' texts need not wait behind them."""

from datetime import datetime, timedelta

from bridge.services import announce
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import firms, outbox, threads
from bridge.store.firms import Firm
from bridge.store.outbox import Kind, Row
from bridge.store.tx import Tx

AT_ONCE, PAUSE = 5, timedelta(seconds=5)
NEWEST = 2**62  # behind any thread


async def refresh_all(tx: Tx, firm: Firm, now: datetime) -> None:
    """Every root will show what is true by then, the newest first."""
    await _refresh_some(tx, firm, NEWEST, now)


async def _refresh_some(tx: Tx, firm: Firm, before: int, now: datetime) -> None:
    some = await threads.before(tx, firm.id, before, AT_ONCE)
    for thread in some:
        await announce.refresh_root(tx, firm, thread.conversation_id, now)
    if len(some) == AT_ONCE:
        await outbox.put(
            tx, firm.id, Kind.ROOTS, now, lane=f"roots:{firm.id}", service=announce.SLACK, route="roots",
            payload={"before": some[-1].id}, due_at=now + PAUSE,
        )  # fmt: skip


async def go_on(deps: Deps, row: Row, now: datetime) -> bool:
    """The next few; nobody outside is asked for that."""
    await deps.keep(lambda: _go_on(deps, row))
    return False


async def _go_on(deps: Deps, row: Row) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        if await outbox.finish(tx, row, now):
            await _refresh_some(tx, await firms.get(tx, row.firm_id), row.payload["before"], now)


ROOTS = Promise(keep=go_on)
