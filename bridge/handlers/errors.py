"""What a request sees when something goes wrong that nobody expected, and what every answer carries."""

import uuid
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bridge.store.trouble import StoreUnavailable

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A database out of reach is 503, so that the caller tries again; a bug is 500 with an incident id."""
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except StoreUnavailable:
        return web.Response(status=503, text="busy, try again")
    except Exception:
        incident = uuid.uuid4().hex[:8]
        log.exception("request_failed", incident=incident, route=request.match_info.route.resource)
        return web.Response(status=500, text=f"incident {incident}")


async def harden(_request: web.Request, response: web.StreamResponse) -> None:
    """No version is told, and nothing here is for a browser to guess at or keep."""
    response.headers.pop("Server", None)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers.setdefault("Content-Security-Policy", "default-src 'none'")
