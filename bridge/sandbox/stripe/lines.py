"""What a period costs, line by line."""

from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from .records import Thing, new_id
from .usage import used
from .world import World


def is_metered(item: Thing) -> bool:
    """Whether an item is paid afterwards, by usage."""
    return bool(item["price"]["recurring"]["usage_type"] == "metered")


def flat(subscription: Thing, start: int, end: int) -> list[Thing]:
    """What is paid ahead for a period."""
    found = []
    for item in subscription["items"]["data"]:
        if not is_metered(item):
            each = Decimal(item["price"]["unit_amount_decimal"])
            what = f"{item['quantity']} × {item['price']['nickname'] or 'Pretend product'}"
            found.append(_line(subscription, item, what, item["quantity"], each, start, end))
    return found


def by_usage(world: World, subscription: Thing, start: int, end: int) -> list[Thing]:
    """What was used in a period, as far as it is known by now. Each step of a price has a line."""
    found = []
    for item in subscription["items"]["data"]:
        if is_metered(item):
            meter = world.meters[item["price"]["recurring"]["meter"]]
            units = used(world, meter, subscription["customer"], start, end)
            for step, quantity, each in _steps(world, item["price"], units):
                what = f"{quantity} × {item['price']['nickname'] or 'Pretend usage'} (Tier {step})"
                found.append(_line(subscription, item, what, int(quantity), each, start, end))
    return found


def _steps(world: World, price: Thing, units: Decimal) -> Iterator[tuple[int, Decimal, Decimal]]:
    """Number, units and price in cents of each step that was reached; the first one always is."""
    if price["billing_scheme"] == "per_unit":
        yield 1, units, Decimal(price["unit_amount_decimal"])
        return
    below = Decimal(0)
    for step, tier in enumerate(world.tiers[price["id"]], 1):
        top = units if tier["up_to"] is None else min(units, Decimal(tier["up_to"]))
        if step == 1 or top > below:
            yield step, top - below, tier["cents"]
        below = max(below, top)


def _line(subscription: Thing, item: Thing, what: str, quantity: int, each: Decimal, start: int, end: int) -> Thing:
    amount = int((each * quantity).quantize(Decimal(1), ROUND_HALF_UP))
    return {
        "id": new_id("il"),
        "object": "line_item",
        "amount": amount,
        "currency": item["price"]["currency"],
        "description": what,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "parent": {
            "invoice_item_details": None,
            "subscription_item_details": {
                "invoice_item": None,
                "proration": False,
                "proration_details": {"credited_items": None},
                "subscription": subscription["id"],
                "subscription_item": item["id"],
            },
            "type": "subscription_item_details",
        },
        "period": {"end": end, "start": start},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": item["price"]["id"], "product": item["price"]["product"]},
            "type": "price_details",
            "unit_amount_decimal": format(each.normalize(), "f"),
        },
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": subscription["id"],
        "subtotal": amount,
        "taxes": [],
    }
