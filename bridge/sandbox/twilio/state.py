"""The whole state as JSON, for tests in another process and for a page. Never a secret."""

from typing import Any

from .answers import message_json, number_json, service_json
from .magic import MAGIC
from .records import ApiRequest, PretendMessage, Webhook
from .world import World


def everything(world: World) -> dict[str, Any]:
    """What GET /_/state answers."""
    return {
        "url": world.url,
        "settings": settings(world),
        "accounts": [{"sid": account.sid} for account in world.accounts.values()],
        "numbers": [
            {**number_json(number), "messaging_service_sid": number.service_sid}
            for number in world.numbers.values()
        ],
        "services": [service_json(service) for service in world.services.values()],
        "phones": {phone: _phone(world, phone) for phone in [*world.threads, *world.off]},
        "magic": sorted(MAGIC),
        "opted_out": sorted(world.opted_out),
        "messages": [message_json(message) for message in world.log.values()],
        "webhooks": [_webhook(webhook) for webhook in world.webhooks],
        "requests": [_request(request) for request in world.requests],
    }


def settings(world: World) -> dict[str, Any]:
    """The knobs that can be turned over HTTP."""
    names = ("duplicates", "disorder", "lose_status", "status_delay")
    return {name: getattr(world, name) for name in names}


def _phone(world: World, phone: str) -> dict[str, Any]:
    thread = [_bubble(phone, message) for message in world.threads.get(phone, [])]
    return {"on": phone not in world.off, "thread": thread}


def _bubble(phone: str, message: PretendMessage) -> dict[str, Any]:
    """A text as its owner sees it."""
    return {
        "sid": message.sid,
        "mine": message.from_ == phone,
        "with": message.to if message.from_ == phone else message.from_,
        "body": message.body,
        "files": [media.content_type for media in message.media],
        "automatic": message.automatic,
        "at": message.date_created.isoformat(),
    }


def _webhook(webhook: Webhook) -> dict[str, Any]:
    what = {
        name: getattr(webhook, name) for name in ("kind", "url", "params", "attempt", "status", "body", "error")
    }
    return {**what, "ms": round(webhook.ms, 1), "at": webhook.at.isoformat() if webhook.at else None}


def _request(request: ApiRequest) -> dict[str, Any]:
    names = ("method", "path", "operation", "authorised", "status", "ms")
    params = [[name, value] for name, value in request.params.items()]
    return {**{name: getattr(request, name) for name in names}, "params": params, "at": request.at.isoformat()}
