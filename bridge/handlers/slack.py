"""Slack's requests come in: events, interactions, options and commands, all at one address.

The signature is checked here before anything is parsed, and again by Bolt. Bolt parses first and answers 500 to
odd headers and bodies, which would let anybody fill the log (seen with slack_bolt 1.30).
"""

import asyncio
import json
import time
from collections.abc import Coroutine
from typing import Any
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bridge.handlers import answers, signatures
from bridge.handlers.door import Failures, read_body

LIMIT = 256 * 1024  # bytes
PATIENCE = 2.5  # seconds of the three that Slack waits
FORM = "application/x-www-form-urlencoded"

log = structlog.get_logger(__name__)


class SlackDoor:
    """The one address that Slack knows."""

    def __init__(self, app: AsyncApp, signing_secret: str, failures: Failures) -> None:
        self._app = app
        self._secret = signing_secret.encode()
        self._failures = failures
        self._cut_off: set[asyncio.Task[BoltResponse]] = set()

    async def receive(self, request: web.Request) -> web.Response:
        """Answers 401 to what Slack did not sign and 400 to what cannot be read; the rest is Bolt's."""
        self._failures.turn_away(request)
        body = await read_body(request, LIMIT)
        if not self._is_authentic(request, body):
            if _is_certificate_check(body):
                return web.Response()
            self._failures.count(request)
            return web.Response(status=401, text="not signed by Slack")
        parsed = _parse(body, is_form=request.content_type == FORM)
        if parsed is None:
            return web.Response(status=400, text="unreadable")
        if parsed.get("type") == "app_rate_limited":
            log.warning("slack_holds_events_back")  # over 30,000 in an hour; what staff write meanwhile is lost
            return web.Response()
        return await self._dispatch(request, body.decode(), parsed)

    def _is_authentic(self, request: web.Request, body: bytes) -> bool:
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        return signatures.is_slacks(self._secret, timestamp, body, signature, time.time())

    async def _dispatch(self, request: web.Request, body: str, parsed: dict[str, Any]) -> web.Response:
        is_form = request.content_type == FORM
        # Bolt looks for "payload" anywhere in a form, and loses a command in whose text the word stands.
        readable = json.dumps(parsed) if is_form else body
        bolt_request = AsyncBoltRequest(body=readable, headers=dict(request.headers), mode="http")
        bolt_request.raw_body = body  # which Bolt checks the signature of
        answer = await self._in_time(self._app.async_dispatch(bolt_request)) or answers.busy(parsed)
        if answer.status == 404 and not is_form:
            return web.Response()  # an event nobody here listens to is no failed delivery
        return await to_aiohttp_response(answer)

    async def _in_time(self, work: Coroutine[Any, Any, BoltResponse]) -> BoltResponse | None:
        """What came of it; None when the time is up.

        Then it is cut off, and nobody waits for its end: to let go of a database that says nothing takes seconds.
        """
        task = asyncio.create_task(work)
        try:
            await asyncio.wait({task}, timeout=PATIENCE)
        finally:
            if not task.done():
                self._cut_off.add(task)
                task.add_done_callback(self._cut_off.discard)
                task.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # it was heard
                task.cancel()
        return task.result() if task.done() else None


def _is_certificate_check(body: bytes) -> bool:
    """Slack looks at our certificate now and then, without signing it; an empty answer gives nothing away."""
    return len(body) < 1024 and b"ssl_check=1" in body.split(b"&")


def _parse(body: bytes, *, is_form: bool) -> dict[str, Any] | None:
    """What Slack says: JSON, a form with JSON in it, or a plain form. None for what it would never send."""
    try:
        text = body.decode()
        if not is_form:
            return _object(text)
        fields = dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100, errors="strict"))
    except ValueError:
        return None
    return _object(fields["payload"]) if "payload" in fields else fields


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and isinstance(found.get("event", {}), dict) else None
