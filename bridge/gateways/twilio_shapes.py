"""What Twilio's answers are turned into: a few frozen values, so that nothing above knows its package.

Each `of_*` raises ValueError for an answer that does not hold what it must.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Accepted:
    """Twilio took a message: it will try to send it. That is not delivery."""

    sid: str
    status: str
    segments: int | None  # None while it is open which sender a messaging service takes


@dataclass(frozen=True, slots=True)
class Listed:
    """A message as Twilio remembers it, in or out."""

    sid: str
    direction: str  # "inbound", "outbound-api", "outbound-reply" ...
    from_: str = field(repr=False)  # "" while a messaging service has not chosen
    to: str = field(repr=False)
    body: str = field(repr=False)
    status: str
    error_code: int | None
    date_created: datetime
    num_media: int


@dataclass(frozen=True, slots=True, repr=False)
class Number:
    """A phone number of the account. The URLs are those of text messages; "" is none."""

    sid: str
    phone: str
    sms: bool
    mms: bool
    sms_url: str
    sms_fallback_url: str
    sms_application_sid: str  # when set, Twilio ignores both URLs
    sms_method: str
    sms_fallback_method: str


@dataclass(frozen=True, slots=True)
class Service:
    """A messaging service. Its URLs win over those of its numbers, unless it says otherwise."""

    sid: str
    inbound_request_url: str  # "" means that inbound texts are thrown away
    fallback_url: str
    use_inbound_webhook_on_number: bool


def of_created(message: Any) -> Accepted:
    """The answer to a create."""
    return Accepted(_sid(message.sid), str(message.status), int(message.num_segments or 0) or None)


def of_message(message: Any) -> Listed:
    """A message that was fetched or listed."""
    return Listed(
        sid=_sid(message.sid),
        direction=str(message.direction),
        from_=message.from_ or "",
        to=message.to or "",
        body=message.body or "",
        status=str(message.status),
        error_code=None if message.error_code is None else int(message.error_code),
        date_created=_moment(message.date_created),
        num_media=int(message.num_media or 0),
    )


def of_number(number: Any) -> Number:
    """A number of the account. Its capabilities come as {"sms": true, ...}, in some answers in capitals."""
    can = {key.lower(): bool(able) for key, able in (number.capabilities or {}).items()}
    return Number(
        sid=_sid(number.sid),
        phone=str(number.phone_number),
        sms=can.get("sms", False),
        mms=can.get("mms", False),
        sms_url=number.sms_url or "",
        sms_fallback_url=number.sms_fallback_url or "",
        sms_application_sid=number.sms_application_sid or "",
        sms_method=number.sms_method or "",
        sms_fallback_method=number.sms_fallback_method or "",
    )


def of_service(service: Any) -> Service:
    """A messaging service."""
    return Service(
        sid=_sid(service.sid),
        inbound_request_url=service.inbound_request_url or "",
        fallback_url=service.fallback_url or "",
        use_inbound_webhook_on_number=bool(service.use_inbound_webhook_on_number),
    )


def _sid(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError("no sid")
    return value


def _moment(value: Any) -> datetime:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("no moment")
    return value.astimezone(UTC)
