"""Pages of other sites can neither read the pretend services (by a name that leads here) nor act (by a form)."""

from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

HERE = frozenset({"127.0.0.1", "localhost", "::1"})


def only_from_here(below: str = "/") -> Middleware:
    """All addresses that begin like this are reached only by this machine's own names, and act only on JSON."""

    @web.middleware
    async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path.startswith(below):
            if _host(request) not in HERE:
                return web.json_response({"error": "only by its own address"}, status=403)
            if request.method == "POST" and request.content_type != "application/json":
                return web.json_response({"error": "send JSON"}, status=415)
        return await handler(request)

    return guard


def _host(request: web.Request) -> str | None:
    try:
        return urlsplit(f"//{request.host}").hostname
    except ValueError:
        return None
