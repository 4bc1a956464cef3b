"""Where webhooks go. The secret of their signatures is told once, when the endpoint is made."""

import secrets
from urllib.parse import urlsplit

from .call import Call, listed
from .records import Thing, new_id
from .refused import RefusedError, conflict
from .world import World

MOST = 16


def make(world: World, url: str, wanted: list[str], version: str | None = None, **more: object) -> Thing:
    """An endpoint with its secret."""
    endpoint: Thing = {
        "id": new_id("we"),
        "object": "webhook_endpoint",
        "api_version": version,
        "application": None,
        "created": world.stamp(),
        "description": more.get("description"),
        "enabled_events": wanted,
        "livemode": False,
        "metadata": more.get("metadata", {}),
        "status": "enabled",
        "url": url,
    }
    world.endpoints[endpoint["id"]] = endpoint
    world.secrets[endpoint["id"]] = f"whsec_{secrets.token_hex(16)}"
    return {**endpoint, "secret": world.secrets[endpoint["id"]]}


def create(call: Call) -> Thing:
    """One more address."""
    _check_url(call.params["url"])
    version = call.get("api_version")
    if len(call.world.endpoints) >= MOST:
        raise conflict("You have reached the maximum of 16 test webhook endpoints.")
    more = {name: call.params[name] for name in ("description", "metadata") if name in call.params}
    return make(call.world, call.params["url"], call.params["enabled_events"], version, **more)


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise RefusedError(400, "Invalid URL: URL must be publicly accessible.", code="url_invalid", param="url")


def retrieve(call: Call) -> Thing:
    """One endpoint, without its secret."""
    return call.named(call.world.endpoints, "webhook endpoint")


def update(call: Call) -> Thing:
    """Another address, other events."""
    endpoint = retrieve(call)
    if "url" in call.params:
        _check_url(call.params["url"])
    for name in ("url", "enabled_events", "description", "metadata"):
        if name in call.params:
            endpoint[name] = call.params[name]
    if "disabled" in call.params:
        endpoint["status"] = "disabled" if call.params["disabled"] else "enabled"
    return endpoint


def delete(call: Call) -> Thing:
    """Nothing more is sent there."""
    endpoint = retrieve(call)
    del call.world.endpoints[endpoint["id"]]
    return {"id": endpoint["id"], "object": "webhook_endpoint", "deleted": True}


def listing(call: Call) -> Thing:
    """All of them, newest first, without their secrets."""
    return listed(call, call.world.endpoints.values())
