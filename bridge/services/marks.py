"""The reaction on a staff member's own message shows how far its text is."""

from datetime import datetime

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.slack import SlackGateway
from bridge.rules.carrier import State
from bridge.services.deps import Deps
from bridge.services.promises import Promise, let_go
from bridge.store import firms, messages, outbox
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.outbox import Row

MARKS = {
    State.HELD: "lock",
    State.CANCELED: "lock",
    State.QUEUED: "hourglass_flowing_sand",
    State.SENDING: "hourglass_flowing_sand",
    State.DOUBT: "grey_question",
    State.SENT: "white_check_mark",
    State.DELIVERED: "heavy_check_mark",
    State.FAILED: "x",
    State.UNDELIVERED: "x",
    State.REFUSED: "no_entry",
}


async def show(deps: Deps, row: Row, now: datetime) -> None:
    """Put the mark on. Raises GatewayError."""
    async with deps.db.read() as tx:
        firm = await firms.get(tx, row.firm_id)
        text = await messages.get(tx, firm.id, row.payload["message_id"]) if "message_id" in row.payload else None
    slack = deps.clients.slack(firm)
    if text is None:
        await slack.react(row.payload["channel_id"], row.payload["ts"], row.payload["name"])
        await deps.keep(lambda: _finish(deps, row))
        return
    name = MARKS.get(State(text.state))
    if name is not None and text.origin_channel and text.origin_ts and name != text.mark:
        await _replace(slack, text.origin_channel, text.origin_ts, name, text.mark)
        await deps.keep(lambda: _remember(deps, firm, row, text, name))
        return
    await deps.keep(lambda: _finish(deps, row))


async def _replace(slack: SlackGateway, channel_id: str, ts: str, name: str, before: str | None) -> None:
    """The new mark first, so that there is always one; an old one that will not go does no harm."""
    await slack.react(channel_id, ts, name)
    if before is not None:
        try:
            await slack.unreact(channel_id, ts, before)
        except GatewayError as error:
            if error.retry is Retry.REPAIR:
                raise


async def _remember(deps: Deps, firm: Firm, row: Row, text: Message, name: str) -> None:
    async with deps.db.begin() as tx:
        await messages.change(tx, firm.id, text.id, mark=name)
        await outbox.finish(tx, row, deps.clock())


async def _finish(deps: Deps, row: Row) -> None:
    async with deps.db.begin() as tx:
        await outbox.finish(tx, row, deps.clock())


MARK = Promise(keep=show, give_up=let_go)
