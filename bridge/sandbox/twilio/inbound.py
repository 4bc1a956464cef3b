"""A person texts the firm: the Message resource, the keyword, the webhook, the TwiML that comes back."""

from collections.abc import Mapping
from dataclasses import dataclass
from xml.etree import ElementTree as ET

from . import keywords, lifecycle, pictures
from .magic import country, is_phone
from .records import Number, PretendMessage, Service, Webhook, new_sid
from .texts import segments
from .wire import Hook, together
from .world import World

_PLACES = {"415": ("SAN FRANCISCO", "CA", "94102"), "416": ("TORONTO", "ON", "")}


@dataclass(frozen=True)
class Endpoint:
    """Where the texts of a number go."""

    url: str
    method: str
    fallback_url: str
    fallback_method: str


def endpoint(world: World, number: Number) -> Endpoint | None:
    """The app's address for a number; nothing when receiving is switched off.

    A messaging service wins over the number, an application over the number's own URLs.
    """
    service = world.service_of(number.phone)
    if service is not None and service.settings.get("UseInboundWebhookOnNumber") != "true":
        return _endpoint(service.settings, "InboundRequestUrl", "InboundMethod", "FallbackUrl", "FallbackMethod")
    if number.settings.get("SmsApplicationSid"):
        return None
    return _endpoint(number.settings, "SmsUrl", "SmsMethod", "SmsFallbackUrl", "SmsFallbackMethod")


def _endpoint(settings: Mapping[str, str], url: str, method: str, fallback: str, second: str) -> Endpoint | None:
    if not settings.get(url):
        return None
    return Endpoint(
        settings[url],
        settings.get(method) or "POST",
        settings.get(fallback, ""),
        settings.get(second) or "POST",
    )


def is_deaf(service: Service | None) -> bool:
    """Whether a service without an address throws texts away: not even the log shows them."""
    if service is None or service.settings.get("UseInboundWebhookOnNumber") == "true":
        return False
    return not service.settings.get("InboundRequestUrl")


def settle_keyword(world: World, number: Number, message: PretendMessage) -> keywords.Settled | None:
    """Do what Twilio does on STOP, START and HELP."""
    if not number.settles_keywords or not message.from_.lstrip("+").isdecimal():
        return None
    pair = world.block_key(number.phone, message.from_)
    tollfree = number.kind == "tollfree"
    settled = keywords.settle(message.body, tollfree=tollfree, blocked=pair in world.opted_out)
    if settled is None:
        return None
    if settled.word == "STOP":
        world.opted_out.add(pair)
    if settled.word == "START":
        world.opted_out.discard(pair)
    _answer_by_itself(world, number, message, settled)
    return settled


def _answer_by_itself(world: World, number: Number, message: PretendMessage, settled: keywords.Settled) -> None:
    """Twilio's own confirmation. The network's, and those of advanced opt-out, are in no log."""
    if not settled.answer:
        return
    service = world.service_of(number.phone)
    reply = outbound_reply(world, message, settled.answer)
    reply.automatic, reply.status = True, "delivered"
    if not settled.answer.startswith("NETWORK") and not (service and service.advanced_opt_out):
        world.keep(reply)
    lifecycle.ring(world, reply)


def outbound_reply(world: World, message: PretendMessage, body: str) -> PretendMessage:
    """A text back to whoever wrote."""
    now = world.now()
    return PretendMessage(
        sid=new_sid("SM"),
        account_sid=message.account_sid,
        from_=message.to,
        to=message.from_,
        body=body,
        direction="outbound-reply",
        status="queued",
        date_created=now,
        date_updated=now,
        date_sent=now,
        num_segments=segments(body),
        messaging_service_sid=message.messaging_service_sid,
    )


