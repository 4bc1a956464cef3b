"""Who pays."""

import hashlib

from . import events
from .call import Call, listed
from .records import Thing, new_id
from .refused import missing

SIMPLE = ("name", "email", "description")


def create(call: Call) -> Thing:
    """A customer without a card."""
    world, id_ = call.world, new_id("cus")
    customer: Thing = {
        "id": id_,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": world.stamp(),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": hashlib.sha256(id_.encode()).hexdigest()[:8].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": {},
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
        **{name: call.params[name] or None for name in SIMPLE if name in call.params},
    }
    customer["metadata"] = dict(call.get("metadata", {}))
    world.customers[id_] = customer
    events.tell(world, "customer.created", customer)
    return customer


def retrieve(call: Call) -> Thing:
    """A customer; of one who was deleted only that."""
    return call.named(call.world.customers, "customer")


def alive(call: Call) -> Thing:
    """The customer that the address names. Raises RefusedError for one who was deleted."""
    customer = call.named(call.world.customers, "customer")
    if customer.get("deleted"):
        raise missing("customer", call.id)
    return customer


def update(call: Call) -> Thing:
    """Another name, another card for everything."""
    customer, world = alive(call), call.world
    new = {name: call.params[name] or None for name in SIMPLE if name in call.params}
    if "metadata" in call.params:
        merged = {**customer["metadata"], **call.params["metadata"]}
        new["metadata"] = {name: value for name, value in merged.items() if value}
    if "default_payment_method" in call.get("invoice_settings", {}):
        chosen = call.params["invoice_settings"]["default_payment_method"] or None
        param = "invoice_settings[default_payment_method]"
        if chosen is not None and world.cards.get(chosen, {}).get("customer") != call.id:
            raise missing("PaymentMethod", chosen, param, 400)
        new["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": chosen}
    events.change(world, "customer.updated", customer, **new)
    return customer


def delete(call: Call) -> Thing:
    """A customer who is gone: subscriptions end at once, and cards are off."""
    customer, world = alive(call), call.world
    for subscription in world.subscriptions.values():
        if subscription["customer"] == call.id and subscription["ended_at"] is None:
            gone = {"status": "canceled", "ended_at": world.stamp(), "canceled_at": world.stamp()}
            subscription.update(gone)
            events.tell(world, "customer.subscription.deleted", subscription)
    for card in world.cards.values():
        if card["customer"] == call.id:
            card["customer"] = None
    for invoice in world.invoices.values():
        if invoice["customer"] == call.id:
            invoice.update(automatically_finalizes_at=None, next_payment_attempt=None)
    events.tell(world, "customer.deleted", customer)
    world.customers[call.id] = {"id": call.id, "object": "customer", "deleted": True}
    return world.customers[call.id]


def listing(call: Call) -> Thing:
    """Customers, newest first, perhaps those with an e-mail address."""
    email = call.get("email")
    there = (each for each in call.world.customers.values() if not each.get("deleted"))
    return listed(call, [each for each in there if email is None or each["email"] == email])
