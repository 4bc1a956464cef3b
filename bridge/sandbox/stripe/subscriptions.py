"""Subscriptions: begun with a first payment, changed, ended."""

from . import events, invoices, lines
from .call import Call, listed
from .cards import check_owner
from .collection import settle
from .items import item
from .payments import Outcome, attempt, card_of
from .records import Thing, new_id
from .refused import conflict, malformed, missing
from .world import World

ALIVE = frozenset({"active", "past_due", "trialing", "unpaid"})
OVER = frozenset({"canceled", "incomplete_expired"})


def create(call: Call) -> Thing:
    """Begin. What is paid ahead is charged at once; when that fails, `payment_behavior` says what there is then."""
    world = call.world
    customer = call.chosen("customer", world.customers, "customer")
    behaviour = call.get("payment_behavior", "allow_incomplete")
    if behaviour == "pending_if_incomplete":
        raise malformed("`pending_if_incomplete` cannot be used when creating a subscription.", "payment_behavior")
    if (card := call.get("default_payment_method")) is not None:
        check_owner(world, card, customer["id"], "default_payment_method")
    subscription = _written(call, customer)
    period = current(subscription)
    invoice = invoices.drawn_up(
        world, subscription, lines.flat(subscription, *period), "subscription_create", (period[0], period[0])
    )
    tried = attempt(world, card_of(world, subscription), invoice["amount_due"])
    paid = tried.outcome is Outcome.PAID
    if tried.outcome is Outcome.NO_CARD and behaviour != "default_incomplete":
        raise tried.refusal("subscription")
    if not paid and behaviour == "error_if_incomplete":
        raise tried.refusal("subscription")
    subscription["status"] = "active" if paid and behaviour != "default_incomplete" else "incomplete"
    world.subscriptions[subscription["id"]] = subscription
    subscription["latest_invoice"] = invoice["id"]
    if customer["currency"] is None:
        customer["currency"] = subscription["currency"]
    events.tell(world, "customer.subscription.created", subscription)
    invoices.keep(world, invoice)
    invoices.finalize(world, invoice)
    if behaviour != "default_incomplete":
        settle(world, invoice, tried)
    return subscription


