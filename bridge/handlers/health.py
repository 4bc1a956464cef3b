"""Is it alive, is it ready, how much does it do."""

from collections.abc import Callable, Iterator

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from bridge.services.deps import Deps
from bridge.services.health import problems, snapshot


class HealthDoor:
    """What load balancers and Prometheus ask. Nothing here names a person, a number or a firm."""

    def __init__(self, deps: Deps, worker_is_stuck: Callable[[], bool]) -> None:
        self._deps = deps
        self._worker_is_stuck = worker_is_stuck

    async def alive(self, _request: web.Request) -> web.Response:
        """The process answers."""
        return web.json_response({"status": "alive"})

    async def ready(self, _request: web.Request) -> web.Response:
        """It can take texts and pass them on: 503 with the reasons when not."""
        wrong = await problems(self._deps, self._deps.clock())
        if self._worker_is_stuck():
            wrong.append("the worker does not look at the outbox")
        status = 503 if wrong else 200
        return web.json_response({"status": "not ready" if wrong else "ready", "problems": wrong}, status=status)

    async def metrics(self, _request: web.Request) -> web.Response:
        """Prometheus' text format."""
        registry = CollectorRegistry()
        registry.register(_Gauges(await snapshot(self._deps, self._deps.clock())))
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})


class _Gauges(Collector):
    def __init__(self, found: dict[str, dict[str, float]]) -> None:
        self._found = found

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for name, values in self._found.items():
            family = GaugeMetricFamily(f"bridge_{name}", name.replace("_", " "), labels=["state"])
            for label, value in values.items():
                family.add_metric([label], value)
            yield family
