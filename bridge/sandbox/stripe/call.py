"""An API request as an operation sees it, and what every operation shares: looking up, listing, expanding."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .records import Thing
from .refused import conflict, malformed, missing
from .world import World

MOST = 100  # rows of a list in one answer


@dataclass(frozen=True)
class Call:
    """One authorised request: which operation, on what, with what parameters."""

    world: World
    operation: str
    path: str
    id: str  # of what the address names, or empty
    params: Thing

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter."""
        return self.params.get(name, default)

    def named(self, things: Mapping[str, Thing], what: str) -> Thing:
        """What the address names. Raises RefusedError."""
        if self.id not in things:
            raise missing(what, self.id)
        return things[self.id]

    def chosen(self, name: str, things: Mapping[str, Thing], what: str) -> Thing:
        """What a parameter names. Raises RefusedError."""
        id_ = str(self.params.get(name, ""))
        if id_ not in things or things[id_].get("deleted"):
            raise missing(what, id_, name, 400)
        return things[id_]


def listed(call: Call, found: Iterable[Thing]) -> Thing:
    """A page of what was found, which comes oldest first and is shown newest first."""
    span, rows = call.get("created", {}), list(found)[::-1]
    rows = [row for row in rows if _within(span, row.get("created", 0))]
    limit = call.get("limit", 10)
    if not 1 <= limit <= MOST:
        raise malformed("This value must be between 1 and 100.", "limit")
    ids = [row["id"] for row in rows]
    after, before = call.get("starting_after"), call.get("ending_before")
    for cursor, name in ((after, "starting_after"), (before, "ending_before")):
        if cursor is not None and cursor not in ids:
            raise missing("object", cursor, name, 400)
    if after is not None:
        rows = rows[ids.index(after) + 1 :]
    if before is not None:
        rows = rows[: ids.index(before)][-limit:]
    return {"object": "list", "data": rows[:limit], "has_more": len(rows) > limit, "url": call.path}


def _within(span: Mapping[str, int], stamp: int) -> bool:
    return (
        stamp > span.get("gt", stamp - 1)
        and stamp >= span.get("gte", stamp)
        and stamp < span.get("lt", stamp + 1)
        and stamp <= span.get("lte", stamp)
    )


def expanded(world: World, thing: Thing, paths: Iterable[str]) -> Thing:
    """A copy in which what these paths name stands in full instead of its id."""
    for path in paths:
        thing = _expand(world, thing, path.split("."), path)
    return thing


def _expand(world: World, thing: Any, parts: list[str], path: str) -> Any:
    if isinstance(thing, list):
        return [_expand(world, each, parts, path) for each in thing]
    if not parts or thing is None or (isinstance(thing, dict) and thing.get("deleted")):
        return thing
    if not isinstance(thing, dict) or (parts[0] not in thing and parts[0] != "confirmation_secret"):
        raise conflict(f"This property cannot be expanded ({path}).", param="expand")
    inner = thing.get(parts[0])
    if parts[0] == "confirmation_secret" and thing["object"] == "invoice":
        inner = {"client_secret": f"pi_{thing['id'][3:]}_secret_pretend", "type": "payment_intent"}
    elif isinstance(inner, str):
        inner = _in_full(world, inner, path)
    return {**thing, parts[0]: _expand(world, inner, parts[1:], path)}


def _in_full(world: World, id_: str, path: str) -> Thing:
    for things in (
        world.customers, world.cards, world.products, world.prices, world.subscriptions, world.invoices,
        world.configurations,
    ):  # fmt: skip
        if id_ in things:
            return things[id_]
    raise conflict(f"This property cannot be expanded ({path}).", param="expand")