def _written(call: Call, customer: Thing) -> Thing:
    now, id_ = call.world.stamp(), new_id("sub")
    items = [item(call, id_, place, given) for place, given in enumerate(call.params["items"])]
    if len({each["price"]["currency"] for each in items}) > 1:
        raise conflict("All prices of a subscription must be of one currency.", param="items")
    return {
        "id": id_,
        "object": "subscription",
        "application": None,
        "application_fee_percent": None,
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": now,
        "billing_cycle_anchor_config": None,
        "billing_mode": {
            "flexible": {"proration_discounts": "included"},
            **call.get("billing_mode", {"type": "flexible"}),
        },
        "billing_schedules": [],
        "billing_thresholds": None,
        "cancel_at": items[0]["current_period_end"] if call.get("cancel_at_period_end") else None,
        "cancel_at_period_end": call.get("cancel_at_period_end", False),
        "canceled_at": None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": now,
        "currency": items[0]["price"]["currency"],
        "customer": customer["id"],
        "customer_account": None,
        "days_until_due": None,
        "default_payment_method": call.get("default_payment_method"),
        "default_source": None,
        "default_tax_rates": [],
        "description": call.get("description"),
        "discounts": [],
        "ended_at": None,
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
        "items": {
            "object": "list",
            "data": items,
            "has_more": False,
            "url": f"/v1/subscription_items?subscription={id_}",
        },
        "latest_invoice": None,
        "livemode": False,
        "managed_payments": {"enabled": False},
        "metadata": dict(call.get("metadata", {})),
        "next_pending_invoice_item_invoice": None,
        "on_behalf_of": None,
        "pause_collection": None,
        "payment_settings": {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
        "pending_invoice_item_interval": None,
        "pending_setup_intent": None,
        "pending_update": None,
        "schedule": None,
        "start_date": now,
        "status": "incomplete",
        "test_clock": None,
        "transfer_data": None,
        "trial_end": None,
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
        "trial_start": None,
    }


def current(subscription: Thing) -> tuple[int, int]:
    """The billing period, which stands with the items."""
    first = subscription["items"]["data"][0]
    return first["current_period_start"], first["current_period_end"]


def retrieve(call: Call) -> Thing:
    """One subscription."""
    return call.named(call.world.subscriptions, "subscription")


def listing(call: Call) -> Thing:
    """Subscriptions, newest first; those that were canceled only when they are asked for."""
    status, customer, price = call.get("status"), call.get("customer"), call.get("price")
    rows = [each for each in call.world.subscriptions.values() if customer in (None, each["customer"])]
    if status is None:
        rows = [each for each in rows if each["status"] not in OVER]
    elif status != "all":
        wanted = OVER if status == "ended" else {status}
        rows = [each for each in rows if each["status"] in wanted]
    return listed(call, [each for each in rows if price is None or _sells(each, price)])


def _sells(subscription: Thing, price: str) -> bool:
    return any(each["price"]["id"] == price for each in subscription["items"]["data"])


def update(call: Call) -> Thing:
    """Another card, or an end with the period. What is over cannot be changed, nor taken up again."""
    world, subscription = call.world, retrieve(call)
    if subscription["status"] in OVER:
        allowed = {"metadata", "cancellation_details", "expand"}
        if set(call.params) - allowed:
            raise conflict("A canceled subscription can only update its cancellation_details and metadata.")
    new: Thing = {
        name: call.params[name] for name in ("description", "default_payment_method") if name in call.params
    }
    if new.get("default_payment_method"):
        check_owner(world, new["default_payment_method"], subscription["customer"], "default_payment_method")
    if "metadata" in call.params:
        merged = {**subscription["metadata"], **call.params["metadata"]}
        new["metadata"] = {name: value for name, value in merged.items() if value}
    if "cancel_at_period_end" in call.params:
        new |= _end_with_period(world, subscription, will_end=call.params["cancel_at_period_end"])
    events.change(world, "customer.subscription.updated", subscription, **new)
    return subscription


def _end_with_period(world: World, subscription: Thing, *, will_end: bool) -> Thing:
    if subscription["cancel_at_period_end"] == will_end:
        return {}
    reason = "cancellation_requested" if will_end else None
    return {
        "cancel_at_period_end": will_end,
        "cancel_at": current(subscription)[1] if will_end else None,
        "canceled_at": world.stamp() if will_end else None,
        "cancellation_details": {"comment": None, "feedback": None, "reason": reason},
    }


def cancel(call: Call) -> Thing:
    """End at once. Unless `invoice_now` is set, usage that is on no invoice yet is never paid."""
    world, subscription = call.world, retrieve(call)
    if subscription["status"] in OVER:
        raise missing("subscription", call.id)
    if subscription["status"] == "incomplete":
        expire(world, subscription)
        return subscription
    start, _ = current(subscription)
    end(world, subscription, "cancellation_requested")
    for invoice in world.invoices.values():
        if invoice["status"] in ("draft", "open") and invoices.subscription_of(world, invoice) is subscription:
            invoice.update(auto_advance=False, next_payment_attempt=None, automatically_finalizes_at=None)
    if call.get("invoice_now", False):
        used = lines.by_usage(world, subscription, start, world.stamp() + 1)
        if any(line["quantity"] for line in used):
            bill(world, subscription, used, "manual", (start, world.stamp()))
    return subscription


def bill(world: World, subscription: Thing, rows: list[Thing], reason: str, period: tuple[int, int]) -> None:
    """A last invoice, at once."""
    invoice = invoices.drawn_up(world, subscription, rows, reason, period)
    subscription["latest_invoice"] = invoice["id"]
    invoices.keep(world, invoice)
    invoices.finalize(world, invoice)
    settle(world, invoice, attempt(world, card_of(world, subscription), invoice["amount_due"]))


def end(world: World, subscription: Thing, reason: str) -> None:
    """A subscription is over, for good."""
    now = world.stamp()
    details = {"comment": None, "feedback": None, "reason": reason}
    subscription.update(status="canceled", ended_at=now, cancellation_details=details)
    subscription["canceled_at"] = subscription["canceled_at"] or now
    events.tell(world, "customer.subscription.deleted", subscription)


def expire(world: World, subscription: Thing) -> None:
    """Nobody has paid the first invoice: there is nothing to pay any more, and nothing begins."""
    invoice = world.invoices[subscription["latest_invoice"]]
    if invoice["status"] == "open":
        invoices.end(world, invoice, "void", auto_advance=False)
    over = {"status": "incomplete_expired", "ended_at": world.stamp()}
    events.change(world, "customer.subscription.updated", subscription, **over)
