"""Slack and Twilio reduced to their shortest answers, in a process of their own: what is measured is the app.

Standard output tells what the app asked for, a line each, at the moment it asked:

    text 17 12.345 1700000000.000001    a lead's text was posted, in the thread with this root
    reply 4 12.345                      a reply was texted
    said ...                            the app wrote something else to staff

The second number is the monotonic clock, which all processes of a machine share.
"""

import asyncio
import itertools
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

TEAM, BOT, CHANNEL = "T01BENCH", "U01BOT", "C01BENCH"
ACCOUNT, TOKEN, NUMBER = "AC" + "be" * 16, "bench-token", "+14155550100"

_TEXT = re.compile(r"text number (\d+)")
_REPLY = re.compile(r"reply number (\d+)")


@asynccontextmanager
async def listening(app: web.Application, port: int) -> AsyncIterator[None]:
    """It answers at this port of loopback."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield
    finally:
        await runner.cleanup()


async def serve(app: web.Application, port: int) -> None:
    """Answer until killed; says "ready" first."""
    async with listening(app, port):
        _tell("ready")
        await asyncio.Event().wait()


def _tell(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


class Providers:
    """Both services: Slack below /slack/api/, Twilio below /twilio/. `/delay/50` sets how long they take, in ms."""

    def __init__(self) -> None:
        self._delay = 0.0
        self._numbers = itertools.count(1)

    def app(self) -> web.Application:
        """What serves them."""
        app = web.Application()
        app.router.add_post("/delay/{milliseconds}", self._set_delay)
        app.router.add_route("*", "/slack/api/{method}", self._slack)
        app.router.add_route("*", "/twilio/{rest:.*}", self._twilio)
        return app

    async def _set_delay(self, request: web.Request) -> web.Response:
        self._delay = int(request.match_info["milliseconds"]) / 1000
        return web.Response()

    async def _slack(self, request: web.Request) -> web.Response:
        at, method = time.monotonic(), request.match_info["method"]
        is_json = request.content_type == "application/json"
        asked: dict[str, object] = await request.json() if is_json else {**await request.post(), **request.query}
        answer = self._slack_answer(method, asked, at)
        await asyncio.sleep(self._delay)
        return web.json_response({"ok": True, **answer})

    def _slack_answer(self, method: str, asked: dict[str, object], at: float) -> dict[str, object]:
        match method:
            case "auth.test":
                return {"team_id": TEAM, "team": "Bench", "user_id": BOT, "bot_id": "B01BOT"}
            case "users.info":
                return {"user": {"id": asked["user"], "team_id": TEAM, "name": "ben", "profile": {}}}
            case "chat.postMessage":
                return self._posted(str(asked.get("text", "")), str(asked.get("thread_ts") or ""), at)
            case "chat.postEphemeral":
                _tell(f"said {asked.get('text')}")
        return {}

    def _posted(self, text: str, root: str, at: float) -> dict[str, object]:
        ts = f"1700000000.{next(self._numbers):06d}"
        numbers = _TEXT.findall(text)
        for number in numbers:
            _tell(f"text {number} {at:.6f} {root}")
        if root and not numbers:
            _tell(f"said {text}")
        return {"ts": ts, "channel": CHANNEL, "message": {"ts": ts, **({"thread_ts": root} if root else {})}}

    async def _twilio(self, request: web.Request) -> web.Response:
        at, rest = time.monotonic(), request.match_info["rest"]
        asked = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
        if "IncomingPhoneNumbers" in rest:
            return web.json_response(_number(rest, asked))
        if rest.endswith("Services"):
            return web.json_response({"services": [], "meta": {"key": "services", "next_page_url": None}})
        if request.method == "GET":
            return web.json_response({"messages": [], "next_page_uri": None})
        for number in _REPLY.findall(asked["Body"]):
            _tell(f"reply {number} {at:.6f}")
        await asyncio.sleep(self._delay)
        sid = f"SM{(1 << 100) + next(self._numbers):032x}"  # apart from the sids of the texts that come in
        answer = {"sid": sid, "status": "queued", "num_segments": "1", "account_sid": ACCOUNT}
        return web.json_response(answer, status=201)


def _number(rest: str, urls: dict[str, str]) -> dict[str, object]:
    number: dict[str, object] = {
        "sid": "PN" + "be" * 16,
        "account_sid": ACCOUNT,
        "phone_number": NUMBER,
        "capabilities": {"sms": True, "mms": True, "voice": True},
        "sms_url": urls.get("SmsUrl", ""),
        "sms_fallback_url": urls.get("SmsFallbackUrl", ""),
        "sms_application_sid": "",
        "sms_method": "POST",
        "sms_fallback_method": "POST",
    }
    return number if "PN" in rest else {"incoming_phone_numbers": [number], "next_page_uri": None}


if __name__ == "__main__":
    asyncio.run(serve(Providers().app(), int(sys.argv[1])))
