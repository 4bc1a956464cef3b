"""Accepting a text: everything that Twilio refuses on create, then the Message resource."""

from datetime import datetime, timedelta

from aiohttp import web

from .answers import message_json
from .call import Call, check_one_of, check_url, json_answer, or_cut
from .lifecycle import carry
from .magic import is_phone
from .records import PretendMessage, new_sid
from .refused import CutError, RefusedError
from .texts import segments, smart_encoded, words
from .world import World

# MessageIntent is in Twilio's Python library since 9.12, not yet in its published description.
PARAMETERS = words(
    "To From MessagingServiceSid Body MediaUrl StatusCallback ApplicationSid MaxPrice ProvideFeedback Attempt "
    "ValidityPeriod ForceDelivery ContentRetention AddressRetention SmartEncoded PersistentAction TrafficType "
    "ShortenUrls ScheduleType SendAt SendAsMms ContentVariables ContentSid RiskCheck FallbackFrom MessageIntent"
)
_WORDS = {
    "ContentRetention": {"retain", "discard"},
    "AddressRetention": {"retain", "obfuscate"},
    "TrafficType": {"free"},
    "ScheduleType": {"fixed"},
    "RiskCheck": {"enable", "disable"},
}
_FLAGS = ("ProvideFeedback", "ForceDelivery", "SmartEncoded", "ShortenUrls", "SendAsMms")


async def create(call: Call) -> web.Response:
    """POST Messages.json."""
    message = check(call)
    world = call.world
    if world.on_create is not None:
        await or_cut(world.on_create(message))
    accept(world, message)
    if world.after_create is not None:
        await world.after_create(message)
    answer = json_answer(message_json(message), 201)
    behaviour = world.behaviour(message.to)
    if behaviour.slow:
        await world.pause(world.slow_answer)
    if behaviour.cut:
        raise CutError
    return answer


def accept(world: World, message: PretendMessage) -> None:
    """From here on the text exists and goes its way."""
    world.keep(message)
    if message.status != "scheduled":
        world.spawn(carry(world, message))


def check(call: Call) -> PretendMessage:
    """Refuse what Twilio refuses; what is left becomes a message."""
    call.only(PARAMETERS)
    _check_recipient(call)
    _check_sender(call)
    _check_options(call)
    _check_content(call)
    _check_pair(call)
    return _message(call)


def _check_recipient(call: Call) -> None:
    to = call.get("To")
    if not to:
        raise RefusedError(21604)
    if to.startswith(("whatsapp:", "rcs:", "messenger:")):
        raise RefusedError(63007)
    if not is_phone(to) or (to.startswith("+1") and len(to) != 12):
        raise RefusedError(21211, f"Invalid 'To' Phone Number: {to}")
    if not to.startswith("+1"):
        raise RefusedError(21408)


def _check_sender(call: Call) -> None:
    """From and MessagingServiceSid: one of them, or a number of that service."""
    sender, service = call.get("From"), call.get("MessagingServiceSid")
    if not sender and not service:
        raise RefusedError(21603)
    if sender:
        _check_from(call, sender, service)
    if not service:
        return
    known = call.world.services.get(service)
    if known is None or known.account_sid != call.account.sid:
        raise RefusedError(21701)
    if not any(number.service_sid == service for number in call.world.numbers.values()):
        raise RefusedError(21703)


def _check_from(call: Call, sender: str, service: str) -> None:
    number = call.world.numbers.get(sender)
    if number is None and not is_phone(sender):
        raise RefusedError(21212)
    if number is None or number.account_sid != call.account.sid or not number.sms:
        raise RefusedError(21606)
    if service and number.service_sid != service:
        raise RefusedError(21712)
    if sender == call.get("To"):
        raise RefusedError(21266)
    if ("MediaUrl" in call.params or call.flag("SendAsMms")) and not number.mms:
        raise RefusedError(21612)


def _check_content(call: Call) -> None:
    body, media = call.get("Body"), call.params.getall("MediaUrl", [])
    if call.get("ContentSid"):
        raise RefusedError(21655)  # no content templates here
    if not body and not media:
        raise RefusedError(21602)
    if len(body) > 1600:
        raise RefusedError(21617)
    if len(media) > 10:
        raise RefusedError(21623)
    for url in media:
        check_url(url, 21620)


def _check_options(call: Call) -> None:
    """Everything about how the text is sent."""
    for name in _FLAGS:
        call.flag(name)
    for name, choices in _WORDS.items():
        check_one_of(name, call.get(name), choices)
    if (callback := call.get("StatusCallback")) != "":
        check_url(callback, 21609)
    validity = call.get("ValidityPeriod", "36000")
    if not validity.isdecimal() or not 1 <= int(validity) <= 36000:
        raise RefusedError(21624)
    if call.get("ScheduleType"):
        _check_schedule(call)


def _check_schedule(call: Call) -> None:
    """Scheduling needs a service and a time between 15 minutes and 35 days ahead."""
    if not call.get("MessagingServiceSid"):
        raise RefusedError(35118)
    try:
        wait = datetime.fromisoformat(call.get("SendAt")) - call.world.now()
    except (ValueError, TypeError) as error:
        raise RefusedError(20001, "SendAt is no time") from error
    if wait < timedelta(minutes=15):
        raise RefusedError(35114)
    if wait > timedelta(days=35):
        raise RefusedError(35115)


def _check_pair(call: Call) -> None:
    """What stands between this sender and this phone."""
    to = call.get("To")
    if (code := call.world.behaviour(to).refused) is not None:
        raise RefusedError(code)
    sender, service = call.get("From"), call.get("MessagingServiceSid")
    keys = {(service, to)} | ({(sender, to), call.world.block_key(sender, to)} if sender else set())
    if keys & call.world.opted_out:
        raise RefusedError(21610)


def _message(call: Call) -> PretendMessage:
    """The resource, before anybody has picked a sender for a service."""
    media, service, now = call.params.getall("MediaUrl", []), call.get("MessagingServiceSid"), call.world.now()
    body = smart_encoded(call.get("Body")) if call.flag("SmartEncoded") else call.get("Body")
    is_mms = bool(media) or call.flag("SendAsMms")
    counted = 1 if is_mms else segments(body)
    return PretendMessage(
        sid=new_sid("MM" if is_mms else "SM"),
        account_sid=call.account.sid,
        from_=call.get("From"),
        to=call.get("To"),
        body=body,
        direction="outbound-api",
        status=_first_status(call),
        date_created=now,
        date_updated=now,
        media_urls=list(media),
        is_mms=is_mms,
        num_segments=counted if call.get("From") else 0,
        status_callback=call.get("StatusCallback") or None,
        messaging_service_sid=service or None,
    )


def _first_status(call: Call) -> str:
    if call.get("ScheduleType"):
        return "scheduled"
    return "accepted" if call.get("MessagingServiceSid") else "queued"
