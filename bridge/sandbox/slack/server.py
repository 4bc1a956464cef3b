"""A Slack of our own on loopback: workspaces, people and channels, the Web API, and events to the app."""

import time
from email.utils import formatdate

from aiohttp import web

from bridge.sandbox.guard import only_from_here
from bridge.sandbox.slack import control, files, responses, webapi
from bridge.sandbox.slack.acts import Acts
from bridge.sandbox.slack.changes import Changes
from bridge.sandbox.slack.modal_acts import ModalActs
from bridge.sandbox.slack.reading import Reading
from bridge.sandbox.slack.setup import Setup

_LARGEST_UPLOAD = 64 * 1024 * 1024


class PretendSlack(Setup, Acts, Changes, ModalActs, Reading):
    """What the app believes to be Slack. Everything it learns, it learns by HTTP.

    Not played: Socket Mode, OAuth, Enterprise Grid, group messages, slash commands of other apps.
    """

    _runner: web.AppRunner | None = None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, and return the base URL; the Web API is below it at /api/."""
        app = web.Application(middlewares=[only_from_here("/_/")], client_max_size=_LARGEST_UPLOAD)
        app.add_routes(self._routes())
        app.on_response_prepare.append(self._date)
        self.stopping.clear()
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        address = self._runner.addresses[0]
        self.url = f"http://{address[0]}:{address[1]}"
        self.postman.open()
        return self.url

    async def stop(self) -> None:
        """Close everything; deliveries under way are given up."""
        self.stopping.set()
        for watcher in self.watchers:
            watcher.put_nowait(None)
        await self.postman.close()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def settled(self) -> None:
        """Wait until every queued delivery, retries included, has ended."""
        await self.postman.settled()

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        if self.date_ahead:
            response.headers["Date"] = formatdate(time.time() + self.date_ahead, usegmt=True)

    def _routes(self) -> list[web.RouteDef]:
        async def call(request: web.Request) -> web.StreamResponse:
            return await webapi.answer_call(self, request)

        async def upload(request: web.Request) -> web.Response:
            return await files.receive_bytes(self, request)

        async def download(request: web.Request) -> web.Response:
            return await files.hand_out(self, request)

        async def respond(request: web.Request) -> web.Response:
            return await responses.respond(self, request)

        private = "/files-pri/{team_id:[^-/]+}-{file_id:[^-/]+}"
        return [
            web.get("/api/{method}", call),
            web.post("/api/{method}", call),
            web.post("/upload/v1/{team_id}/{file_id}", upload),
            web.get(private + "/{name}", download),
            web.get(private + "/download/{name}", download),
            web.post("/response/{path}", respond),
            *control.routes(self),
        ]
