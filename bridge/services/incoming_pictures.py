"""A lead's picture is fetched from Twilio and put into the thread, as bytes: its address needs our password."""

import mimetypes
from datetime import datetime, timedelta

from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.services import announce
from bridge.services.deps import Deps
from bridge.services.promises import Later, Promise
from bridge.services.threads import Place, place_of
from bridge.store import firms, messages, numbers, outbox, pictures
from bridge.store.messages import Message
from bridge.store.numbers import Number
from bridge.store.outbox import Row
from bridge.store.pictures import Picture
from bridge.views import threads as views

LIMIT = 20_000_000  # bytes
TRIES = 6  # Twilio may not have it for some seconds after the webhook; later it will not come any more
LOST = "A picture came with this text, but it could not be fetched ({reason})."


async def show(deps: Deps, row: Row, now: datetime) -> None:
    """Fetch it and upload it into the thread. Raises GatewayError, Later."""
    place, picture, message, number = await _look(deps, row)
    if picture is None or picture.state != "waiting":
        await deps.keep(lambda: _finish(deps, row, picture, "done"))
        return
    if place.thread is None:
        raise Later(timedelta(seconds=2))
    twilio = deps.clients.twilio(place.firm, number.account_sid)
    try:
        fetched = await twilio.download(picture.url, message_sid=message.sid or "", limit=LIMIT)
    except GatewayError as error:
        if error.retry is Retry.NEVER or row.attempts >= TRIES:
            await _say_lost(deps, row, picture, error.code)
            return
        # Twilio's trouble: it must not switch off a way into Slack.
        raise GatewayError(error.code, Retry.LATER, error.after, Scope.CALL) from error
    await deps.clients.slack(place.firm).upload(
        place.thread.channel_id,
        thread_ts=place.thread.root_ts,
        filename=f"picture-{picture.id}{_extension(fetched.media_type)}",
        content=fetched.content,
        title="Picture from the lead",
    )
    await deps.keep(lambda: _finish(deps, row, picture, "done"))


async def _look(deps: Deps, row: Row) -> tuple[Place, Picture | None, Message, Number]:
    async with deps.db.read() as tx:
        place = await place_of(tx, row.firm_id, row.payload["conversation_id"])
        picture = await pictures.get(tx, row.firm_id, row.payload["picture_id"])
        message = await messages.get(tx, row.firm_id, picture.message_id if picture else 0)
        return place, picture, message, await numbers.get(tx, row.firm_id, message.number_id)


async def _finish(deps: Deps, row: Row, picture: Picture | None, state: str) -> None:
    async with deps.db.begin() as tx:
        if picture is not None:
            await pictures.change(tx, row.firm_id, picture.id, state=state)
        await outbox.finish(tx, row, deps.clock())


async def _say_lost(deps: Deps, row: Row, picture: Picture, code: str) -> None:
    await deps.keep(lambda: _lost(deps, row, picture, code))


async def _lost(deps: Deps, row: Row, picture: Picture, code: str) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        firm = await firms.get(tx, row.firm_id)
        await pictures.change(tx, firm.id, picture.id, state="lost")
        shown = views.remark(LOST.format(reason=_reason(code)), warning=True)
        await announce.remark(tx, firm, row.payload["conversation_id"], shown, now)
        await outbox.finish(tx, row, now)


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


PICTURE = Promise(keep=show, give_up=give_up)
