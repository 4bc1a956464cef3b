"""The reaction on a staff member's own message shows how far its text is."""

from datetime import datetime

from bridge.rules.carrier import State
from bridge.services import announce
from bridge.services.deps import Deps
from bridge.services.promises import Promise, let_go
from bridge.store import firms, messages, outbox
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.outbox import Row

MARKS = {
    State.HELD: "lock",
    State.CANCELED: "lock",
    State.LATER: "alarm_clock",
    State.QUEUED: "hourglass_flowing_sand",
    State.SENDING: "hourglass_flowing_sand",
    State.DOUBT: "grey_question",
    State.SENT: "white_check_mark",
    State.DELIVERED: "heavy_check_mark",
    State.FAILED: "x",
    State.UNDELIVERED: "x",
    State.REFUSED: "no_entry",
}
PASSING = {mark for state, mark in MARKS.items() if not state.final}


async def show(deps: Deps, row: Row, now: datetime) -> bool:
    """Put the mark on; False when it is there already. Raises GatewayError.

    The new mark comes first, so that there is always one; the old one goes when Slack's limit for that allows it.
    """
    if "message_id" not in row.payload:
        await _show_named(deps, row)
        return True
    firm, text = await _look(deps, row)
    name, is_there = _right(text), _right(text) == text.mark and "anew" not in row.payload
    if name is None or is_there or not text.origin_channel or not text.origin_ts:
        await deps.finish([row])
        return False
    await deps.clients.slack(firm).react(text.origin_channel, text.origin_ts, name)
    await deps.keep(lambda: _remember(deps, firm, row, text, name))
    return True


async def _show_named(deps: Deps, row: Row) -> None:
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
    await deps.clients.slack(firm).react(row.payload["channel_id"], row.payload["ts"], row.payload["name"])
    await deps.finish([row])


async def _look(deps: Deps, row: Row) -> tuple[Firm, Message]:
    async with deps.db.glance() as tx:
        return await firms.get(tx, row.firm_id), await messages.get(tx, row.firm_id, row.payload["message_id"])


async def _remember(deps: Deps, firm: Firm, row: Row, text: Message, name: str) -> None:
    """Once: a COMMIT whose answer was lost is tried again, and another mark may be there by then."""
    now = deps.clock()
    async with deps.db.begin() as tx:
        if not await outbox.finish(tx, row, now):
            return
        await messages.change(tx, firm.id, text.id, mark=name)
        for old in sorted(_older(row, text) - {name}):
            await announce.unmark_text(tx, firm.id, text.id, old, now)


def _older(row: Row, text: Message) -> set[str]:
    """What may stand there: the mark we know of, and what an earlier try has put on if its answer was lost."""
    known = {text.mark} if text.mark is not None else set()
    return known | PASSING if row.attempts > 1 else known


def _right(text: Message) -> str | None:
    """The mark that shows how far the text is."""
    return MARKS.get(State(text.state))


async def remove(deps: Deps, row: Row, now: datetime) -> bool:
    """Take an old mark off; False when it is the right one by now. Raises GatewayError.

    It may become the right one while Slack takes it off, and then be put on before it goes; also in an earlier try.
    """
    firm, text = await _look(deps, row)
    name: str = row.payload["name"]
    is_old = name not in {text.mark, _right(text)}
    if is_old and text.origin_channel and text.origin_ts:
        await deps.clients.slack(firm).unreact(text.origin_channel, text.origin_ts, name)
    if is_old or row.attempts > 1:
        await deps.keep(lambda: _removed(deps, row, text.id, name))
    else:
        await deps.finish([row])
    return is_old


async def _removed(deps: Deps, row: Row, message_id: int, name: str) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        text = await messages.get(tx, row.firm_id, message_id)
        if name in {text.mark, _right(text)}:
            await announce.mark_text_anew(tx, row.firm_id, message_id, now)
        await outbox.finish(tx, row, now)


MARK = Promise(keep=show, give_up=let_go)
UNMARK = Promise(keep=remove, give_up=let_go)
