"""Slack and Twilio reduced to their shortest answers, so that what is measured is the app.

`asked` counts the calls by name, which is how the other side of an end-to-end run is observed.
"""

import itertools
from collections import Counter

from aiohttp import web

TEAM, BOT, CHANNEL = "T01BENCH", "U01BOT", "C01BENCH"
ACCOUNT, TOKEN, NUMBER = "AC" + "be" * 16, "bench-token", "+14155550100"


class Providers:
    """Both services on one port: Slack below /slack/api/, Twilio below /twilio/."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.roots: list[str] = []
        self._ts = itertools.count(1)
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        """The base URL."""
        app = web.Application()
        app.router.add_route("*", "/slack/api/{method}", self._slack)
        app.router.add_route("*", "/twilio/{rest:.*}", self._twilio)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        """Close the port."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _slack(self, request: web.Request) -> web.Response:
        method = request.match_info["method"]
        is_json = request.content_type == "application/json"
        asked: dict[str, object] = await request.json() if is_json else {**await request.post(), **request.query}
        self.asked[method] += 1
        return web.json_response({"ok": True, **self._slack_answer(method, asked)})

    def _slack_answer(self, method: str, asked: dict[str, object]) -> dict[str, object]:
        match method:
            case "auth.test":
                return {"team_id": TEAM, "team": "Bench", "user_id": BOT, "bot_id": "B01BOT"}
            case "users.info":
                return {"user": {"id": asked["user"], "team_id": TEAM, "name": "ben", "profile": {}}}
            case "chat.postMessage":
                self.asked["texts shown"] += str(asked.get("text")).count("text number")
                ts = f"1700000000.{next(self._ts):06d}"
                thread_ts = asked.get("thread_ts")
                if not thread_ts:
                    self.roots.append(ts)
                return {"ts": ts, "channel": CHANNEL, "message": {"ts": ts, "thread_ts": thread_ts}}
            case _:
                return {}

    async def _twilio(self, request: web.Request) -> web.Response:
        rest = request.match_info["rest"]
        if "IncomingPhoneNumbers" in rest:
            urls = {key: value for key, value in (await request.post()).items() if isinstance(value, str)}
            return web.json_response(_number(rest, urls))
        if rest.endswith("Services"):
            return web.json_response({"services": [], "meta": {"key": "services", "next_page_url": None}})
        if request.method == "GET":
            return web.json_response({"messages": [], "next_page_uri": None})
        self.asked["create"] += 1
        sid = f"SM{(1 << 100) + next(self._ts):032x}"  # apart from the sids of the texts that come in
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
