"""Pictures that staff attached, for Twilio to fetch: one signed link opens one picture, until it expires."""

from aiohttp import web

from bridge.services import outgoing_pictures
from bridge.services.deps import Deps


class MediaDoor:
    """Hands out a picture, or 404 for whatever is not exactly a link of ours."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps

    async def fetch(self, request: web.Request) -> web.Response:
        part = request.match_info
        found = await outgoing_pictures.handed_out(
            self._deps,
            int(part["firm_id"]),
            int(part["picture_id"]),
            int(part["until"]),
            part["signature"],
            self._deps.clock(),
        )
        if found is None:
            raise web.HTTPNotFound(text="no such picture")
        content, media_type = found
        return web.Response(body=content, content_type=media_type, headers={"X-Content-Type-Options": "nosniff"})
