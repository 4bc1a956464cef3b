"""What is sold, and for how much. A price cannot be edited: whoever wants another one makes another one."""

from decimal import Decimal
from typing import Any

from . import events
from .call import Call, listed
from .records import Thing, new_id
from .refused import conflict, malformed, missing
from .world import World


def create_product(call: Call) -> Thing:
    """Something to sell."""
    id_ = call.get("id") or new_id("prod")
    if id_ in call.world.products:
        raise conflict("Product already exists.", "resource_already_exists", "id")
    return _product(call.world, id_, **call.params)


def _product(world: World, id_: str, **given: Any) -> Thing:
    product: Thing = {
        "id": id_,
        "object": "product",
        "active": given.get("active", True),
        "created": world.stamp(),
        "default_price": None,
        "description": given.get("description"),
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": dict(given.get("metadata", {})),
        "name": given["name"],
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "type": "service",
        "unit_label": None,
        "updated": world.stamp(),
        "url": None,
    }
    world.products[id_] = product
    events.tell(world, "product.created", product)
    return product


def retrieve_product(call: Call) -> Thing:
    """One product."""
    return call.named(call.world.products, "product")


def update_product(call: Call) -> Thing:
    """Another name for it."""
    product = retrieve_product(call)
    new = {name: call.params[name] for name in ("name", "description", "active", "metadata") if name in call.params}
    events.change(call.world, "product.updated", product, **new)
    return product


def list_products(call: Call) -> Thing:
    """Products, newest first."""
    active, ids = call.get("active"), call.get("ids")
    rows = [each for each in call.world.products.values() if active is None or each["active"] == active]
    return listed(call, [each for each in rows if ids is None or each["id"] in ids])


def create(call: Call) -> Thing:
    """A price: so much for each, or in steps."""
    world, recurring = call.world, _recurring(call)
    key = call.get("lookup_key")
    _check_amounts(call)
    product = _sold(call)
    if key is not None:
        _free(world, key, transfer=call.get("transfer_lookup_key", False))
    scheme = call.get("billing_scheme", "per_unit")
    amount = _cents(call.params) if scheme == "per_unit" else None
    price: Thing = {
        "id": new_id("price"),
        "object": "price",
        "active": call.get("active", True),
        "billing_scheme": scheme,
        "created": world.stamp(),
        "currency": call.params["currency"].lower(),
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": key,
        "metadata": dict(call.get("metadata", {})),
        "nickname": call.get("nickname"),
        "product": product["id"],
        "recurring": recurring,
        "tax_behavior": "unspecified",
        "tiers_mode": call.get("tiers_mode"),
        "transform_quantity": None,
        "type": "recurring" if recurring else "one_time",
        "unit_amount": None if amount is None or amount % 1 else int(amount),
        "unit_amount_decimal": None if amount is None else _plain(amount),
    }
    world.prices[price["id"]] = price
    world.tiers[price["id"]] = [{"up_to": tier["up_to"], "cents": _cents(tier)} for tier in call.get("tiers", [])]
    events.tell(world, "price.created", price)
    return price


def _sold(call: Call) -> Thing:
    if "product_data" in call.params:
        return _product(call.world, new_id("prod"), name=call.params["product_data"]["name"])
    if "product" not in call.params:
        raise malformed("You must specify either `product` or `product_data` when creating a price.", "product")
    return call.chosen("product", call.world.products, "product")


def _recurring(call: Call) -> Thing | None:
    given = call.get("recurring")
    if given is None:
        return None
    usage_type, meter = given.get("usage_type", "licensed"), given.get("meter")
    if usage_type == "metered" and meter is None:
        raise malformed("Metered prices must be backed by meters.", "recurring[meter]")
    if meter is not None and usage_type != "metered":
        raise malformed("Only metered prices can name a meter.", "recurring[usage_type]")
    if meter is not None and call.world.meters.get(meter, {}).get("status") != "active":
        raise missing("meter", meter, "recurring[meter]", 400)
    count = given.get("interval_count", 1)
    return {
        "interval": given["interval"],
        "interval_count": count,
        "meter": meter,
        "trial_period_days": None,
        "usage_type": usage_type,
    }


def _check_amounts(call: Call) -> None:
    tiers, scheme = call.get("tiers"), call.get("billing_scheme", "per_unit")
    if scheme == "tiered":
        if not tiers or "tiers_mode" not in call.params:
            raise malformed("`tiers` and `tiers_mode` are required when `billing_scheme=tiered`.", "tiers")
        ends = [tier["up_to"] for tier in tiers]
        if ends[-1] is not None or None in ends[:-1] or ends[:-1] != sorted(set(ends[:-1])):
            raise malformed("Tiers must rise, and the last one must be up to `inf`.", "tiers")
        for tier in tiers:
            _cents(tier)
    elif tiers or "tiers_mode" in call.params:
        raise malformed("`tiers` can only be used with `billing_scheme=tiered`.", "tiers")
    else:
        _cents(call.params)


def _cents(given: Thing) -> Decimal:
    if ("unit_amount" in given) == ("unit_amount_decimal" in given):
        raise malformed("Specify one of `unit_amount` and `unit_amount_decimal`.", "unit_amount")
    cents = Decimal(given["unit_amount"] if "unit_amount" in given else given["unit_amount_decimal"])
    if cents < 0:
        raise malformed("Invalid non-negative amount", "unit_amount")
    return cents


def _plain(amount: Decimal) -> str:
    return format(amount.normalize(), "f")


def _free(world: World, key: str, *, transfer: bool) -> None:
    for price in world.prices.values():
        if price["lookup_key"] == key and not transfer:
            raise conflict("A price already uses that lookup key.", param="lookup_key")
        if price["lookup_key"] == key:
            events.change(world, "price.updated", price, lookup_key=None)


def retrieve(call: Call) -> Thing:
    """One price."""
    return call.named(call.world.prices, "price")


def update(call: Call) -> Thing:
    """Its names and whether it is sold; never what it costs."""
    price = retrieve(call)
    if (key := call.get("lookup_key")) is not None and price["lookup_key"] != key:
        _free(call.world, key, transfer=call.get("transfer_lookup_key", False))
    names = ("active", "lookup_key", "nickname", "metadata")
    events.change(
        call.world, "price.updated", price, **{name: call.params[name] for name in names if name in call.params}
    )
    return price


def listing(call: Call) -> Thing:
    """Prices, newest first, perhaps those of these lookup keys."""
    active, keys, product = call.get("active"), call.get("lookup_keys"), call.get("product")
    rows = [each for each in call.world.prices.values() if active is None or each["active"] == active]
    rows = [each for each in rows if keys is None or each["lookup_key"] in keys]
    return listed(call, [each for each in rows if product is None or each["product"] == product])
