"""Signed webhooks to the app, with their repeats and copies; loopback only."""

import ipaddress
import json
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

import aiohttp
from yarl import URL

from .records import Delivery, Thing
from .signing import header
from .world import World


def is_wanted(kind: str, wanted: Sequence[str]) -> bool:
    """Whether a kind of event is among these."""
    return any(kind == one or (one.endswith("*") and kind.startswith(one[:-1])) for one in wanted)


def who_wants(world: World, kind: str) -> list[Thing]:
    """The endpoints that get events of a kind."""
    return [
        endpoint
        for endpoint in world.endpoints.values()
        if endpoint["status"] == "enabled" and is_wanted(kind, endpoint["enabled_events"])
    ]


def post(world: World, event: Thing) -> None:
    """Send an event to all who want it, in the background. Nothing is sent while the pretender does not run."""
    for endpoint in who_wants(world, event["type"]) if world.session is not None else ():
        for _ in range(1 + world.duplicates):
            world.spawn(_deliver(world, endpoint, event))


async def _deliver(world: World, endpoint: Thing, event: Thing) -> None:
    if world.disorder:  # what was told last goes out first
        place = list(world.events).index(event["id"])
        await world.pause(0.05 / (1 + place))
    for attempt, delay in enumerate((0.0, *world.retry_delays), 1):
        await world.pause(delay)
        if (await once(world, endpoint, event, attempt)).status in range(200, 300):
            return


async def once(world: World, endpoint: Thing, event: Thing, attempt: int = 1) -> Delivery:
    """One signed request. Nothing that the app does raises here."""
    told = {**event, "api_version": endpoint["api_version"] or event["api_version"]}
    body = json.dumps(told).encode()
    signed = header(world.secrets[endpoint["id"]], body, int(time.time()))  # whoever checks it goes by real time
    return await send(world, endpoint["url"], body, signed, event, attempt)


async def send(
    world: World, url: str, body: bytes, signature: str | None, event: Thing, attempt: int = 1
) -> Delivery:
    """Exactly this body under this signature."""
    delivery = Delivery(event.get("id", ""), event.get("type", ""), url, attempt, world.now())
    world.deliveries.append(delivery)
    started = time.perf_counter()
    try:
        await _exchange(world, delivery, body, signature)
    except (aiohttp.ClientError, TimeoutError) as error:
        delivery.error = type(error).__name__
    delivery.ms = (time.perf_counter() - started) * 1000
    world.announce("webhook", type=delivery.type, status=delivery.status, error=delivery.error)
    return delivery


async def _exchange(world: World, delivery: Delivery, body: bytes, signature: str | None) -> None:
    target = loopback(world, delivery.url)
    if target is None or world.session is None:
        delivery.error = "not on this machine"
        return
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "Stripe/1.0"}
    if signature is not None:
        headers["Stripe-Signature"] = signature
    limit = aiohttp.ClientTimeout(total=world.webhook_timeout)
    async with world.session.post(
        target, data=body, headers=headers, timeout=limit, allow_redirects=False
    ) as answer:
        delivery.status, delivery.body = answer.status, (await answer.read()).decode("utf-8", "replace")


def loopback(world: World, url: str) -> URL | None:
    """Where a URL is really served, or nothing when that is not this machine: the pretender never goes out."""
    for public, actual in world.proxies.items():
        if url == public or url.startswith(public.rstrip("/") + "/"):
            url = actual.rstrip("/") + url[len(public.rstrip("/")) :]
    host = urlsplit(url).hostname or ""
    try:
        return URL(url) if host == "localhost" or ipaddress.ip_address(host).is_loopback else None
    except ValueError:
        return None
