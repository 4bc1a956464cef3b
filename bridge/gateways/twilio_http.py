"""How Twilio is called: its own client over our HTTP, and what each of its refusals means.

twilio-python's asynchronous transport has no timeout at all, sends JSON bodies as forms and logs phone numbers;
its exceptions leave out the headers and hold phone numbers. So requests go through `LeanHttp`, which also judges
the answers: the client above it only ever sees good ones.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from yarl import URL

from bridge import failpoints
from bridge.gateways.calls import compare_clocks, counted
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.wire import Reply, ask

CALL_SECONDS = 15.0

_BAD_CREDENTIALS = 20003
_TOO_MANY_REQUESTS = 20429
_QUEUE_FULL = 21611  # of the sender: it empties again
# The sender cannot be used: no such number, not ours, cannot text, or its messaging service is unusable.
_SENDER_CODES = {21212, 21601, 21603, 21606, 21659, 21660, 21701, 21702, 21703, 21704, 21705, 21712}
_ABOUT_ONE_MESSAGE = range(21000, 22000)
_OPERATIONS = {
    "messages.create": r"POST /.*/Messages\.json",
    "messages.list": r"GET /.*/Messages\.json",
    "messages.fetch": r"GET /.*/Messages/\w+\.json",
    "media.list": r"GET /.*/Messages/\w+/Media\.json",
    "numbers.list": r"GET /.*/IncomingPhoneNumbers\.json",
    "numbers.update": r"POST /.*/IncomingPhoneNumbers/\w+\.json",
    "services.list": r"GET /.*/Services",
    "services.numbers": r"GET /.*/Services/\w+/PhoneNumbers",
    "services.update": r"POST /.*/Services/\w+",
    "lookups.fetch": r"GET (/.*)?/v2/PhoneNumbers/[^/]+",
}
_ONE_RESOURCE = re.compile(r"/[A-Z]{2}[0-9a-f]{32}(\.json)?$")


class LeanHttp(AsyncHttpClient):  # type: ignore[misc]  # twilio-python has no types
    """Twilio's HTTP: 15 s for everything, 5 s to connect, no retries, nothing logged, at most 1 MiB read."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        super().__init__(logging.getLogger(__name__), True, CALL_SECONDS)
        self._session = session
        self.ahead: float | None = None  # seconds that our clock was ahead of Twilio's at the last answer

    @counted("twilio", lambda _self, method, uri, *_, **__: _operation(method, uri))
    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 (Twilio's signature)
        allow_redirects: bool = False,
    ) -> Response:
        """One call. Raises GatewayError for every answer but success."""
        lost = Retry.DOUBT if _creates(method, uri) else Retry.LATER
        sent = dict(headers or {})
        if auth:
            sent["Authorization"] = aiohttp.encode_basic_auth(*auth)
        body = _body(data, sent.get("Content-Type", ""))
        url = _with_query(uri, params)
        failpoints.reach(f"before twilio {method}", uri)
        reply = await ask(self._session, method, url, seconds=CALL_SECONDS, lost=lost, headers=sent, **body)
        failpoints.reach(f"after twilio {method}", uri)
        self.ahead = compare_clocks("twilio", reply.headers)
        judge(reply, lost)
        return Response(reply.status, reply.text, dict(reply.headers))


class TwilioClient(Client):  # type: ignore[misc]  # twilio-python has no types
    """Twilio's client for one account; with a base URL all its calls, those for further pages too, go there."""

    def __init__(self, user: str, password: str, account_sid: str, http: LeanHttp, base_url: str) -> None:
        # an environment that is not empty keeps the client from reading the real one (TWILIO_EDGE, TWILIO_REGION)
        super().__init__(user, password, account_sid, http_client=http, environment={"TWILIO_EDGE": ""})
        self._base_url = base_url.rstrip("/")

    def get_hostname(self, uri: str) -> str:
        """The URL to call instead of `uri`. Raises GatewayError when it would take the credentials elsewhere."""
        parts = urlsplit(uri)
        if self._base_url:
            return uri if uri.startswith(self._base_url + "/") else _moved(self._base_url, parts)
        if parts.scheme != "https" or not (parts.hostname or "").endswith(".twilio.com"):
            raise GatewayError("foreign_page", Retry.NEVER)
        return uri


def judge(reply: Reply, lost: Retry) -> None:
    """Raise GatewayError unless the answer is a success that can be read.

    `lost` is what an answer means that leaves open whether the request was carried out. Twilio does not process
    what it answers with 4xx and a code of its own; the same status without one is somebody else's on the way.
    """
    answer = reply.json()
    if 200 <= reply.status < 300:
        if answer is None and reply.body:
            raise GatewayError("garbled", lost)
        return
    code = _code(answer)
    raise _refusal(reply, code, lost) if code else _trouble(reply, lost)


def _refusal(reply: Reply, code: int, lost: Retry) -> GatewayError:
    """What an answer with a code of Twilio's means."""
    name = str(code)
    if code in (_TOO_MANY_REQUESTS, _QUEUE_FULL) or reply.status == 429:
        return GatewayError(name, Retry.LATER, reply.after)
    if reply.status >= 500 or reply.status < 400:
        return GatewayError(name, lost, reply.after)
    if code in _SENDER_CODES:
        return GatewayError(name, Retry.REPAIR, scope=Scope.CHANNEL)
    if code == _BAD_CREDENTIALS or (reply.status in (401, 403) and code not in _ABOUT_ONE_MESSAGE):
        return GatewayError(name, Retry.REPAIR, scope=Scope.ACCOUNT)
    return GatewayError(name, Retry.NEVER)


def _trouble(reply: Reply, lost: Retry) -> GatewayError:
    """What an answer without a code of Twilio's means."""
    if reply.status in (401, 403):
        return GatewayError(f"http_{reply.status}", Retry.REPAIR, scope=Scope.ACCOUNT)
    return GatewayError(f"http_{reply.status}", lost, reply.after)


def _code(answer: dict[str, Any] | None) -> int | None:
    """Twilio's code in the answer. Its codes have five digits or more; smaller ones are a proxy's."""
    try:
        code = int((answer or {})["code"])
    except (KeyError, TypeError, ValueError):
        return None
    return code if code >= 10000 else None


def _operation(method: str, uri: str) -> str:
    """What a call is, by its address, without the sids and phone numbers in it; "" for one of another kind."""
    asked = f"{method.upper()} {urlsplit(uri).path}"
    return next((name for name, shape in _OPERATIONS.items() if re.fullmatch(shape, asked)), "")


def _creates(method: str, uri: str) -> bool:
    """Whether a call makes something new, so must not be repeated: Twilio has POST to a collection for that."""
    return method.upper() == "POST" and not _ONE_RESOURCE.search(urlsplit(uri).path)


def _with_query(uri: str, params: Mapping[str, object] | None) -> URL:
    """The URL as it goes out: encoded here, since aiohttp would send the + of a phone number as a space."""
    if not params:
        return URL(uri, encoded=True)
    return URL(f"{uri}{'&' if '?' in uri else '?'}{urlencode(params, doseq=True)}", encoded=True)


def _body(data: Mapping[str, object] | None, content_type: str) -> dict[str, Any]:
    if not data:
        return {}
    if content_type == "application/json":
        return {"json": data}
    return {"data": urlencode(data, doseq=True, errors="replace").encode()}


def _moved(base_url: str, parts: SplitResult) -> str:
    product = (parts.hostname or "").partition(".")[0]
    query = f"?{parts.query}" if parts.query else ""
    return f"{base_url}/{product}{parts.path}{query}"
