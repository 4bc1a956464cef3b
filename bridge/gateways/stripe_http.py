"""How Stripe is called: its own client over our HTTP, and what each of its refusals means.

stripe-python's transport for aiohttp lets an answer that is cut off escape as an error of aiohttp's, reads without
limit and follows redirects; its exceptions hold names and cards' banks' words. So requests go through `LeanHttp`,
which also judges the answers: the client above it only ever sees good ones.

It does not try again by itself. Whoever asked may repeat the same call, whose idempotency key is made of what it is
about, so that Stripe does it once; only our caller knows whether a first attempt may already have been done. Only
aiohttp sends a GET or DELETE once more, when a connection that it had kept open turns out to be closed.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
import stripe

from bridge import failpoints
from bridge.gateways.calls import compare_clocks, counted
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.wire import Reply, ask

stripe.enable_telemetry = False  # it would write a file of its own and tell Stripe how long calls took

CALL_SECONDS = 15.0
GONE = "resource_missing"
KEPT = "kept_trouble"  # the answer that an idempotency key has for a day is trouble of Stripe's own
_KEY_IN_USE = "idempotency_key_in_use"  # the first request with this key has not been answered yet
_OTHER_REQUEST = "idempotency_error"  # the key was used before, for a request that may have been done
_CHANGES_NOTHING = re.compile(r"/v1/(invoices/create_preview|billing_portal/sessions)")
OPERATIONS = {
    "account": "GET /v1/account",
    "customers.create": "POST /v1/customers",
    "customers.retrieve": "GET /v1/customers/ID",
    "customers.update": "POST /v1/customers/ID",
    "customers.cards": "GET /v1/customers/ID/payment_methods",
    "products.create": "POST /v1/products",
    "products.retrieve": "GET /v1/products/ID",
    "prices.create": "POST /v1/prices",
    "prices.list": "GET /v1/prices",
    "meters.create": "POST /v1/billing/meters",
    "meters.list": "GET /v1/billing/meters",
    "meters.reactivate": "POST /v1/billing/meters/ID/reactivate",
    "meters.sums": "GET /v1/billing/meters/ID/event_summaries",
    "meter_events.create": "POST /v1/billing/meter_events",
    "meter_events.cancel": "POST /v1/billing/meter_event_adjustments",
    "subscriptions.create": "POST /v1/subscriptions",
    "subscriptions.list": "GET /v1/subscriptions",
    "subscriptions.retrieve": "GET /v1/subscriptions/ID",
    "subscriptions.update": "POST /v1/subscriptions/ID",
    "subscriptions.cancel": "DELETE /v1/subscriptions/ID",
    "invoices.retrieve": "GET /v1/invoices/ID",
    "invoices.list": "GET /v1/invoices",
    "invoices.pay": "POST /v1/invoices/ID/pay",
    "invoices.preview": "POST /v1/invoices/create_preview",
    "portal.list": "GET /v1/billing_portal/configurations",
    "portal.create": "POST /v1/billing_portal/configurations",
    "portal.open": "POST /v1/billing_portal/sessions",
    "endpoints.list": "GET /v1/webhook_endpoints",
    "endpoints.create": "POST /v1/webhook_endpoints",
    "endpoints.update": "POST /v1/webhook_endpoints/ID",
    "endpoints.delete": "DELETE /v1/webhook_endpoints/ID",
    "events.list": "GET /v1/events",
}
_SHAPES = {name: re.compile(shape.replace("ID", r"[^/]+")) for name, shape in OPERATIONS.items()}


@dataclass(eq=False)
class Refused(GatewayError):
    """Stripe did not do it and said why. What `sentence` says is for people, and may be about one of them."""

    status: int = 400
    kind: str = ""
    param: str = ""  # what of the request is wrong
    decline: str = ""  # the word of a card's bank
    sentence: str = field(default="", repr=False)


class LeanHttp(stripe.AIOHTTPClient):
    """Stripe's HTTP: 15 s for everything, 5 s to connect, no retries, at most 1 MiB read."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(timeout=CALL_SECONDS, session=session)
        self._lean_session = session
        self.ahead: float | None = None  # seconds that our clock was ahead of Stripe's at the last answer

    @counted("stripe", lambda _self, method, url, *_, **__: operation(method, url))
    async def request_async(
        self, method: str, url: str, headers: Mapping[str, str], post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        """One call. Raises GatewayError for every answer but success."""
        lost, name = _lost(method, url), operation(method, url)
        failpoints.reach("before stripe", name)
        reply = await ask(
            self._lean_session, method, url, seconds=CALL_SECONDS, lost=lost, headers=headers, data=post_data
        )
        failpoints.reach("after stripe", name)
        self.ahead = compare_clocks("stripe", reply.headers)
        judge(reply, lost)
        return reply.body, reply.status, reply.headers


def client(http: LeanHttp, api_key: str, base_url: str) -> stripe.StripeClient:
    """Stripe's client, in the version that its types describe; with a base URL all its calls go there."""
    names = ("api", "connect", "files", "meter_events")
    here = cast("Any", dict.fromkeys(names, base_url.rstrip("/"))) if base_url else None
    return stripe.StripeClient(
        api_key,
        http_client=http,
        base_addresses=here,
        stripe_version=stripe.api_version,
        max_network_retries=0,
    )


def judge(reply: Reply, lost: Retry) -> None:
    """Raise GatewayError unless the answer is a success that can be read.

    `lost` is what an answer means that leaves open whether the request was carried out. Stripe carries nothing out
    that it answers with 4xx and an error of its own.
    """
    answer = reply.json()
    if 200 <= reply.status < 300:
        if answer is None:
            raise GatewayError("garbled", lost)
        return
    error = (answer or {}).get("error")
    raise _refusal(reply, error, lost) if isinstance(error, dict) else _trouble(reply, lost)


def _refusal(reply: Reply, error: Mapping[str, Any], lost: Retry) -> GatewayError:
    """What an answer with an error of Stripe's means."""

    def told(name: str) -> str:
        return str(error.get(name) or "")

    status, kind = reply.status, told("type")
    code = told("code") or (f"http_{status}" if status in (401, 403, 409, 429) or status >= 500 else kind)
    if status == 429:
        return GatewayError(code, Retry.LATER, reply.after)
    if status >= 500 and reply.headers.get("Idempotent-Replayed") == "true":
        return GatewayError(KEPT, lost)
    if status >= 500 or status < 400 or code == _KEY_IN_USE or kind == _OTHER_REQUEST:
        return GatewayError(code, lost, reply.after)
    if status == 409:  # something else has a lock on it: nothing was done
        return GatewayError(code, Retry.LATER, reply.after)
    if status in (401, 403):
        return GatewayError(code, Retry.REPAIR, scope=Scope.ACCOUNT)
    return Refused(
        code,
        Retry.NEVER,
        status=status,
        kind=kind,
        param=told("param"),
        decline=told("decline_code"),
        sentence=told("message"),
    )


def _trouble(reply: Reply, lost: Retry) -> GatewayError:
    """What an answer without an error of Stripe's means: somebody else's, on the way."""
    code = f"http_{reply.status}"
    if reply.status in (401, 403):
        return GatewayError(code, Retry.REPAIR, scope=Scope.ACCOUNT)
    return GatewayError(code, lost, reply.after)


def _lost(method: str, url: str) -> Retry:
    """What it means that a call's answer was lost."""
    reads = method.upper() == "GET" or _CHANGES_NOTHING.fullmatch(urlsplit(url).path)
    return Retry.LATER if reads else Retry.DOUBT


def operation(method: str, url: str) -> str:
    """What a call is, by its address, without the ids in it; "" for one of another kind."""
    path = urlsplit(url).path
    asked = f"{method.upper()} {path[path.find('/v1/') :]}"
    return next((name for name, shape in _SHAPES.items() if shape.fullmatch(asked)), "")


async def unless_gone(asked: Any) -> Any:
    try:
        return await asked
    except Refused as refused:
        if refused.code == GONE:
            return None
        raise


def checked_id(value: str) -> str:
    """An id that may stand in a URL. Raises GatewayError "bad_id"."""
    if not value.replace("_", "").isalnum():
        raise GatewayError("bad_id", Retry.NEVER)
    return value


@contextmanager
def readable(lost: Retry = Retry.LATER) -> Iterator[None]:
    """Tell an answer of a shape that neither the library nor we can read as GatewayError "garbled"."""
    try:
        yield
    except (stripe.StripeError, ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError):
        raise GatewayError("garbled", lost) from None
