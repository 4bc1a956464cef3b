"""Under /api/ whatever goes wrong is told in one form, whoever finds it: a door of ours, or aiohttp's router."""

from collections.abc import Sequence

from aiohttp import web
from aiohttp.typedefs import Middleware

from bridge.handlers.errors import Handler
from bridge.rules.intake_shapes import Complaint
from bridge.views import problems

WAIT = "5"  # seconds, until it is worth asking a busy database again
KEPT = ("Allow", "Retry-After", "WWW-Authenticate")
_KINDS = {
    400: "broken-off",
    401: "not-let-in",
    404: "no-such-address",
    405: "no-such-method",
    408: "too-slow",
    413: "too-large",
    415: "no-such-type",
    429: "too-many",
    500: "our-mistake",
    503: "busy",
}


def answer(base_url: str, kind: str, *, errors: Sequence[Complaint] = (), detail: str = "") -> web.Response:
    """A problem of this kind."""
    told = problems.problem(base_url, kind, errors=errors, detail=detail)
    return web.Response(status=told.status, body=problems.written(told), content_type=problems.MEDIA_TYPE)


def middleware(base_url: str) -> Middleware:
    """Around the one that answers for what nobody expected."""

    @web.middleware
    async def told(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not request.path.startswith("/api/"):
            return await handler(request)
        try:
            found = await handler(request)
        except web.HTTPException as refused:
            return _told(base_url, refused)
        return found if found.status < 400 or found.content_type == problems.MEDIA_TYPE else _told(base_url, found)

    return told


def _told(base_url: str, found: web.StreamResponse) -> web.Response:
    kind = _KINDS[found.status]
    detail = (found.text or "") if isinstance(found, web.Response) and kind == "our-mistake" else ""
    made = answer(base_url, kind, detail=detail)
    made.headers.update({name: found.headers[name] for name in KEPT if name in found.headers})
    if kind == "busy":
        made.headers["Retry-After"] = WAIT
    if found.keep_alive is False:
        made.force_close()
    return made
