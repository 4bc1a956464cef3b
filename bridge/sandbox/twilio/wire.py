"""The way out to the app: one signed request after another, loopback only."""

import asyncio
import ipaddress
import time
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl, urldefrag, urlencode, urlsplit

import aiohttp
from multidict import CIMultiDict
from yarl import URL

from .records import Webhook, new_sid
from .signing import Params, pairs, signature
from .world import World

Outcome = Literal["ok", "ct", "rt", "4xx", "5xx"]
Kind = Literal["sms", "status", "fallback", "raw"]


@dataclass(frozen=True)
class Policy:
    """How often to repeat a webhook and after what: the #rc=3&rp=ct,rt,5xx behind its URL."""

    retries: int
    causes: frozenset[str]

    def again(self, outcome: Outcome, attempt: int) -> bool:
        """Whether another attempt follows."""
        wanted = outcome in self.causes or "all" in self.causes
        return outcome != "ok" and wanted and attempt <= self.retries


@dataclass(frozen=True)
class Hook:
    """A webhook before it is sent."""

    account_sid: str
    kind: Kind
    url: str
    params: dict[str, str]
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)


def policy(url: str) -> Policy:
    """Read the fragment. Without one Twilio repeats once, and only when it could not connect."""
    wishes = dict(parse_qsl(urldefrag(url).fragment))
    retries = wishes.get("rc", "1")
    count = min(int(retries), 5) if retries.isdecimal() else 1
    return Policy(count, frozenset(wishes.get("rp", "ct").split(",")))


def loopback(world: World, url: str) -> URL | None:
    """Where a URL is really served, or nothing when that is not this machine: the pretender never goes out."""
    for public, actual in world.proxies.items():
        if url == public or url.startswith((public.rstrip("/") + "/", public.rstrip("/") + "?")):
            url = actual.rstrip("/") + url[len(public.rstrip("/")) :]
    host = urlsplit(url).hostname or ""
    return URL(url, encoded=True) if host == "localhost" or _is_loopback(host) else None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def deliver(world: World, hook: Hook) -> Webhook:
    """Send a webhook and repeat it as its URL asks. The last attempt is returned."""
    rules, token = policy(hook.url), new_sid("")
    for attempt in range(1, 7):
        headers = {"I-Twilio-Idempotency-Token": token} if attempt > 1 else {}
        webhook, outcome = await attempt_once(world, hook, attempt, headers)
        if not rules.again(outcome, attempt):
            break
        await world.pause(world.retry_pause)
    return webhook


async def attempt_once(world: World, hook: Hook, attempt: int, headers: dict[str, str]) -> tuple[Webhook, Outcome]:
    """Make one signed request of a hook."""
    url = urldefrag(hook.url).url
    token = world.accounts[hook.account_sid].auth_token
    if hook.method == "GET":
        url += ("&" if "?" in url else "?") + urlencode(hook.params, errors="surrogatepass")
        signed, body = signature(token, url, {}), b""
    else:
        signed, body = signature(token, url, hook.params), form(hook.params)
    webhook = Webhook(hook.kind, url, hook.params, attempt, at=world.now())
    return webhook, await send(world, webhook, hook.method, body, {"X-Twilio-Signature": signed, **headers})


def form(params: Params) -> bytes:
    """Parameters as the body of a request."""
    return urlencode(pairs(params), errors="surrogatepass").encode()


async def send(world: World, webhook: Webhook, method: str, body: bytes, headers: dict[str, str]) -> Outcome:
    """Make a request and note what came back. Nothing that the app does raises here."""
    world.webhooks.append(webhook)
    started = time.perf_counter()
    try:
        await _exchange(world, webhook, method, body, headers)
    except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
        webhook.error = f"no connection: {type(error).__name__}"
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        webhook.error = f"no answer: {type(error).__name__}"
    webhook.ms = (time.perf_counter() - started) * 1000
    world.announce("webhook", hook=webhook.kind, status=webhook.status, error=webhook.error)
    return _outcome(webhook)


async def _exchange(world: World, webhook: Webhook, method: str, body: bytes, headers: dict[str, str]) -> None:
    """The request itself."""
    if (target := loopback(world, webhook.url)) is None:
        webhook.error = "no connection: not on this machine"
        return
    sent: CIMultiDict[str] = CIMultiDict({"User-Agent": "TwilioProxy/1.1", "Accept": "*/*"})
    if method == "POST":
        sent["Content-Type"] = "application/x-www-form-urlencoded; charset=utf-8"
    sent.update(headers)
    limit = aiohttp.ClientTimeout(total=world.webhook_timeout, sock_connect=min(5.0, world.webhook_timeout))
    call = world.session.request(
        method, target, data=body or None, headers=sent, timeout=limit, allow_redirects=False
    )
    async with call as answer:
        webhook.status, webhook.content_type = answer.status, answer.content_type
        webhook.body = (await answer.read()).decode("utf-8", "replace")


def _outcome(webhook: Webhook) -> Outcome:
    """The word the retry policy has for what happened."""
    if webhook.error:
        return "ct" if webhook.error.startswith("no connection") else "rt"
    if webhook.status is not None and webhook.status < 300:
        return "ok"
    return "5xx" if (webhook.status or 500) >= 500 else "4xx"


async def together(world: World, hook: Hook, copies: int) -> list[Webhook]:
    """Send the same webhook several times at once. Goes on when the caller is cancelled, as Twilio would."""
    tasks = [world.spawn(deliver(world, hook)) for _ in range(copies + world.duplicates)]
    await asyncio.wait(tasks)
    return [task.result() for task in tasks]
