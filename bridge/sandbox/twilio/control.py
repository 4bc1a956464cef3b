"""The control API below /_/: what a page or a demo in another process does with the pretender.

| address          | body or query                                  | does                                |
|------------------|------------------------------------------------|-------------------------------------|
| GET  /_/state    |                                                | everything, without secrets         |
| GET  /_/events   |                                                | server-sent events, one per change  |
| GET  /_/file     | ?phone=+1..&sid=MM..&index=0                   | a file in the thread of a phone     |
| POST /_/text     | from, to, body, media: [content_type, base64]  | a person texts the firm             |
| POST /_/fail     | what, times, status, ... as `fail` takes them  | the next API requests go wrong      |
| POST /_/heal     |                                                | nothing goes wrong any more         |
| POST /_/phone    | phone, on: true or false                       | a phone is switched on or off       |
| POST /_/settings | duplicates, disorder, lose_status, status_delay| turns knobs, says how they stand    |

Bodies are JSON and must say so, which keeps forms of foreign web pages out.
"""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from . import state
from .records import PretendMedia

if TYPE_CHECKING:
    from .pretender import PretendTwilio

Asked = dict[str, Any]
MOST_FILES = 10  # of one text


async def text(twilio: "PretendTwilio", asked: Asked) -> Asked:
    """A person texts the firm."""
    files = [PretendMedia(base64.b64decode(one["base64"]), one["content_type"]) for one in asked.get("media", [])]
    return {"sid": await twilio.text(asked["from"], asked["to"], asked.get("body", ""), media=files)}


async def fail(twilio: "PretendTwilio", asked: Asked) -> Asked:
    """The next API requests go wrong."""
    twilio.fail(**asked)
    return {}


async def heal(twilio: "PretendTwilio", asked: Asked) -> Asked:
    """Nothing goes wrong any more."""
    twilio.heal()
    return asked


async def phone(twilio: "PretendTwilio", asked: Asked) -> Asked:
    """Switch a phone on or off."""
    if asked.get("on", True):
        twilio.phone_on(asked["phone"])
    else:
        twilio.phone_off(asked["phone"])
    return {}


async def settings(twilio: "PretendTwilio", asked: Asked) -> Asked:
    """Turn knobs; say how all of them stand."""
    known = state.settings(twilio)
    if set(asked) - set(known):
        raise ValueError(f"no such setting: {min(set(asked) - set(known))}")
    for name, value in asked.items():
        setattr(twilio, name, type(known[name])(value))
    return state.settings(twilio)


ACTIONS: dict[str, Callable[["PretendTwilio", Asked], Awaitable[Asked]]] = {
    "text": text,
    "fail": fail,
    "heal": heal,
    "phone": phone,
    "settings": settings,
}


def add_routes(app: web.Application, twilio: "PretendTwilio") -> None:
    """Put the control API beside the API proper."""

    async def show(_: web.Request) -> web.Response:
        return web.json_response(state.everything(twilio))

    async def act(request: web.Request) -> web.Response:
        return await _act(twilio, request)

    async def events(request: web.Request) -> web.StreamResponse:
        return await _events(twilio, request)

    async def file(request: web.Request) -> web.Response:
        return _file(twilio, request)

    app.router.add_get("/_/state", show)
    app.router.add_get("/_/events", events)
    app.router.add_get("/_/file", file)
    app.router.add_post("/_/{action}", act)


async def _act(twilio: "PretendTwilio", request: web.Request) -> web.Response:
    """Do one of the actions; a mistake in the request comes back as a sentence."""
    action = ACTIONS.get(request.match_info["action"])
    if action is None:
        return web.json_response({"error": "no such action"}, status=404)
    try:
        asked = await request.json()
        if not isinstance(asked, dict):
            raise TypeError("the body must be a JSON object")
        return web.json_response(await action(twilio, asked))
    except (KeyError, TypeError, ValueError) as error:
        return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)


def _file(twilio: "PretendTwilio", request: web.Request) -> web.Response:
    """A file as it lies on a phone. The browser must not take it for more than a picture."""
    thread = twilio.threads.get(request.query.get("phone", ""), [])
    index = request.query.get("index", "0")
    place = int(index) if index.isascii() and index.isdigit() else MOST_FILES
    for message in thread:
        if message.sid == request.query.get("sid") and place < len(message.media):
            media = message.media[place]
            headers = {"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox"}
            return web.Response(body=media.content, headers={**headers, "Content-Type": media.content_type})
    return web.json_response({"error": "no such file"}, status=404)


async def _events(twilio: "PretendTwilio", request: web.Request) -> web.StreamResponse:
    """Tell about changes until either side leaves."""
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(1000)
    twilio.listeners.add(queue)
    try:
        await answer.prepare(request)
        await answer.write(b": ready\n\n")
        while (event := await queue.get()) is not None:
            await answer.write(f"data: {json.dumps(event)}\n\n".encode())
    except ConnectionResetError:
        pass
    finally:
        twilio.listeners.discard(queue)
    return answer
