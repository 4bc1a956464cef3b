"""Usage: meter events, which are taken at once and counted later, and their sums.

An answer of 200 says only that an event was taken. One that cannot be counted is thrown away, and only an event of
another kind would tell, which is not sent here: see `World.thrown_away`.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from .call import Call, listed
from .records import Thing, Usage, Wrong, new_id
from .refused import RefusedError, conflict, malformed, missing
from .world import World

OLDEST, AHEAD, UNIQUE = 35 * 86400, 300, 86400  # seconds
_WINDOWS = {"hour": 3600, "day": 86400}


async def create(call: Call) -> Thing:
    """Take an event. One at a time for each customer and meter; an identifier is taken once in a day."""
    world, name = call.world, call.params["event_name"]
    identifier = call.get("identifier") or new_id("evt")
    if len(name) > 100 or not 0 < len(identifier) <= 100:
        raise malformed("Names and identifiers have at most 100 characters.", "identifier")
    meter = next((each for each in world.meters.values() if each["event_name"] == name), None)
    turn = (name, _customer(meter, call.params["payload"]))
    if turn in world.taking:
        raise RefusedError(429, "Too many concurrent requests.", code="lock_timeout", is_kept=False)
    world.taking.add(turn)
    try:
        await world.pause(world.usage_work)
        return _take(call, meter, identifier)
    finally:
        world.taking.discard(turn)


def _customer(meter: Thing | None, payload: Thing) -> str:
    key = meter["customer_mapping"]["event_payload_key"] if meter else "stripe_customer_id"
    return str(payload.get(key, ""))


def _take(call: Call, meter: Thing | None, identifier: str) -> Thing:
    world, name, payload = call.world, call.params["event_name"], call.params["payload"]
    stamp = call.get("timestamp", world.stamp())
    since = world.stamp() - UNIQUE
    if any((u.event_name, u.identifier) == (name, identifier) and u.received_at > since for u in world.usage):
        raise conflict(f"An event already exists with identifier {identifier}.", param="identifier")
    wrong = _wrong(world, meter, payload, stamp)
    if wrong is not None:
        world.thrown_away.append(Wrong(wrong, identifier, name))
    value = Decimal(0) if meter is None or wrong else Decimal(payload[meter["value_settings"]["event_payload_key"]])
    customer, known = _customer(meter, payload), world.now() + world.usage_lag
    world.usage.append(
        Usage(name, identifier, customer, value, stamp, world.stamp(), known, is_canceled=bool(wrong))
    )
    world.announce("usage", event_name=name)
    return {
        "object": "billing.meter_event",
        "created": world.stamp(),
        "event_name": name,
        "identifier": identifier,
        "livemode": False,
        "payload": payload,
        "timestamp": stamp,
    }


def _wrong(world: World, meter: Thing | None, payload: Thing, stamp: int) -> str | None:
    """Why an event comes to nothing, in the words of the error report."""
    if meter is None:
        return "no_meter"
    if meter["status"] != "active":
        return "archived_meter"
    if not (customer := _customer(meter, payload)):
        return "meter_event_no_customer_defined"
    if customer not in world.customers or world.customers[customer].get("deleted"):
        return "meter_event_customer_not_found"
    if stamp < world.stamp() - OLDEST:
        return "timestamp_too_far_in_past"
    if stamp > world.stamp() + AHEAD:
        return "timestamp_in_future"
    try:
        value = Decimal(payload[meter["value_settings"]["event_payload_key"]])
    except (KeyError, InvalidOperation):
        return "meter_event_invalid_value"
    return None if value.is_finite() else "meter_event_invalid_value"


def cancel(call: Call) -> Thing:
    """Take an event back, within a day of its arrival."""
    world, name = call.world, call.params["event_name"]
    identifier = call.get("cancel", {}).get("identifier")
    if not identifier:
        raise malformed("Missing required param: cancel[identifier].", "cancel[identifier]", "parameter_missing")
    since = world.stamp() - UNIQUE
    for one in world.usage:
        if (one.event_name, one.identifier) == (name, identifier) and one.received_at > since:
            one.is_canceled = True
            return {
                "object": "billing.meter_event_adjustment",
                "cancel": {"identifier": identifier},
                "event_name": name,
                "livemode": False,
                "status": "pending",
                "type": "cancel",
            }
    raise missing("meter event", identifier, "cancel[identifier]", 400)


def counted(world: World, event_name: str, customer: str, start: int, end: int) -> Iterator[Usage]:
    """The events from `start` until before `end` that count by now."""
    for one in world.usage:
        is_theirs = (one.event_name, one.customer) == (event_name, customer)
        if is_theirs and start <= one.timestamp < end and one.known_at <= world.now() and not one.is_canceled:
            yield one


def used(world: World, meter: Thing, customer: str, start: int, end: int) -> Decimal:
    """What a meter shows for a customer and a time."""
    values = [one.value for one in counted(world, meter["event_name"], customer, start, end)]
    formula = meter["default_aggregation"]["formula"]
    if formula == "count":
        return Decimal(len(values))
    return values[-1] if formula == "last" and values else sum(values, Decimal(0))


def summaries(call: Call) -> Thing:
    """Sums of a time, in windows that begin where the clock's hours or days do."""
    meter = call.named(call.world.meters, "meter")
    customer = call.chosen("customer", call.world.customers, "customer")["id"]
    start, end = call.params["start_time"], call.params["end_time"]
    window = _WINDOWS.get(call.get("value_grouping_window", ""), 0)
    for stamp, name in ((start, "start_time"), (end, "end_time")):
        if stamp % (window or 60):
            raise malformed(f"{name} must be aligned with {'window' if window else 'minute'} boundaries.", name)
    if start >= end:
        raise malformed("end_time must be after start_time.", "end_time")
    edges = range(start, end, window or end - start)
    rows = [_summary(call.world, meter, customer, edge, min(edge + (window or end - start), end)) for edge in edges]
    return listed(call, [row for row in rows if row["aggregated_value"]])


def _summary(world: World, meter: Thing, customer: str, start: int, end: int) -> Thing:
    value = used(world, meter, customer, start, end)
    return {
        "id": f"mtrusg_{meter['id'][4:]}_{start}",
        "object": "billing.meter_event_summary",
        "aggregated_value": int(value) if value % 1 == 0 else float(value),
        "end_time": end,
        "livemode": False,
        "meter": meter["id"],
        "start_time": start,
    }
