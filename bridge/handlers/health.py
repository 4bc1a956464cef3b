"""Is it alive, is it ready, how much does it do."""

import asyncio
from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from bridge import metrics
from bridge.services import health
from bridge.services.deps import Deps


class HealthDoor:
    """What load balancers and Prometheus ask. Nothing here names a person, a number or a firm."""

    def __init__(self, deps: Deps, worker_is_stuck: Callable[[], bool]) -> None:
        self._deps = deps
        self._worker_is_stuck = worker_is_stuck
        self._reading = asyncio.Lock()

    async def alive(self, _request: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"status": "alive"})

    async def ready(self, _request: web.Request) -> web.Response:
        """It can take texts and pass them on: 503 with the reasons when not."""
        wrong = await health.problems(self._deps, self._deps.clock())
        if self._worker_is_stuck():
            wrong.append("the worker does not look at the outbox")
        status = 503 if wrong else 200
        return web.json_response({"status": "not ready" if wrong else "ready", "problems": wrong}, status=status)

    async def figures(self, _request: web.Request) -> web.Response:
        """Prometheus' text format, also while the database does not answer: then it is needed most."""
        async with self._reading:  # two who ask at once would clear each other's gauges
            metrics.WORKER_STUCK.set(self._worker_is_stuck())
            await health.take_figures(self._deps, self._deps.clock())
            shown = await asyncio.to_thread(metrics.shown)  # some milliseconds, for which nobody waits
        return web.Response(body=shown, headers={"Content-Type": CONTENT_TYPE_LATEST})
