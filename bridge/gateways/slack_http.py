"""How Slack is called: its own client over our HTTP, and what each of its refusals means.

slack_sdk ignores its own timeout when the session is shared, takes proxies from the environment, logs message
texts at DEBUG and trips over answers that are no JSON. So `LeanSlack` sends the requests itself and judges the
answers: the client above it only ever sees good ones.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from slack_sdk.errors import SlackClientError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from yarl import URL

from bridge import failpoints
from bridge.gateways.calls import Skew, compare_clocks, counted
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.wire import Reply, ask
from bridge.settings import is_loopback

CALL_SECONDS = 10.0
VIEW_SECONDS = 2.5  # a trigger lives three seconds, and the person waits
_IMPATIENT = {"views.open", "views.push"}
# Calls whose repetition would be seen: they add something each time.
_CREATING = {"chat.postMessage", "chat.postEphemeral", "files.completeUploadExternal", *_IMPATIENT}

_TOKEN = {
    "account_inactive",
    "invalid_auth",
    "no_permission",
    "not_allowed_token_type",
    "not_authed",
    "org_login_required",
    "team_access_not_granted",
    "token_expired",
    "token_revoked",
}
# Until it is repaired this one way is off. A missing scope is one method's, not the whole token's.
_CHANNEL = {
    "missing_scope",
    "channel_is_limited_access",
    "channel_not_found",
    "ekm_access_denied",
    "invalid_channel",
    "is_archived",
    "is_inactive",
    "messages_tab_disabled",
    "method_not_supported_for_channel_type",
    "not_in_channel",
    "posting_to_channel_denied",
    "restricted_action",
    "restricted_action_non_threadable_channel",
    "restricted_action_read_only_channel",
    "restricted_action_thread_only_channel",
}
# Not done, and may be repeated when the rush, or a migration of the workspace, is over.
_LATER = {
    "external_channel_migrating",
    "message_limit_exceeded",
    "rate_limited",
    "ratelimited",
    "request_timeout",  # the request arrived cut off
    "team_added_to_org",
}
_WORD = re.compile("[a-z0-9_]{1,60}")
# Slack's own trouble: it says of these that parts may have been done.
_UNCLEAR = {"fatal_error", "internal_error", "service_unavailable", "update_failed"}


class LeanSlack(AsyncWebClient):
    """Slack's client: one request per call, 10 s for everything (2.5 s for modals), at most 1 MiB read."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        token: str,
        base_url: str,
        called_now: Callable[[str], str],
        skew: Skew,
    ) -> None:
        super().__init__(token, base_url, session=session, retry_handlers=[])
        self.proxy = None  # the SDK has taken one from the environment, whatever it was given
        self._http = session
        self._called_now = called_now
        self._skew = skew

    @counted("slack", lambda _self, *, api_url, **_: _method(api_url))
    async def _request(self, *, http_verb: str, api_url: str, req_args: dict[str, Any]) -> dict[str, Any]:
        """The SDK's own hook for sending. Raises GatewayError for every answer but success."""
        method = _method(api_url)
        lost = Retry.DOUBT if method in _CREATING else Retry.LATER
        seconds = VIEW_SECONDS if method in _IMPATIENT else CALL_SECONDS
        parts: dict[str, Any] = {name: req_args.get(name) for name in ("headers", "params", "json", "data")}
        for arguments in (parts["params"], parts["json"], parts["data"]):
            self._name_channels(arguments)
        failpoints.reach("before slack", method)
        reply = await ask(self._http, http_verb, api_url, seconds=seconds, lost=lost, **parts)
        failpoints.reach("after slack", method)
        self._skew.ahead = compare_clocks("slack", reply.headers) or 0.0
        return {"data": judge(reply, lost), "headers": reply.headers, "status_code": reply.status}

    def _name_channels(self, arguments: Any) -> None:
        for name in ("channel", "channel_id"):
            if isinstance(arguments, dict) and name in arguments:
                arguments[name] = self._called_now(str(arguments[name]))


