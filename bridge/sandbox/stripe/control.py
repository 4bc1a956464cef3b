"""The control API below /_/: what a page or a demo in another process does with the pretender.

| address          | body                                           | does                                  |
|------------------|------------------------------------------------|---------------------------------------|
| GET  /_/state    |                                                | everything, without secrets           |
| GET  /_/events   |                                                | server-sent events, one per change    |
| POST /_/card     | customer, number, default                      | somebody adds a card                  |
| POST /_/remove   | card                                           | somebody removes one                  |
| POST /_/fate     | card, fate as in `magic.Fate`                  | its bank thinks otherwise             |
| POST /_/pay      | invoice                                        | its owner pays an invoice, confirming |
| POST /_/skip     | days, hours, minutes, seconds                  | time passes                           |
| POST /_/fail     | what, times, status, ... as `fail` takes them  | the next API requests go wrong        |
| POST /_/heal     |                                                | nothing goes wrong any more           |
| POST /_/settings | duplicates, disorder                           | turns knobs, says how they stand      |

Bodies are JSON and must say so, which keeps forms of foreign web pages out.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from .magic import CARDS, Fate
from .refused import RefusedError

if TYPE_CHECKING:
    from .pretender import PretendStripe

Asked = dict[str, Any]
KNOBS = ("duplicates", "disorder")


async def card(stripe: "PretendStripe", asked: Asked) -> Asked:
    """Somebody adds a card."""
    id_ = stripe.add_card(asked["customer"], asked["number"], default=bool(asked.get("default", True)))
    return {"card": id_}


async def remove(stripe: "PretendStripe", asked: Asked) -> Asked:
    """Somebody removes a card."""
    stripe.remove_card(asked["card"])
    return {}


async def fate(stripe: "PretendStripe", asked: Asked) -> Asked:
    """A card's bank thinks otherwise from now on."""
    if asked["card"] not in stripe.cards:
        raise ValueError("no such card")
    stripe.fates[asked["card"]] = Fate(asked["fate"])
    return {}


async def pay(stripe: "PretendStripe", asked: Asked) -> Asked:
    """Somebody pays an invoice on its page."""
    stripe.confirm(asked["invoice"])
    return {"status": stripe.invoices[asked["invoice"]]["status"]}


async def skip(stripe: "PretendStripe", asked: Asked) -> Asked:
    """Time passes."""
    await stripe.skip(**{name: float(value) for name, value in asked.items()})
    return {"now": stripe.stamp()}


async def fail(stripe: "PretendStripe", asked: Asked) -> Asked:
    """The next API requests go wrong."""
    stripe.fail(**asked)
    return {}


async def heal(stripe: "PretendStripe", asked: Asked) -> Asked:
    """Nothing goes wrong any more."""
    stripe.heal()
    return asked


async def settings(stripe: "PretendStripe", asked: Asked) -> Asked:
    """Turn knobs; say how all of them stand."""
    if set(asked) - set(KNOBS):
        raise ValueError(f"no such setting: {min(set(asked) - set(KNOBS))}")
    for name, value in asked.items():
        setattr(stripe, name, type(getattr(stripe, name))(value))
    return {name: getattr(stripe, name) for name in KNOBS}


ACTIONS: dict[str, Callable[["PretendStripe", Asked], Awaitable[Asked]]] = {
    act.__name__: act for act in (card, remove, fate, pay, skip, fail, heal, settings)
}


def add_routes(app: web.Application, stripe: "PretendStripe") -> None:
    """Put the control API beside the API proper."""

    async def show(_: web.Request) -> web.Response:
        return web.json_response(state(stripe))

    async def act(request: web.Request) -> web.Response:
        return await _act(stripe, request)

    async def news(request: web.Request) -> web.StreamResponse:
        return await _news(stripe, request)

    app.router.add_get("/_/state", show)
    app.router.add_get("/_/events", news)
    app.router.add_post("/_/{action}", act)


def state(stripe: "PretendStripe") -> Asked:
    """What GET /_/state answers. Links into the portal and secrets of endpoints are not in it."""
    kinds = ("customers", "cards", "prices", "meters", "subscriptions", "invoices", "endpoints", "events")
    return {
        "url": stripe.url,
        "now": stripe.stamp(),
        "settings": {name: getattr(stripe, name) for name in KNOBS},
        "magic": {number: kind.fate.value for number, kind in CARDS.items()},
        **{kind: list(getattr(stripe, kind).values()) for kind in kinds},
        "webhooks": [
            {name: getattr(one, name) for name in ("event_id", "type", "url", "attempt", "status", "error")}
            for one in stripe.deliveries
        ],
        "requests": [
            {name: getattr(one, name) for name in ("method", "path", "operation", "authorised", "status", "ms")}
            for one in stripe.requests
        ],
    }


async def _act(stripe: "PretendStripe", request: web.Request) -> web.Response:
    """Do one of the actions; a mistake in the request comes back as a sentence."""
    action = ACTIONS.get(request.match_info["action"])
    if action is None:
        return web.json_response({"error": "no such action"}, status=404)
    try:
        asked = await request.json()
        if not isinstance(asked, dict):
            raise TypeError("the body must be a JSON object")
        return web.json_response(await action(stripe, asked))
    except RefusedError as refusal:
        return web.json_response({"error": refusal.message}, status=402)
    except (KeyError, TypeError, ValueError) as error:
        return web.json_response({"error": f"{type(error).__name__}: {error}"}, status=400)


async def _news(stripe: "PretendStripe", request: web.Request) -> web.StreamResponse:
    """Tell about changes until either side leaves."""
    answer = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    queue: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue(1000)
    stripe.listeners.add(queue)
    try:
        await answer.prepare(request)
        await answer.write(b": ready\n\n")
        while (event := await queue.get()) is not None:
            await answer.write(f"data: {json.dumps(event)}\n\n".encode())
    except ConnectionResetError:
        pass
    finally:
        stripe.listeners.discard(queue)
    return answer
