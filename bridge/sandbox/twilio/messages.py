"""The Message resource after its creation: list, fetch, redact, cancel, delete."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from aiohttp import web

from .answers import message_json
from .call import Call, json_answer
from .paging import old_style
from .records import FINAL, PretendMessage
from .refused import RefusedError

FILTERS = frozenset({"To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken"})
CHANGES = frozenset({"Body", "Status"})


async def listing(call: Call) -> web.Response:
    """GET Messages.json, newest first."""
    call.only(FILTERS)
    wanted = _wanted(call)
    rows = [row for row in reversed(call.world.log.values()) if row.account_sid == call.account.sid and wanted(row)]
    rows.sort(key=lambda row: row.date_created, reverse=True)
    return json_answer(old_style(call, "messages", rows, lambda row: row.sid, message_json))


def _wanted(call: Call) -> Callable[[PretendMessage], bool]:
    """The filter that a request describes. A text that is not sent yet has no DateSent and matches none."""
    to, sender = call.get("To"), call.get("From")
    spans = [_span(name, call.get(name)) for name in ("DateSent", "DateSent<", "DateSent>") if call.get(name)]

    def wanted(row: PretendMessage) -> bool:
        if (to and row.to != to) or (sender and row.from_ != sender):
            return False
        return all(row.date_sent is not None and low <= row.date_sent < high for low, high in spans)

    return wanted


def _span(name: str, value: str) -> tuple[datetime, datetime]:
    """The time that a DateSent filter means: a day, or everything up to or from a moment."""
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise RefusedError(20001, f"{name} is no date") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if name == "DateSent":
        moment = moment.replace(hour=0, minute=0, second=0)
    after = moment + (timedelta(days=1) if len(value) == 10 or name == "DateSent" else timedelta(seconds=1))
    low = datetime.min.replace(tzinfo=UTC) if name.endswith("<") else moment
    high = datetime.max.replace(tzinfo=UTC) if name.endswith(">") else after
    return low, high


def the_message(call: Call, part: str = "Sid") -> PretendMessage:
    """The message that the path names, if it is this account's."""
    message = call.world.log.get(call.parts[part])
    if message is None or message.account_sid != call.account.sid:
        raise RefusedError(20404)
    return message


async def fetch(call: Call) -> web.Response:
    """GET Messages/{sid}.json."""
    return json_answer(message_json(the_message(call)))


async def update(call: Call) -> web.Response:
    """POST Messages/{sid}.json: an empty Body redacts, Status=canceled cancels."""
    call.only(CHANGES)
    message = the_message(call)
    if "Status" in call.params:
        _cancel(call, message)
    if "Body" in call.params:
        if call.get("Body") != "":
            raise RefusedError(20001, "Body can only be made empty")
        message.body = ""
    return json_answer(message_json(message))


def _cancel(call: Call, message: PretendMessage) -> None:
    """Only a text that waits can be cancelled."""
    if call.get("Status") != "canceled":
        raise RefusedError(20001, "Status can only be canceled")
    if message.status not in {"scheduled", "accepted"}:
        raise RefusedError(30409)
    call.world.move(message, "canceled")


async def delete(call: Call) -> web.Response:
    """DELETE Messages/{sid}.json, with its files. What arrived on the phone stays there."""
    message = the_message(call)
    if message.status not in FINAL:
        raise RefusedError(20009)
    del call.world.log[message.sid]
    for stored in [one for one in call.world.media.values() if one.parent_sid == message.sid]:
        del call.world.media[stored.sid]
    return web.Response(status=204)
