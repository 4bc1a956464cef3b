"""What leads texted while two-way SMS was off gets into its threads: told of once, not one by one (row 21).

A conversation's texts are posted together, and a few conversations at a time, so that new texts need not wait
behind old ones. A text that was taken in at the very moment of the switch is found by a sweep.
"""

from datetime import datetime, timedelta

from bridge.services import announce
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import firms, outbox, unshown
from bridge.store.firms import Firm
from bridge.store.outbox import Kind, Row
from bridge.store.tx import Tx
from bridge.views import portal as views

AT_ONCE, PAUSE = 5, timedelta(seconds=5)  # conversations


async def promise(tx: Tx, firm: Firm, now: datetime, *, is_first: bool = False) -> None:
    """What is in no thread will be, if there is anything; `is_first`, with one word about all of it."""
    texts, conversations = await unshown.count(tx, firm.id)
    if not texts:
        return
    if is_first:
        await announce.digest(tx, firm, views.digest(texts, conversations), now)
    await _go_on_later(tx, firm, now, due_at=now)


async def _go_on_later(tx: Tx, firm: Firm, now: datetime, *, due_at: datetime) -> None:
    await outbox.put(
        tx, firm.id, Kind.CATCH_UP, now, lane=_lane(firm), service=announce.SLACK, route="roots", payload={},
        due_at=due_at,
    )  # fmt: skip


def _lane(firm: Firm) -> str:
    return f"catch-up:{firm.id}"


async def go_on(deps: Deps, row: Row, now: datetime) -> bool:
    """The next few conversations; nobody outside is asked for that."""
    await deps.keep(lambda: _go_on(deps, row))
    return False


async def _go_on(deps: Deps, row: Row) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        if not await outbox.finish(tx, row, now):
            return
        firm = await firms.hold(tx, row.firm_id)
        if not firm.two_way:  # off again: it waits for the next time
            return
        texts = await unshown.take(tx, firm.id, AT_ONCE)
        posts = [announce.Post(conversation_id, message_id, now) for conversation_id, message_id in texts]
        await announce.texts_in(tx, firm, posts, were_hidden=True)
        if texts:
            await _go_on_later(tx, firm, now, due_at=now + PAUSE)


async def look_for_more(deps: Deps, now: datetime) -> None:
    """Texts of firms that are on, which are in no thread and will not be by themselves."""
    async with deps.db.read() as tx:
        found = await unshown.of_firms_that_are_on(tx)
    for firm_id in found:
        await _promise_again(deps, firm_id, now)


async def _promise_again(deps: Deps, firm_id: int, now: datetime) -> None:
    async with deps.db.begin() as tx:
        firm = await firms.hold(tx, firm_id)
        if firm.two_way and not await outbox.has_open(tx, firm.id, _lane(firm)):
            await promise(tx, firm, now)


CATCH_UP = Promise(keep=go_on)
