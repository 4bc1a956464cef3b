"""Invoices: drawn up as drafts, made final, and then paid, left open or void."""

import secrets
from typing import Any

from . import events
from .call import Call, listed
from .lines import by_usage
from .records import Thing, new_id
from .refused import conflict
from .world import World

LEAST = 50  # cents that a card is charged; less is put on the customer's account


def drawn_up(world: World, subscription: Thing, lines: list[Thing], reason: str, period: tuple[int, int]) -> Thing:
    """A draft that nobody knows of yet."""
    customer, id_ = world.customers[subscription["customer"]], new_id("in")
    invoice: Thing = {
        "id": id_,
        "object": "invoice",
        **_about(customer),
        "amount_overpaid": 0,
        "amount_paid": 0,
        "amount_shipping": 0,
        "application": None,
        "attempt_count": 0,
        "attempted": False,
        "auto_advance": True,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "automatically_finalizes_at": None,
        "billing_reason": reason,
        "collection_method": "charge_automatically",
        "created": world.stamp(),
        "currency": subscription["currency"],
        "custom_fields": None,
        "default_payment_method": None,
        "default_source": None,
        "default_tax_rates": [],
        "description": None,
        "discounts": [],
        "due_date": None,
        "effective_at": None,
        "ending_balance": None,
        "footer": None,
        "from_invoice": None,
        "hosted_invoice_url": None,
        "invoice_pdf": None,
        "issuer": {"type": "self"},
        "last_finalization_error": None,
        "latest_revision": None,
        "livemode": False,
        "metadata": {},
        "next_payment_attempt": None,
        "number": None,
        "on_behalf_of": None,
        "parent": {
            "quote_details": None,
            "subscription_details": {
                "metadata": dict(subscription["metadata"]),
                "subscription": subscription["id"],
            },
            "type": "subscription_details",
        },
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": period[1],
        "period_start": period[0],
        "post_payment_credit_notes_amount": 0,
        "pre_payment_credit_notes_amount": 0,
        "receipt_number": None,
        "rendering": None,
        "shipping_cost": None,
        "shipping_details": None,
        "statement_descriptor": None,
        "status": "draft",
        "status_transitions": {
            "finalized_at": None,
            "marked_uncollectible_at": None,
            "paid_at": None,
            "voided_at": None,
        },
        "test_clock": None,
        "webhooks_delivered_at": None,
    }
    sum_up(world, invoice, lines)
    return invoice


def _about(customer: Thing) -> Thing:
    return {
        "account_country": "US",
        "account_name": "Pretend Texting Inc.",
        "account_tax_ids": None,
        "customer": customer["id"],
        "customer_account": None,
        "customer_address": None,
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": None,
        "customer_shipping": None,
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
    }


def sum_up(world: World, invoice: Thing, lines: list[Thing]) -> None:
    """Put these lines on a draft."""
    total, id_ = sum(line["amount"] for line in lines), invoice["id"]
    balance = world.customers[invoice["customer"]]["balance"]
    rows = [{**line, "invoice": id_} for line in lines]
    invoice.update(
        amount_due=max(0, total + balance),
        amount_remaining=max(0, total + balance),
        lines={"object": "list", "data": rows, "has_more": False, "url": f"/v1/invoices/{id_}/lines"},
        starting_balance=balance,
        subtotal=total,
        subtotal_excluding_tax=total,
        total=total,
        total_discount_amounts=[],
        total_excluding_tax=total,
        total_pretax_credit_amounts=[],
        total_taxes=[],
    )


def keep(world: World, invoice: Thing) -> None:
    """From now on there is this invoice."""
    world.invoices[invoice["id"]] = invoice
    events.tell(world, "invoice.created", invoice)


def finalize(world: World, invoice: Thing) -> None:
    """A draft becomes final. Usage that has become known meanwhile still counts; what comes later does not."""
    customer = world.customers[invoice["customer"]]
    if (measured := world.measured.get(invoice["id"])) is not None:
        subscription = world.subscriptions[measured[0]]
        ahead = [line for line in invoice["lines"]["data"] if line["period"]["start"] >= measured[2]]
        sum_up(world, invoice, [*by_usage(world, subscription, *measured[1:]), *ahead])
    due, balance = invoice["total"] + customer["balance"], 0
    if due < LEAST:
        due, balance = 0, due
    if customer["balance"] != balance:
        events.change(world, "customer.updated", customer, balance=balance)
    number = customer["next_invoice_sequence"]
    customer["next_invoice_sequence"] = number + 1
    url = f"{world.url}/pay/{secrets.token_urlsafe(24)}"
    invoice.update(
        amount_due=due,
        amount_remaining=due,
        automatically_finalizes_at=None,
        effective_at=world.stamp(),
        ending_balance=balance,
        hosted_invoice_url=url,
        invoice_pdf=f"{url}/pdf",
        number=f"{customer['invoice_prefix']}-{number:04d}",
        status="open",
        status_transitions={**invoice["status_transitions"], "finalized_at": world.stamp()},
        webhooks_delivered_at=world.stamp(),
    )
    events.tell(world, "invoice.finalized", invoice)


def end(world: World, invoice: Thing, status: str, **more: Any) -> None:
    """An invoice is paid or void; nothing follows."""
    moment = {"paid": "paid_at", "void": "voided_at"}[status]
    transitions = {**invoice["status_transitions"], moment: world.stamp()}
    invoice.update(status=status, next_payment_attempt=None, status_transitions=transitions, **more)
    events.tell(world, {"paid": "invoice.paid", "void": "invoice.voided"}[status], invoice)
    if status == "paid":
        events.tell(world, "invoice.payment_succeeded", invoice)


def subscription_of(world: World, invoice: Thing) -> Thing:
    """What an invoice is for."""
    return world.subscriptions[invoice["parent"]["subscription_details"]["subscription"]]


def retrieve(call: Call) -> Thing:
    """One invoice."""
    return call.named(call.world.invoices, "invoice")


def listing(call: Call) -> Thing:
    """Invoices, newest first."""
    wanted = [(name, call.get(name)) for name in ("customer", "status") if name in call.params]
    subscription = call.get("subscription")
    if subscription is not None:
        call.chosen("subscription", call.world.subscriptions, "subscription")
    rows = [each for each in call.world.invoices.values() if all(each[name] == value for name, value in wanted)]
    of_it = (each for each in rows if subscription in (None, subscription_of(call.world, each)["id"]))
    return listed(call, of_it)


def void(call: Call) -> Thing:
    """Nobody has to pay an open invoice any more."""
    invoice = retrieve(call)
    if invoice["status"] not in ("open", "uncollectible"):
        raise conflict(f"You can only void open invoices; this one is {invoice['status']}.")
    end(call.world, invoice, "void", auto_advance=False)
    return invoice
