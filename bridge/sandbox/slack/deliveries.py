"""Signed requests to the app: events with their retries and copies, and interactions that wait for the answer."""

import asyncio
import json
import random
import time
from collections import defaultdict
from collections.abc import Coroutine
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import aiohttp

from bridge.sandbox.slack.model import Delivery, DeliveryResult, Json
from bridge.sandbox.slack.signing import signature_headers

if TYPE_CHECKING:
    from bridge.sandbox.slack.core import Core

_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


class Postman:
    """Carries requests to the app's request URL and keeps a record of each."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._session: aiohttp.ClientSession | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._lanes: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    def open(self) -> None:
        # One connection per request: an app that was killed must not leave a dead one behind for the next.
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True))

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def settled(self) -> None:
        """Wait until nothing is queued, neither first attempts nor retries."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def queue(self, event: Json, lane: str) -> None:
        """Deliver an event in the background; in one lane each starts after the answer to the last."""
        if self._session is not None:
            self._spawn(self._deliver(event, lane))

    async def ask(self, kind: str, team_id: str, payload: Json, form: bytes) -> DeliveryResult:
        """Send an interaction or a command and wait for the answer. Slack does not repeat these."""
        self._way()
        delivery = self._record(kind, team_id, None, 1, payload)
        return await self._send(delivery, form, {"Content-Type": _FORM})

    async def raw(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Send exactly this, recorded nowhere."""
        session, url = self._way()
        timeout = aiohttp.ClientTimeout(total=self._core.timeout)
        async with session.post(url, data=body, headers=headers, timeout=timeout) as answer:
            return answer.status, await answer.text()

    async def event(
        self, envelope: Json, attempt: int = 1, headers: dict[str, str] | None = None
    ) -> DeliveryResult:
        """Send an event once."""
        body = json.dumps(envelope).encode()
        delivery = self._record("event", str(envelope.get("team_id")), envelope.get("event_id"), attempt, envelope)
        return await self._send(delivery, body, {"Content-Type": _JSON, **(headers or {})})

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, envelope: Json, lane: str) -> None:
        if self._core.disorder:
            await asyncio.sleep(random.uniform(0, self._core.disorder_window))
        async with nullcontext() if self._core.disorder else self._lanes[lane]:
            originals = [envelope, *self._phantoms(envelope)]
            firsts, _ = await asyncio.gather(
                asyncio.gather(*(self.event(one) for one in originals)), self._duplicates(envelope)
            )
        await asyncio.gather(*(self._retry(o, r) for o, r in zip(originals, firsts, strict=True)))

    def _phantoms(self, envelope: Json) -> list[Json]:
        """Copies under other event ids, as Slack sent them in January 2025."""
        return [{**envelope, "event_id": self._core.new_id("Ev")} for _ in range(self._core.phantom)]

    async def _duplicates(self, envelope: Json) -> None:
        """Copies under the same event id, sent while the first is still under way."""
        copies = range(1, self._core.duplicates + 1)
        await asyncio.gather(*(self.event(envelope, n + 1, _retry_headers(n, "http_timeout")) for n in copies))

    async def _retry(self, envelope: Json, result: DeliveryResult) -> None:
        for number, delay in enumerate(self._core.retry_delays, start=1):
            if result.problem is None or result.headers.get("x-slack-no-retry") == "1":
                return
            await asyncio.sleep(delay)
            result = await self.event(envelope, number + 1, _retry_headers(number, result.problem))

    def _record(self, kind: str, team_id: str, event_id: str | None, attempt: int, payload: Json) -> Delivery:
        delivery = Delivery(kind, team_id, event_id, attempt, payload, self._core.clock())
        self._core.deliveries.append(delivery)
        return delivery

    def _way(self) -> tuple[aiohttp.ClientSession, str]:
        if self._session is None or self._core.request_url is None:
            raise RuntimeError("start() the pretend Slack and give it a request_url first")
        return self._session, self._core.request_url

    async def _send(self, delivery: Delivery, body: bytes, headers: dict[str, str]) -> DeliveryResult:
        began = time.perf_counter()
        result = await self._post(body, headers)
        delivery.ms = result.ms = (time.perf_counter() - began) * 1000
        delivery.status, delivery.reason = result.status or None, result.problem
        self._core.announce("delivery", team_id=delivery.team_id, delivery=delivery.kind, status=delivery.status)
        return result

    async def _post(self, body: bytes, headers: dict[str, str]) -> DeliveryResult:
        try:
            session, url = self._way()
        except RuntimeError:
            return DeliveryResult(problem="connection_failed")  # the URL was taken away while this waited
        signed = signature_headers(self._core.signing_secret, body, int(time.time()))
        agent = {"User-Agent": "Slackbot 1.0 (+https://api.slack.com/robots)"}
        timeout = aiohttp.ClientTimeout(total=self._core.timeout)
        try:
            async with session.post(
                url, data=body, headers={**agent, **signed, **headers}, timeout=timeout, allow_redirects=False
            ) as answer:
                text = await answer.text(errors="replace")
                problem = None if answer.ok else "http_error"
                lowered = {name.lower(): value for name, value in answer.headers.items()}
                return DeliveryResult(answer.status, text, problem, headers=lowered)
        except TimeoutError:
            return DeliveryResult(problem="http_timeout")
        except aiohttp.ClientError:
            return DeliveryResult(problem="connection_failed")


def _retry_headers(number: int, reason: str) -> dict[str, str]:
    return {"x-slack-retry-num": str(number), "x-slack-retry-reason": reason}
