"""What usage is measured with."""

from .call import Call, listed
from .records import Thing, new_id
from .refused import conflict


def create(call: Call) -> Thing:
    """A meter. Everything but its name on the page stays as it is for good."""
    world, name = call.world, call.params["event_name"]
    if len(name) > 100:
        raise conflict("Event names have at most 100 characters.", param="event_name")
    if any(meter["event_name"] == name and meter["status"] == "active" for meter in world.meters.values()):
        raise conflict(f"A meter with the event name {name} already exists.", param="event_name")
    meter: Thing = {
        "id": new_id("mtr"),
        "object": "billing.meter",
        "created": world.stamp(),
        "customer_mapping": call.get(
            "customer_mapping", {"event_payload_key": "stripe_customer_id", "type": "by_id"}
        ),
        "default_aggregation": call.params["default_aggregation"],
        "display_name": call.params["display_name"],
        "event_name": name,
        "event_time_window": None,
        "livemode": False,
        "status": "active",
        "status_transitions": {"deactivated_at": None},
        "updated": world.stamp(),
        "value_settings": call.get("value_settings", {"event_payload_key": "value"}),
    }
    world.meters[meter["id"]] = meter
    return meter


def retrieve(call: Call) -> Thing:
    """One meter."""
    return call.named(call.world.meters, "meter")


def update(call: Call) -> Thing:
    """Another name on the page."""
    meter = retrieve(call)
    meter.update(updated=call.world.stamp(), display_name=call.get("display_name", meter["display_name"]))
    return meter


def deactivate(call: Call) -> Thing:
    """From now on its events come to nothing."""
    meter = retrieve(call)
    if meter["status"] == "inactive":
        raise conflict("The meter is already inactive.")
    meter.update(status="inactive", status_transitions={"deactivated_at": call.world.stamp()})
    return meter


def reactivate(call: Call) -> Thing:
    """From now on its events count again."""
    meter = retrieve(call)
    if meter["status"] == "active":
        raise conflict("The meter is already active.")
    meter.update(status="active", status_transitions={"deactivated_at": None})
    return meter


def listing(call: Call) -> Thing:
    """Meters, newest first."""
    status = call.get("status")
    return listed(call, [each for each in call.world.meters.values() if status in (None, each["status"])])
