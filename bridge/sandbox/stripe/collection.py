"""What comes of an attempt to be paid, for the invoice and for its subscription."""

from . import events, invoices
from .call import Call
from .cards import check_owner
from .payments import Attempt, Outcome, attempt, card_of
from .records import Thing
from .refused import conflict
from .world import World

DAY = 86400
OWED = frozenset({"incomplete", "past_due", "unpaid"})


def collect(world: World, invoice: Thing, card: str | None = None, *, is_there: bool = False) -> Attempt:
    """Try to be paid for a final invoice, by this card or by the one that is due."""
    subscription = invoices.subscription_of(world, invoice)
    tried = attempt(world, card or card_of(world, subscription), invoice["amount_due"], is_there=is_there)
    settle(world, invoice, tried, is_there=is_there)
    return tried


def settle(world: World, invoice: Thing, tried: Attempt, *, is_there: bool = False) -> None:
    """Write down what came of an attempt."""
    subscription = invoices.subscription_of(world, invoice)
    if tried.outcome is Outcome.PAID:
        _paid(world, invoice, subscription, tried, is_there=is_there)
        return
    is_first = invoice["billing_reason"] == "subscription_create"
    needs_owner = tried.outcome is Outcome.CONFIRM
    invoice.update(attempted=True)
    if not (is_first and needs_owner):
        invoice["attempt_count"] += 1
    if not is_first:
        _again(world, invoice, subscription)
    if needs_owner:
        events.tell(world, "invoice.payment_action_required", invoice)
    events.tell(world, "invoice.payment_failed", invoice)


def _paid(world: World, invoice: Thing, subscription: Thing, tried: Attempt, *, is_there: bool) -> None:
    if is_there and tried.card is not None:
        world.confirmed.add(tried.card)
    paid = {"amount_paid": invoice["amount_due"], "amount_remaining": 0, "attempted": True, "auto_advance": False}
    invoices.end(world, invoice, "paid", attempt_count=invoice["attempt_count"] + 1, **paid)
    if subscription["status"] in OWED and not _owes(world, subscription):
        events.change(world, "customer.subscription.updated", subscription, status="active")


def _owes(world: World, subscription: Thing) -> bool:
    return any(
        each["status"] == "open" and invoices.subscription_of(world, each)["id"] == subscription["id"]
        for each in world.invoices.values()
    )


def _again(world: World, invoice: Thing, subscription: Thing) -> None:
    """A renewal was not paid: there are some more attempts, and then the subscription ends as the account says."""
    tries = invoice["attempt_count"]
    is_over = subscription["ended_at"] is not None
    if tries <= len(world.collection_days) and not is_over:
        invoice["next_payment_attempt"] = world.stamp() + world.collection_days[tries - 1] * DAY
        events.change(world, "customer.subscription.updated", subscription, status="past_due")
        return
    invoice["next_payment_attempt"] = None
    if is_over:
        return
    if world.after_collection == "canceled":
        ended = {"status": "canceled", "canceled_at": world.stamp(), "ended_at": world.stamp()}
        subscription.update(ended, cancellation_details=_because("payment_failed"))
        events.tell(world, "customer.subscription.deleted", subscription)
    else:
        events.change(world, "customer.subscription.updated", subscription, status=world.after_collection)


def _because(reason: str) -> Thing:
    return {"comment": None, "feedback": None, "reason": reason}


def pay(call: Call) -> Thing:
    """Pay an open invoice now, by a card that may be named."""
    world, invoice = call.world, invoices.retrieve(call)
    if invoice["status"] == "draft":
        invoices.finalize(world, invoice)
    if invoice["status"] != "open":
        raise conflict("Invoice is already paid" if invoice["status"] == "paid" else "Invoice is not payable")
    card = call.get("payment_method")
    if card is not None:
        check_owner(world, card, invoice["customer"], "payment_method")
    tried = collect(world, invoice, card)
    if tried.outcome is not Outcome.PAID:
        raise tried.refusal("invoice")
    return invoice
