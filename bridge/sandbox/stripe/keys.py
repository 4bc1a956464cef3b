"""Idempotency keys: the first answer is kept for a day, a refusal as well, and given again to the same request."""

import json
from collections.abc import Awaitable, Callable

from aiohttp import web

from .records import ApiRequest, Kept, Thing
from .refused import RefusedError
from .world import World

KEPT = 86400  # seconds; Stripe promises at least that
Work = Callable[[], Awaitable[Thing]]


async def once(world: World, note: ApiRequest, raw: Thing, work: Work) -> web.Response:
    """Do it, or answer as before. Raises RefusedError.

    Nothing is kept of what was refused before anything was done: parameters that are wrong, and requests that came
    while the first one was under way.
    """
    if note.method != "POST" or not note.key:
        return _json(200, _bytes(await work()))
    asked = (note.path, json.dumps(raw, sort_keys=True))
    kept = world.keys.get(note.key)
    if kept is not None and kept.at > world.stamp() - KEPT:
        return _again(note, kept, asked)
    kept = world.keys[note.key] = Kept(asked, world.stamp())
    try:
        kept.status, kept.body = 200, _bytes(await work())
    except RefusedError as refusal:
        if refusal.is_kept:
            kept.status, kept.body = refusal.status, _bytes(refusal.body)
        raise
    finally:
        if not kept.body:
            world.keys.pop(note.key, None)
    return _json(kept.status, kept.body)


def _again(note: ApiRequest, kept: Kept, asked: tuple[str, str]) -> web.Response:
    if kept.asked != asked:
        raise RefusedError(
            400,
            "Keys for idempotent requests can only be used with the same parameters they were first used with. "
            f"Try using a key other than '{note.key}' if you meant to execute a different request.",
            kind="idempotency_error",
            is_kept=False,
        )
    if not kept.body:
        raise RefusedError(
            409,
            "There is currently another in-progress request using this Idempotent Key (that probably means you "
            f"submitted twice, and the other request is still going through): {note.key}.",
            kind="idempotency_error",
            code="idempotency_key_in_use",
            is_kept=False,
        )
    note.is_replay = True
    return _json(kept.status, kept.body, {"Idempotent-Replayed": "true"})


def _bytes(thing: Thing) -> bytes:
    return json.dumps(thing, indent=2).encode()


def _json(status: int, body: bytes, headers: dict[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=body, content_type="application/json", headers=headers)
