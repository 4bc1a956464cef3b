"""Slack's requests come in: events, interactions, options and commands, all at one address.

The signature is checked here before anything is parsed, and again by Bolt. Bolt parses first and answers 500 to
odd headers and bodies, which would let anybody fill the log (seen with slack_bolt 1.30).
"""

import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp, AsyncBoltRequest

from bridge.handlers.door import Failures, read_body
from bridge.store.writer import StoreUnavailable

LIMIT = 256 * 1024  # bytes
WINDOW = 300  # seconds a request may be old, or ahead of our clock

log = structlog.get_logger(__name__)


class SlackDoor:
    """The one address that Slack knows."""

    def __init__(self, app: AsyncApp, signing_secret: str, failures: Failures) -> None:
        self._app = app
        self._secret = signing_secret.encode()
        self._failures = failures

    async def receive(self, request: web.Request) -> web.Response:
        """Answers 401 to what Slack did not sign and 400 to what cannot be read; the rest is Bolt's."""
        self._failures.turn_away(request)
        body = await read_body(request, LIMIT)
        if not self._is_authentic(request, body):
            self._failures.count(request)
            return web.Response(status=401, text="not signed by Slack")
        parsed = _parse(request, body)
        if parsed is None:
            return web.Response(status=400, text="unreadable")
        if parsed.get("ssl_check") == "1" or parsed.get("type") == "app_rate_limited":
            return web.Response()
        return await self._dispatch(request, body.decode(), parsed)

    def _is_authentic(self, request: web.Request, body: bytes) -> bool:
        timestamp = request.headers.get("X-Slack-Request-Timestamp", "")
        signature = request.headers.get("X-Slack-Signature", "")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 12 and signature.isascii()):
            return False
        if abs(time.time() - int(timestamp)) > WINDOW:
            return False
        base = b"v0:" + timestamp.encode() + b":" + body
        expected = "v0=" + hmac.new(self._secret, base, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.encode())

    async def _dispatch(self, request: web.Request, body: str, parsed: dict[str, object]) -> web.Response:
        bolt_request = AsyncBoltRequest(
            body=body, query=request.query_string, headers=dict(request.headers), mode="http"
        )
        if not bolt_request.body:
            # Bolt looks for "payload" anywhere in a form, and loses a command in whose text the word stands.
            bolt_request = AsyncBoltRequest(body=json.dumps(parsed), headers=dict(request.headers), mode="http")
            bolt_request.raw_body = body
        try:
            answer = await self._app.async_dispatch(bolt_request)
        except StoreUnavailable:
            return web.Response(status=503, text="busy, try again")
        if answer.status == 404 and parsed.get("type") == "event_callback":
            return web.Response()  # an event nobody here listens to is no failed delivery
        return await to_aiohttp_response(answer)


def _parse(request: web.Request, body: bytes) -> dict[str, object] | None:
    """The body as Slack means it; None for what Slack would never send."""
    try:
        text = body.decode()
        if request.content_type == "application/x-www-form-urlencoded":
            fields = parse_qs(text, keep_blank_values=True, max_num_fields=100, errors="strict")
            return {name: values[-1] for name, values in fields.items()}
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None
