"""What a subscription consists of: each item has a price, and the billing period stands with it."""

from .call import Call
from .months import end_of
from .records import Thing, new_id
from .refused import conflict, missing


def item(call: Call, subscription: str, place: int, given: Thing) -> Thing:
    """One of the things that are subscribed to. Its place among them is for what a refusal says."""
    world, now = call.world, call.world.stamp()
    price = world.prices.get(given.get("price", ""))
    if price is None:
        raise missing("price", given.get("price", ""), f"items[{place}][price]", 400)
    if not price["active"]:
        raise conflict("The price specified is inactive.", param=f"items[{place}][price]")
    if price["recurring"] is None:
        raise conflict("The price specified is not recurring.", param=f"items[{place}][price]")
    metered = price["recurring"]["usage_type"] == "metered"
    if metered and "quantity" in given:
        raise conflict(
            f"You cannot set the quantity for metered plan `{price['id']}`.", param=f"items[{place}][quantity]"
        )
    made: Thing = {
        "id": new_id("si"),
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": now,
        "current_period_end": end_of(now, now, price["recurring"]["interval_count"]),
        "current_period_start": now,
        "discounts": [],
        "metadata": dict(given.get("metadata", {})),
        "plan": _plan(price),
        "price": dict(price),
        "subscription": subscription,
        "tax_rates": [],
    }
    return made if metered else {**made, "quantity": given.get("quantity", 1)}


def _plan(price: Thing) -> Thing:
    """What a price was called before, which still comes along."""
    same = ("active", "billing_scheme", "created", "currency", "id", "livemode", "metadata", "nickname", "product")
    recurring = price["recurring"]
    return {
        **{name: price[name] for name in same},
        "object": "plan",
        "amount": price["unit_amount"],
        "amount_decimal": price["unit_amount_decimal"],
        "interval": recurring["interval"],
        "interval_count": recurring["interval_count"],
        "meter": recurring["meter"],
        "tiers_mode": price["tiers_mode"],
        "transform_usage": None,
        "trial_period_days": None,
        "usage_type": recurring["usage_type"],
    }
