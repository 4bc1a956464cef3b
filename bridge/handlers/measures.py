"""Every request is counted by its route and status, and timed. An address that is no route of ours is "other"."""

import time

from aiohttp import web

from bridge import metrics
from bridge.handlers.errors import Handler


@web.middleware
async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Around everything else that handles a request."""
    started, status = time.perf_counter(), 500
    try:
        answer = await handler(request)
        status = answer.status
        return answer
    except web.HTTPException as refused:
        status = refused.status
        raise
    finally:
        route = _route(request)
        metrics.REQUESTS.of(route, str(status)).inc()
        metrics.REQUEST_TIME.of(route).observe(time.perf_counter() - started)


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical.partition("/{")[0]