def _method(api_url: str) -> str:
    return urlsplit(api_url).path.rsplit("/", 1)[-1]


@counted("slack", "response_url")
async def respond(session: aiohttp.ClientSession, url: URL, payload: Mapping[str, Any]) -> None:
    """Answer an interaction at the address that came with it."""
    failpoints.reach("before slack", "respond")
    reply = await ask(session, "POST", url, seconds=CALL_SECONDS, lost=Retry.DOUBT, json=payload)
    failpoints.reach("after slack", "respond")
    if reply.status == 429:
        raise GatewayError("ratelimited", Retry.LATER, reply.after)
    if reply.status != 200:
        settled = 400 <= reply.status < 500
        raise GatewayError(f"http_{reply.status}", Retry.NEVER if settled else Retry.DOUBT)
    answer = reply.json() or {}
    if answer.get("ok") is False:
        raise refusal(str(answer.get("error")), Retry.DOUBT)


def judge(reply: Reply, lost: Retry) -> dict[str, Any]:
    """The answer of a success. Raises GatewayError for everything else.

    `lost` is what an answer means that leaves open whether the request was carried out.
    """
    if reply.status == 429:
        raise GatewayError("ratelimited", Retry.LATER, reply.after)
    answer = reply.json() or {}
    if answer.get("ok") is False and reply.status < 500:
        raise refusal(str(answer.get("error")), lost, reply.after)
    if reply.status != 200:
        raise GatewayError(f"http_{reply.status}", lost, reply.after)
    if answer.get("ok") is not True:
        raise GatewayError("garbled", lost)
    return answer


def refusal(code: str, lost: Retry, after: float | None = None) -> GatewayError:
    """What an `"ok": false` with this error means. A code goes into logs, so it must be a word of Slack's."""
    if not _WORD.fullmatch(code):
        return GatewayError("garbled", lost, after)
    if code in _LATER:
        return GatewayError(code, Retry.LATER, after)
    if code in _UNCLEAR:
        return GatewayError(code, lost, after)
    if code in _TOKEN:
        return GatewayError(code, Retry.REPAIR, scope=Scope.ACCOUNT)
    if code in _CHANNEL:
        return GatewayError(code, Retry.REPAIR, scope=Scope.CHANNEL)
    return GatewayError(code, Retry.NEVER)


@contextmanager
def readable(lost: Retry = Retry.LATER) -> Iterator[None]:
    """Tell an answer of a shape that neither the SDK nor we can read as GatewayError "garbled"."""
    try:
        yield
    except (SlackClientError, KeyError, TypeError, AttributeError, ValueError):
        raise GatewayError("garbled", lost) from None


@contextmanager
def as_good(code: str) -> Iterator[None]:
    """Let a refusal pass that says that there is nothing to do."""
    try:
        yield
    except GatewayError as trouble:
        if trouble.code != code:
            raise


def part(answer: AsyncSlackResponse, name: str) -> Any:
    """The named part of an answer. Raises KeyError when it is missing, where the SDK's own [] gives None."""
    found = answer.get(name)
    if found is None:
        raise KeyError(name)
    return found


class OwnHosts:
    """Where a firm's token may go: to the host of the Web API and to those below it (files., hooks. ...)."""

    def __init__(self, base_url: str) -> None:
        self._base = URL(base_url)

    def own(self, url: str) -> URL:
        """The URL. Raises GatewayError "forbidden_url" unless it is Slack's, or the stand-in's."""
        try:
            found = URL(url)
        except ValueError:
            raise GatewayError("forbidden_url", Retry.NEVER) from None
        if not self.is_own(found):
            raise GatewayError("forbidden_url", Retry.NEVER)
        return found

    def is_own(self, url: URL) -> bool:
        """Whether a URL is Slack's. A stand-in on this machine may serve files on other ports."""
        host, own = url.host or "", self._base.host or ""
        if url.scheme != self._base.scheme or url.user is not None or url.password is not None:
            return False
        if is_loopback(own):
            return host == own
        return url.port == self._base.port and (host == own or host.endswith(f".{own}"))
