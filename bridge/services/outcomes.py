"""A modal says what became of the text that was written in it, or of the thread that was opened."""

from datetime import datetime, timedelta

from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.rules.carrier import State, verdict
from bridge.services.deps import Deps
from bridge.services.promises import Later, Promise, let_go
from bridge.store import firms, messages, threads
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.outbox import Row
from bridge.store.threads import Thread
from bridge.views import start as views
from bridge.views.modals import View

SOON = timedelta(milliseconds=300)
PATIENCE = timedelta(seconds=20)  # that somebody looks at a modal which says "Sending..."
UNDER_WAY = {State.QUEUED, State.SENDING}
UNKNOWN = {*UNDER_WAY, State.DOUBT}  # who reads "not sent" would send it again


async def report(deps: Deps, row: Row, now: datetime) -> None:
    """Say it in the modal once it is known. Raises GatewayError, Later."""
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
        thread = await threads.current(tx, firm.id, row.payload["conversation_id"])
        message_id = row.payload["message_id"]
        text = await messages.get(tx, firm.id, message_id) if message_id else None
    if _is_early(text, thread) and now - row.created_at < PATIENCE:
        raise Later(SOON)
    view = await _view(deps, firm, text, thread, row.payload.get("hint"))
    try:
        await deps.clients.slack(firm).update_view(row.payload["view_id"], view)
    except GatewayError as error:
        if error.retry is not Retry.NEVER:  # else it was closed: the thread says the same
            raise
    await deps.finish([row])


def _is_early(text: Message | None, thread: Thread | None) -> bool:
    if text is None:
        return thread is None
    return State(text.state) in UNDER_WAY or text.origin_ts is None


async def _view(deps: Deps, firm: Firm, text: Message | None, thread: Thread | None, hint: str | None) -> View:
    link = await _link(deps, firm, text, thread)
    if text is None:
        return views.opened(link) if thread is not None else views.opening()
    if State(text.state) in UNKNOWN:
        return views.waiting(link)
    if State(text.state) is State.LATER and text.send_at is not None:
        return views.later(text.send_at, link, hint=hint)
    if State(text.state) in {State.SENT, State.DELIVERED}:
        return views.sent(playful=firm.prefers.success == "playful", link=link, hint=hint)
    return views.not_sent(verdict(text.error_code).sentence if text.error_code else views.SEE_THREAD, link)


async def _link(deps: Deps, firm: Firm, text: Message | None, thread: Thread | None) -> str | None:
    """Where it stands; None where that is nowhere, any more or yet. Raises GatewayError."""
    slack = deps.clients.slack(firm)
    try:
        if text is not None and text.origin_channel and text.origin_ts:
            return await slack.permalink(text.origin_channel, text.origin_ts)
        return await slack.permalink(thread.channel_id, thread.root_ts) if thread is not None else None
    except GatewayError as error:
        if error.retry is not Retry.NEVER and error.scope is not Scope.CHANNEL:
            raise
        return None


OUTCOME = Promise(keep=report, give_up=let_go)
