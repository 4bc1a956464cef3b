"""What time brings: renewals, final invoices, further attempts to be paid, and what runs out.

Whenever the pretender is asked something it first makes up for all that has come due, in its order and each thing
at its own moment.
"""

from collections.abc import Callable, Iterator

from . import events, invoices, lines, subscriptions
from .collection import collect
from .months import end_of
from .payments import card_of
from .records import Thing
from .subscriptions import ALIVE, current
from .world import World

HALF_BEGUN = 23 * 3600  # seconds until a first payment that was not made is no longer waited for
Due = tuple[int, int, Callable[[], object]]


def catch_up(world: World) -> None:
    """Do all that is due by now."""
    while due := [each for each in _entries(world) if each[0] <= world.stamp()]:
        when, _, act = min(due, key=lambda each: each[:2])
        with world.at(when):
            act()


def _entries(world: World) -> Iterator[Due]:
    """What is coming: when, in which order at the same moment, and what."""
    for invoice in world.invoices.values():
        if invoice["status"] == "draft" and invoice["automatically_finalizes_at"] is not None:
            yield invoice["automatically_finalizes_at"], 0, lambda invoice=invoice: _finalize(world, invoice)  # type: ignore[misc]
        elif invoice["status"] == "open" and invoice["next_payment_attempt"] is not None:
            yield invoice["next_payment_attempt"], 1, lambda invoice=invoice: collect(world, invoice)  # type: ignore[misc]
    for one in world.subscriptions.values():
        if one["status"] in ALIVE:
            yield current(one)[1], 2, lambda one=one: renew(world, one)  # type: ignore[misc]
        elif one["status"] == "incomplete":
            yield one["created"] + HALF_BEGUN, 2, lambda one=one: subscriptions.expire(world, one)  # type: ignore[misc]


def _finalize(world: World, invoice: Thing) -> None:
    invoices.finalize(world, invoice)
    collect(world, invoice)


def renew(world: World, subscription: Thing) -> None:
    """A period is over: what was used in it and what comes next are on one invoice, or it was the last."""
    start, finish = current(subscription)
    if subscription["cancel_at_period_end"]:
        subscriptions.end(world, subscription, "cancellation_requested")
        ahead: list[Thing] = []
    else:
        ahead = _next_period(world, subscription, finish)
    used = lines.by_usage(world, subscription, start, finish)
    if used or ahead:
        _draft(world, subscription, [*used, *ahead], (start, finish))


def _next_period(world: World, subscription: Thing, start: int) -> list[Thing]:
    first = subscription["items"]["data"][0]["price"]["recurring"]
    end = end_of(subscription["billing_cycle_anchor"], start, first["interval_count"])
    rows = [
        {**item, "current_period_start": start, "current_period_end": end} for item in subscription["items"]["data"]
    ]
    events.change(
        world, "customer.subscription.updated", subscription, items={**subscription["items"], "data": rows}
    )
    return lines.flat(subscription, start, end)


def _draft(world: World, subscription: Thing, rows: list[Thing], period: tuple[int, int]) -> None:
    invoice = invoices.drawn_up(world, subscription, rows, "subscription_cycle", period)
    world.measured[invoice["id"]] = (subscription["id"], *period)
    subscription["latest_invoice"] = invoice["id"]
    if subscription["status"] == "unpaid":
        invoice["auto_advance"] = False
    else:
        invoice["automatically_finalizes_at"] = world.stamp() + int(world.draft_time.total_seconds())
    invoices.keep(world, invoice)


def preview(world: World, subscription: Thing) -> Thing:
    """The next invoice as it would be with what is known by now."""
    start, finish = current(subscription)
    rows = lines.by_usage(world, subscription, start, finish)
    if not subscription["cancel_at_period_end"]:
        end = end_of(subscription["billing_cycle_anchor"], finish)
        rows += lines.flat(subscription, finish, end)
    invoice = invoices.drawn_up(world, subscription, rows, "upcoming", (start, finish))
    invoice["id"] = f"upcoming_{invoice['id']}"
    invoice["next_payment_attempt"] = finish + int(world.draft_time.total_seconds())
    invoice["default_payment_method"] = card_of(world, subscription)
    return invoice