def webhook_params(world: World, message: PretendMessage, settled: keywords.Settled | None) -> dict[str, str]:
    """The parameters that a real inbound webhook carries."""
    service = world.service_of(message.to)
    params = _place("To", message.to) | _place("From", message.from_)
    params |= {"SmsMessageSid": message.sid, "SmsSid": message.sid, "MessageSid": message.sid}
    params |= {"SmsStatus": "received", "NumSegments": str(message.num_segments), "ReferralNumMedia": "0"}
    params |= {"Body": message.body, "To": message.to, "From": message.from_, "ApiVersion": "2010-04-01"}
    params |= {"AccountSid": message.account_sid} | _files(world, message) | _channel(message.from_)
    if service is not None:
        params["MessagingServiceSid"] = service.sid
        if settled is not None and service.advanced_opt_out:
            params["OptOutType"] = settled.word
    return params


def _place(end: str, address: str) -> dict[str, str]:
    """Where a number is from: known for a few, blank for most, absent for what is no phone number."""
    if not is_phone(address):
        return {}
    city, state, code = _PLACES.get(address[2:5], ("", "", ""))
    return {f"{end}City": city, f"{end}State": state, f"{end}Zip": code, f"{end}Country": country(address)}


def _files(world: World, message: PretendMessage) -> dict[str, str]:
    """The links to the files of an MMS."""
    params = {"NumMedia": str(len(message.media))}
    for index, (media, url) in enumerate(zip(message.media, message.media_urls, strict=True)):
        params |= {f"MediaContentType{index}": media.content_type, f"MediaUrl{index}": url}
    return params


def _channel(address: str) -> dict[str, str]:
    """What WhatsApp adds."""
    if not address.startswith("whatsapp:"):
        return {}
    return {"ProfileName": "A Person", "WaId": address.partition("+")[2], "MessageType": "text"}


def attach(world: World, message: PretendMessage) -> None:
    """Store the files of an MMS; its links lead to the real host, as Twilio's do."""
    base = f"https://api.twilio.com/2010-04-01/Accounts/{message.account_sid}/Messages/{message.sid}/Media/"
    message.media_urls = [base + pictures.store(world, message, media).sid for media in message.media]


async def push(world: World, number: Number, message: PretendMessage, params: dict[str, str], copies: int) -> None:
    """Tell the app, then do what its answer asks for."""
    if (where := endpoint(world, number)) is None:
        return
    hook = Hook(message.account_sid, "sms", where.url, params, where.method)
    for webhook in await together(world, hook, copies):
        answered = webhook
        if not _succeeded(webhook) and where.fallback_url:
            answered = (await together(world, _fallback(hook, where, webhook), 1))[0]
        if _succeeded(answered):
            _obey(world, number, message, answered)


def _succeeded(webhook: Webhook) -> bool:
    return webhook.status is not None and 200 <= webhook.status < 300 and not webhook.error


def _fallback(hook: Hook, where: Endpoint, failed: Webhook) -> Hook:
    """The second address hears why the first did not do."""
    code = "11205" if failed.error.startswith("no connection") else "11200"
    params = {**hook.params, "ErrorCode": code, "ErrorUrl": failed.url}
    return Hook(hook.account_sid, "fallback", where.fallback_url, params, where.fallback_method)


def _obey(world: World, number: Number, message: PretendMessage, webhook: Webhook) -> None:
    """Send what the answer says. Plain text is a reply to the person, which has surprised many."""
    pair = world.block_key(number.phone, message.from_)
    for body in _replies(webhook):
        if is_phone(message.from_) and pair not in world.opted_out:
            reply = outbound_reply(world, message, body)
            world.keep(reply)
            world.spawn(lifecycle.carry(world, reply))


def _replies(webhook: Webhook) -> list[str]:
    """The texts in an answer."""
    if webhook.content_type == "text/plain":
        return [webhook.body] if webhook.body.strip() else []
    if webhook.content_type not in {"text/xml", "application/xml", "text/html"} or not webhook.body.strip():
        return []
    try:
        root = ET.fromstring(webhook.body.encode())  # noqa: S314 (the app under test wrote it)
    except ET.ParseError:
        webhook.error = "12100: no TwiML"
        return []
    return ["".join(verb.itertext()) for verb in root if verb.tag in {"Message", "Sms"}]
