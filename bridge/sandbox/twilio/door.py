"""The front door of the API: who asks, what for, and whether something is to go wrong."""

import base64
import binascii
import hmac
import time
from collections.abc import Awaitable, Callable
from functools import partial

from aiohttp import web
from multidict import MultiDict

from . import files
from .call import Call
from .faults import Fault, suffer, take
from .records import Account, ApiRequest
from .refused import CutError, RefusedError
from .routes import ROUTES, Route
from .world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Work = Callable[[web.Request, ApiRequest], Awaitable[web.Response]]


def add_routes(app: web.Application, world: World, faults: list[Fault]) -> None:
    """Put the whole API under its base URL. Any address not on the list is unknown to Twilio too."""
    for route in ROUTES:
        handler = _handler(world, route.name, partial(_operate, world, faults, route))
        app.router.add_route(route.method, route.path, handler)
    app.router.add_get("/cdn/{account}/{sid}", _handler(world, "cdn", partial(_serve_file, world, faults)))
    app.router.add_route("*", "/{tail:.*}", _handler(world, "unknown", _nowhere))


def _handler(world: World, name: str, work: Work) -> Handler:
    """An address as aiohttp wants it: everything noted, refusals as JSON, cut connections cut."""

    async def handle(request: web.Request) -> web.StreamResponse:
        began = time.perf_counter()
        note = await _note(world, request, name)
        try:
            answer = await work(request, note)
            note.status = answer.status
            return answer
        except RefusedError as refusal:
            note.status = refusal.status
            return refusal.answer()
        except CutError:
            return _cut(request)
        finally:
            note.ms = (time.perf_counter() - began) * 1000
            world.announce("request", operation=name, status=note.status)

    return handle


async def _note(world: World, request: web.Request, operation: str) -> ApiRequest:
    """Remember a request as it arrives."""
    params: MultiDict[str] = MultiDict(request.query)
    if request.method == "POST":
        params.extend((name, value) for name, value in (await request.post()).items() if isinstance(value, str))
    note = ApiRequest(request.method, request.path, params, world.now(), operation)
    world.requests.append(note)
    return note


async def _operate(
    world: World, faults: list[Fault], route: Route, request: web.Request, note: ApiRequest
) -> web.Response:
    """Authorise, then do what was asked, unless a fault comes in between."""
    parts = dict(request.match_info)
    account = authorise(world, request, parts.get("AccountSid"))
    if route.name == "account" and parts["Sid"] != account.sid:
        raise RefusedError(20404)
    note.authorised = True
    call = Call(world, account, request.path, parts, note.params)
    fault = take(faults, {route.name, route.group, "*"}, call)
    return await suffer(fault, call, route.operation, partial(_gone, request))


async def _serve_file(world: World, faults: list[Fault], request: web.Request, note: ApiRequest) -> web.Response:
    """The bytes of a file, which need no account: the link is the permission."""
    account = world.accounts.get(request.match_info["account"])
    if account is None:
        raise RefusedError(20404)
    call = Call(world, account, request.path, dict(request.match_info), note.params)

    async def serve(_: Call) -> web.Response:
        return files.serve(world, request)

    return await suffer(take(faults, {"cdn", "*"}, call), call, serve, partial(_gone, request))


async def _nowhere(request: web.Request, _: ApiRequest) -> web.Response:
    raise RefusedError(20404, f"The requested resource {request.path} was not found")


def _gone(request: web.Request) -> bool:
    """Whether the other side has hung up."""
    return request.transport is None or request.transport.is_closing()


def _cut(request: web.Request) -> web.StreamResponse:
    """Close the connection without a word."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def authorise(world: World, request: web.Request, account_sid: str | None) -> Account:
    """Basic auth: AccountSid and token (primary or secondary), or an API key and its secret."""
    user, secret = _credentials(request.headers.get("Authorization", ""))
    for account in world.accounts.values():
        tokens = [account.auth_token, account.secondary_token] if user == account.sid else [account.keys.get(user)]
        for token in tokens:
            if (
                token
                and hmac.compare_digest(token.encode(), secret.encode())
                and account_sid in {None, account.sid}
            ):
                return account
    raise RefusedError(20003, headers={"WWW-Authenticate": 'Basic realm="Twilio API"'})


def _credentials(header: str) -> tuple[str, str]:
    """User and password of a Basic header, or nothing."""
    scheme, _, encoded = header.partition(" ")
    try:
        decoded = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    user, _, secret = decoded.partition(":")
    return (user, secret) if scheme.lower() == "basic" else ("", "")
