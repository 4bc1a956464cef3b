"""What the pretender remembers besides the resources, which are kept as they go over the wire."""

import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias

Thing: TypeAlias = dict[str, Any]  # a resource, or a part of one, as it goes over the wire


@dataclass
class ApiRequest:
    """One request the app made. `status` is None until answered, and stays so when the connection is cut."""

    method: str
    path: str
    params: Thing
    at: datetime
    operation: str
    key: str = ""  # its idempotency key
    authorised: bool = False
    is_replay: bool = False  # answered with what its key was answered before
    status: int | None = None
    ms: float | None = None
    really_at: float = field(default_factory=time.time)  # whatever time has been skipped


@dataclass
class Kept:
    """What an idempotency key was first used for, and how that was answered: nothing yet while it is under way."""

    asked: tuple[str, str]  # address and parameters
    at: int
    status: int = 0
    body: bytes = b""


@dataclass
class Delivery:
    """One webhook sent to the app. `status` is None when no answer came."""

    event_id: str
    type: str
    url: str
    attempt: int
    at: datetime
    status: int | None = None
    body: str = ""
    error: str = ""
    ms: float = 0.0
    really_at: float = field(default_factory=time.time)


@dataclass
class Usage:
    """A meter event. It counts from `known_at` on, and not at all when it was canceled."""

    event_name: str
    identifier: str
    customer: str
    value: Decimal
    timestamp: int
    received_at: int
    known_at: datetime
    is_canceled: bool = False


@dataclass(frozen=True)
class Wrong:
    """A meter event that was taken and then thrown away."""

    code: str
    identifier: str
    event_name: str


@dataclass
class Visit:
    """A link into the portal: good for a while, until it is used, and then for longer."""

    customer: str
    configuration: str
    return_url: str
    is_flow: bool  # leads straight to the form for a card, whose card is taken for everything
    ends: int
    is_visited: bool = False
    after: str = field(default="")  # where the flow ends


def new_id(prefix: str) -> str:
    """An identifier such as Stripe hands out."""
    return f"{prefix}_{secrets.token_urlsafe(18).replace('-', 'x').replace('_', 'y')}"
