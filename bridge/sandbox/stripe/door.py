"""The front door of the API: who asks, in which version, what for, and whether something is to go wrong."""

import hmac
import inspect
import time
from collections.abc import Awaitable, Callable
from functools import partial
from urllib.parse import parse_qsl

from aiohttp import web

from . import keys
from .call import Call, expanded
from .diary import catch_up
from .faults import Fault, suffer, take
from .forms import read
from .params import checked
from .records import ApiRequest, Thing, new_id
from .refused import CutError, RefusedError
from .routes import ROUTES, Route
from .tables import TABLES
from .world import VERSION, World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def add_routes(app: web.Application, world: World, faults: list[Fault]) -> None:
    """Put the whole API under its base URL. Any address not on the list is unknown to Stripe too."""
    for route in ROUTES:
        app.router.add_route(route.method, route.path, _handler(world, faults, route))
    app.router.add_route("*", "/{tail:v[0-9]+/.*}", _handler(world, faults, None))


def _handler(world: World, faults: list[Fault], route: Route | None) -> Handler:
    """An address as aiohttp wants it: everything noted, refusals as JSON, cut connections cut."""

    async def handle(request: web.Request) -> web.StreamResponse:
        began = time.perf_counter()
        note = ApiRequest(
            request.method, request.path, {}, world.now(), route.name if route else "unknown",
            key=request.headers.get("Idempotency-Key", ""),
        )  # fmt: skip
        world.requests.append(note)
        try:
            answer = await _answer(world, faults, route, request, note)
        except RefusedError as refusal:
            answer = refusal.answer()
        except CutError as cut:
            return await _cut(request, cut)
        finally:
            note.ms = (time.perf_counter() - began) * 1000
        note.status = answer.status
        answer.headers["Request-Id"] = new_id("req")
        answer.headers["Stripe-Version"] = VERSION
        world.announce("request", operation=note.operation, status=note.status)
        return answer

    return handle


async def _answer(
    world: World, faults: list[Fault], route: Route | None, request: web.Request, note: ApiRequest
) -> web.Response:
    """Authorise, then do what was asked, unless a fault comes in between."""
    _authorise(world, request)
    note.authorised = True
    text = await request.text() if request.method == "POST" else request.query_string
    raw = note.params = read(parse_qsl(text, keep_blank_values=True))
    if route is None:
        sentence = f"Unrecognized request URL ({request.method}: {request.path})."
        raise RefusedError(404, sentence, is_kept=False)
    catch_up(world)
    work = partial(_work, world, route, request.match_info.get("id", ""), request.path, raw)
    fault = take(faults, {route.name, route.group, "*"})
    return await suffer(world, fault, note, lambda: keys.once(world, note, raw, work))


async def _work(world: World, route: Route, id_: str, path: str, raw: Thing) -> Thing:
    params = checked(TABLES[route.name], raw)
    done = route.operation(Call(world, route.name, path, id_, params))
    thing = await done if inspect.isawaitable(done) else done
    return expanded(world, thing, params.get("expand", []))


def _authorise(world: World, request: web.Request) -> None:
    """The key, and the version that the resources here are shaped after."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not hmac.compare_digest(key.encode(), world.api_key.encode()):
        shown = f"{key[:8]}***{key[-4:]}" if len(key) > 12 else "***"
        raise RefusedError(401, f"Invalid API Key provided: {shown}", is_kept=False)
    version = request.headers.get("Stripe-Version")
    if version != VERSION:
        raise RefusedError(400, f"Invalid Stripe API version: {version}", is_kept=False)


async def _cut(request: web.Request, cut: CutError) -> web.StreamResponse:
    """Close the connection, without a word or in the middle of one."""
    if cut.answer is not None and isinstance(cut.answer.body, bytes):
        half = web.StreamResponse(status=cut.answer.status, headers={"Content-Type": "application/json"})
        half.content_length = len(cut.answer.body)
        await half.prepare(request)
        await half.write(cut.answer.body[: len(cut.answer.body) // 2])
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
