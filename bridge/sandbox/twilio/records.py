"""What the pretender remembers."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from multidict import MultiDict

FINAL = frozenset({"delivered", "undelivered", "failed", "canceled", "received"})


@dataclass(frozen=True)
class PretendMedia:
    """A picture or another file. The last two fields make it misbehave on the way to the app."""

    content: bytes
    content_type: str = "image/jpeg"
    redirect_to: str | None = None  # where the API sends the app instead of to the bytes
    declared_length: int | None = None  # a lying Content-Length


@dataclass
class StoredMedia:
    """A Media resource: a file kept at Twilio until somebody deletes it."""

    sid: str
    account_sid: str
    parent_sid: str
    media: PretendMedia
    date_created: datetime


@dataclass(eq=False)
class PretendMessage:
    """A Message resource, and the text as the phone has it."""

    sid: str
    account_sid: str
    from_: str  # empty until a messaging service has chosen its sender
    to: str
    body: str
    direction: Literal["inbound", "outbound-api", "outbound-reply"]
    status: str
    date_created: datetime
    date_updated: datetime
    date_sent: datetime | None = None
    media_urls: list[str] = field(default_factory=list)
    media: list[PretendMedia] = field(default_factory=list)  # fetched from media_urls before delivery
    is_mms: bool = False  # of an outbound one: with files, or words sent as one
    num_segments: int = 1
    status_callback: str | None = None
    messaging_service_sid: str | None = None
    error_code: int | None = None
    automatic: bool = False  # written by Twilio or the network itself, such as the answer to STOP
    callbacks_held: list[dict[str, str]] = field(default_factory=list)  # waiting to be sent in disorder


@dataclass
class Account:
    """An account with everything that opens it."""

    sid: str
    auth_token: str
    secondary_token: str | None
    date_created: datetime
    keys: dict[str, str] = field(default_factory=dict)


@dataclass
class Number:
    """An IncomingPhoneNumber."""

    sid: str
    account_sid: str
    phone: str
    kind: Literal["local", "tollfree"]
    country: str
    sms: bool
    mms: bool
    date_created: datetime
    service_sid: str | None
    settings: dict[str, str]  # wire names: SmsUrl, SmsMethod, ...
    settles_keywords: bool = True  # off when Twilio's support has switched its opt-out handling off for it


@dataclass
class Service:
    """A messaging service."""

    sid: str
    account_sid: str
    date_created: datetime
    advanced_opt_out: bool
    settings: dict[str, str]  # wire names: InboundRequestUrl, UseInboundWebhookOnNumber, ...


@dataclass
class Webhook:
    """One request made to the app. `status` is None when no answer came."""

    kind: Literal["sms", "status", "fallback", "raw"]
    url: str
    params: dict[str, str]
    attempt: int = 1
    status: int | None = None
    body: str = ""
    content_type: str = ""
    ms: float = 0.0
    error: str = ""
    at: datetime | None = None  # None for what a test sends by hand


@dataclass
class ApiRequest:
    """One request the app made. `status` is None until answered, and stays so when the connection is cut."""

    method: str
    path: str
    params: MultiDict[str]
    at: datetime
    operation: str
    authorised: bool = False
    status: int | None = None
    ms: float | None = None  # until it was answered or cut


def new_sid(prefix: str) -> str:
    """An identifier such as Twilio hands out."""
    return prefix + secrets.token_hex(16)


def fixed_sid(prefix: str, *parts: str) -> str:
    """An identifier that is the same in every run."""
    return prefix + hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]
