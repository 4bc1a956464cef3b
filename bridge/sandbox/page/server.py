"""The page is served: its files, what there is, news of changes, and the acts of whoever plays.

It reaches nothing but the pretend services and the app's process, and what it shows is what they hold: a page that
is loaded anew shows the same.
"""

import asyncio
import json
from pathlib import Path

from aiohttp import web

from bridge.sandbox.guard import only_from_here
from bridge.sandbox.page import seen
from bridge.sandbox.page.troubles import Troubles
from bridge.sandbox.process import App, AppFailed
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.slack import control as slack_control
from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.stripe import control as stripe_control
from bridge.sandbox.twilio import PretendTwilio
from bridge.sandbox.twilio import control as twilio_control

STATIC = Path(__file__).parent / "static"
TOGETHER = 0.03  # seconds; changes that come within it are one piece of news
LARGEST = 64 * 1024 * 1024  # bytes of one request: several pictures
# Whatever a lead types is shown as text; if it ever were not, the browser would run none of it.
POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"
SAFE = {"Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}


class Page:
    """Serves the page for these services and this app until it is closed. `url` is where."""

    def __init__(self, slack: PretendSlack, twilio: PretendTwilio, stripe: PretendStripe, app: App) -> None:
        self._slack, self._twilio, self._stripe, self.app = slack, twilio, stripe, app
        self._troubles = Troubles(slack, twilio, stripe)
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen; the page's address. Where the port is taken, or 0, any free one is."""
        site = web.Application(middlewares=[only_from_here()], client_max_size=LARGEST)
        site.add_routes(
            [
                web.get("/", self._index),
                web.get("/state", self._state),
                web.get("/events", self._events),
                web.get("/emoji", self._emoji),
                web.get("/outbox", self._outbox),
                web.get("/file/{team_id}/{file_id}", self._file),
                web.post("/app/{act:stop|start}", self._switch),
                web.post("/trouble/{key}/{act:on|off}", self._order),
                web.static("/static", STATIC),
            ]
        )
        slack, twilio = web.Application(client_max_size=LARGEST), web.Application(client_max_size=LARGEST)
        stripe = web.Application()
        slack.add_routes(slack_control.routes(self._slack))
        twilio_control.add_routes(twilio, self._twilio)
        stripe_control.add_routes(stripe, self._stripe)
        site.add_subapp("/slack", slack)
        site.add_subapp("/stripe", stripe)
        site.add_subapp("/twilio", twilio)
        self._runner = web.AppRunner(site, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError:  # somebody else has that port
            await web.TCPSite(self._runner, host, 0).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"
        return self.url

    async def close(self) -> None:
        """Stop serving; whoever watches is hung up on."""
        for watcher in self.app.watchers:
            watcher.put_nowait(None)
        if self._runner is not None:
            await self._runner.cleanup()

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        return web.FileResponse(STATIC / "index.html", headers={**SAFE, "Cache-Control": "no-cache"})

    async def _state(self, _request: web.Request) -> web.Response:
        return _json(seen.everything(self._slack, self._twilio, self._stripe, self.app, self._troubles))

    async def _emoji(self, _request: web.Request) -> web.Response:
        return _json(seen.emoji())

    async def _outbox(self, _request: web.Request) -> web.Response:
        return _json(await self.app.outbox())

    async def _file(self, request: web.Request) -> web.Response:
        """A file as Slack shows it; no browser takes it for a page."""
        team = self._slack.workspaces.get(request.match_info["team_id"])
        file = team.files.get(request.match_info["file_id"]) if team else None
        if file is None or not file.completed:
            return web.Response(status=404, text="no such file")
        safe = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
        return web.Response(body=file.content, headers={**safe, "Content-Type": file.mimetype})

    async def _switch(self, request: web.Request) -> web.Response:
        """The app's process ends, or starts again."""
        if self.app.is_held:
            return _json({"error": "The demo is still being filled. One moment, please."}, 409)
        try:
            await (self.app.stop() if request.match_info["act"] == "stop" else self.app.start())
        except AppFailed as failure:
            return _json({"error": str(failure)}, 500)
        return _json({"ok": True})

    async def _order(self, request: web.Request) -> web.Response:
        """Trouble begins or ends."""
        try:
            self._troubles.switch(request.match_info["key"], on=request.match_info["act"] == "on")
        except KeyError:
            return _json({"error": "no such trouble"}, 404)
        self._slack.announce("trouble")
        return _json({"ok": True})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """That something has changed, until either side hangs up."""
        news: asyncio.Queue[object] = asyncio.Queue()
        everywhere: list[set[asyncio.Queue[object]]] = [
            self.app.watchers, self._slack.watchers, self._twilio.listeners, self._stripe.listeners,  # type: ignore[list-item]  # they only put
        ]  # fmt: skip
        answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        for watchers in everywhere:
            watchers.add(news)
        try:
            await answer.prepare(request)
            await answer.write(b": watching\n\n")
            while await _changed(news):
                await answer.write(b"data: changed\n\n")
        except ConnectionError:
            pass  # the page was closed
        finally:
            for watchers in everywhere:
                watchers.discard(news)
        return answer


async def _changed(news: asyncio.Queue[object]) -> bool:
    """Wait for a change, and for those that come with it; False when there will be none any more."""
    every = [await news.get()]
    await asyncio.sleep(TOGETHER)
    while not news.empty():
        every.append(news.get_nowait())
    return None not in every


def _json(body: object, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, headers=SAFE, dumps=lambda data: json.dumps(data, default=str))
