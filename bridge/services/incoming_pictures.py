"""A lead's picture is fetched from Twilio and put into the thread, as bytes: its address needs our password."""

import mimetypes
from datetime import datetime, timedelta

from bridge import metrics
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.media import Downloaded
from bridge.services import announce, threads
from bridge.services.deps import Deps
from bridge.services.holds import Hold
from bridge.services.promises import Later, Promise
from bridge.services.threads import Place, place_of
from bridge.store import firms, messages, numbers, outbox, pictures
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.numbers import Number
from bridge.store.outbox import Row
from bridge.store.pictures import Picture
from bridge.store.threads import Thread
from bridge.views import threads as views

LIMIT = 20_000_000  # bytes
TRIES = 6  # Twilio may not have it for some seconds after the webhook; later it will not come any more
SOON = timedelta(seconds=2)
FOLLOWS = "A picture from the lead follows."
LOST = "A picture came with this text, but it could not be fetched ({reason})."


async def show(deps: Deps, row: Row, now: datetime) -> bool:
    """Fetch it and upload it into the thread; whether Slack was asked. Raises GatewayError, Later."""
    return await _show(deps, row, now, doubted=False)


async def settle(deps: Deps, row: Row, now: datetime) -> bool:
    """Upload it if the thread does not have it yet; whether Slack was asked. Raises GatewayError, Later."""
    return await _show(deps, row, now, doubted=True)


async def _show(deps: Deps, row: Row, now: datetime, *, doubted: bool) -> bool:
    place, picture, message, number = await _look(deps, row)
    if picture is None or picture.state != "waiting":
        await deps.keep(lambda: _finish(deps, row, picture))
        return False
    if place.thread is None:
        await deps.keep(lambda: _ask_for_thread(deps, row, now))
        raise Later(SOON)
    try:
        is_there = doubted and await _is_there(deps, row, place.firm, place.thread, picture, now)
        if not is_there:
            fetched = await _fetch(deps, row, place.firm, picture, message, number)
            if fetched is None:
                return False
            await _upload(deps, place.firm, place.thread, picture, fetched, Hold(deps, row))
    except GatewayError as error:
        if error.scope is not Scope.CHANNEL or place.firm.channel_id in {None, place.thread.channel_id}:
            raise
        await threads.lose(deps, place)  # the firm has chosen another channel
        raise Later(SOON) from error
    await deps.keep(lambda: _finish(deps, row, picture))
    if doubted:
        metrics.RECONCILED.of(announce.SLACK, "happened" if is_there else "repeated").inc()
    return True


async def _ask_for_thread(deps: Deps, row: Row, now: datetime) -> None:
    """Only the conversation's own lane opens threads, so that there is never a second one."""
    conversation_id = row.payload["conversation_id"]
    async with deps.db.begin() as tx:
        firm = await firms.get(tx, row.firm_id)
        if not await outbox.has_open(tx, firm.id, announce.thread_lane(conversation_id)):
            await announce.remark(tx, firm, conversation_id, views.remark(FOLLOWS), now)


async def _is_there(deps: Deps, row: Row, firm: Firm, thread: Thread, picture: Picture, now: datetime) -> bool:
    slack, key = deps.clients.slack(firm), _key(picture)
    oldest = (row.started_at or now) - timedelta(minutes=1)
    return await slack.find_posted(thread.channel_id, thread_ts=thread.root_ts, key=key, oldest=oldest) is not None


async def _fetch(
    deps: Deps, row: Row, firm: Firm, picture: Picture, message: Message, number: Number
) -> Downloaded | None:
    """None when it will not come any more; the thread says so then."""
    try:
        twilio = deps.clients.twilio(firm, number.account_sid)
        return await twilio.download(picture.url, message_sid=message.sid or "", limit=LIMIT)
    except GatewayError as error:
        code = error.code
        if error.retry is Retry.NEVER or row.attempts >= TRIES:
            await deps.keep(lambda: _lost(deps, row, picture, code))
            return None
        # Twilio's trouble: it must neither switch off a way into Slack nor slow it down.
        raise GatewayError(code, Retry.LATER) from error


async def _upload(
    deps: Deps, firm: Firm, thread: Thread, picture: Picture, fetched: Downloaded, hold: Hold
) -> None:
    await deps.clients.slack(firm).upload(
        thread.channel_id,
        thread_ts=thread.root_ts,
        filename=f"{_key(picture)}{_extension(fetched.media_type)}",
        content=fetched.content,
        title="Picture from the lead",
        before_sharing=hold,
    )


def _key(picture: Picture) -> str:
    return f"picture-{picture.id}"


async def _look(deps: Deps, row: Row) -> tuple[Place, Picture | None, Message, Number]:
    async with deps.db.read() as tx:
        place = await place_of(tx, row.firm_id, row.payload["conversation_id"])
        picture = await pictures.get(tx, row.firm_id, row.payload["picture_id"])
        message = await messages.get(tx, row.firm_id, picture.message_id if picture else 0)
        return place, picture, message, await numbers.get(tx, row.firm_id, message.number_id)


async def _finish(deps: Deps, row: Row, picture: Picture | None) -> None:
    async with deps.db.begin() as tx:
        if picture is not None and picture.state == "waiting":
            await pictures.change(tx, row.firm_id, picture.id, state="done")
        await outbox.finish(tx, row, deps.clock())


async def _lost(deps: Deps, row: Row, picture: Picture, code: str) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        if not await outbox.finish(tx, row, now):
            return
        firm = await firms.get(tx, row.firm_id)
        await pictures.change(tx, firm.id, picture.id, state="lost")
        shown = views.remark(LOST.format(reason=_reason(code)), warning=True)
        await announce.remark(tx, firm, row.payload["conversation_id"], shown, now)


def _extension(media_type: str) -> str:
    return mimetypes.guess_extension(media_type) or ""


def _reason(code: str) -> str:
    reasons = {
        "too_large": "it is too large",
        "unsupported_media": "it is no picture we know",
        "http_404": "it is gone",
    }
    return reasons.get(code, "Twilio did not hand it out")


async def give_up(deps: Deps, row: Row, error: GatewayError, now: datetime) -> None:
    """It cannot be shown: the thread says that there was one."""
    _, picture, _, _ = await _look(deps, row)
    if picture is not None:
        await _lost(deps, row, picture, error.code)


PICTURE = Promise(keep=show, settle=settle, give_up=give_up)
