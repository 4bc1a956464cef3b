"""What happened: an event for each change, kept for thirty days and sent to whoever asked for its kind."""

import copy
from typing import Any

from . import deliveries
from .call import Call, listed
from .records import Thing, new_id
from .world import VERSION, World

KEPT = 30 * 86400  # seconds


def tell(world: World, kind: str, thing: Thing, before: Thing | None = None) -> None:
    """An event about a resource as it is now; `before` is what it was, of a change."""
    data: Thing = {"object": copy.deepcopy(thing)}
    if before is not None:
        data["previous_attributes"] = {
            name: value for name, value in before.items() if thing.get(name, ...) != value
        }
    event: Thing = {
        "id": new_id("evt"),
        "object": "event",
        "api_version": VERSION,
        "created": world.stamp(),
        "data": data,
        "livemode": False,
        "pending_webhooks": len(deliveries.who_wants(world, kind)),
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }
    world.events[event["id"]] = event
    world.announce("event", type=kind, id=thing.get("id"))
    deliveries.post(world, event)


def change(world: World, kind: str, thing: Thing, **new: Any) -> None:
    """Change a resource, and tell it if it is another one then."""
    before = copy.deepcopy(thing)
    thing.update(new)
    if thing != before:
        tell(world, kind, thing, before)


def retrieve(call: Call) -> Thing:
    """One event."""
    return call.named({event["id"]: event for event in _kept(call.world)}, "event")


def listing(call: Call) -> Thing:
    """Events, newest first, of these types; * at the end of one stands for all that begin so."""
    wanted = call.get("types") or ([call.get("type")] if call.get("type") else ["*"])
    return listed(call, [each for each in _kept(call.world) if deliveries.is_wanted(each["type"], wanted)])


def _kept(world: World) -> list[Thing]:
    return [event for event in world.events.values() if event["created"] > world.stamp() - KEPT]
