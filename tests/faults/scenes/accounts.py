"""Scenes in which the operator makes Stripe ready to charge. Whoever dies at it, each thing is there once."""

from collections.abc import AsyncIterator
from datetime import timedelta

from sqlalchemy import select, update

from bridge.store import tables
from tests.faults.play import Play
from tests.faults.scenes import payers
from tests.pretenders import STRIPE_SECRET


async def an_account_with_nothing_in_it(play: Play) -> AsyncIterator[None]:
    """Everything is made."""
    stripe = play.world.stripe
    for kind in (stripe.products, stripe.prices, stripe.meters, stripe.configurations, stripe.endpoints):
        kind.clear()
    yield
    await _set_up(play)


async def an_account_that_was_put_away(play: Play) -> AsyncIterator[None]:
    """Its meter, and its endpoint."""
    stripe = play.world.stripe
    for meter in stripe.meters.values():
        meter["status"] = "inactive"
    for endpoint in stripe.endpoints.values():
        endpoint["status"] = "disabled"
    yield
    await _set_up(play)


async def an_endpoint_that_is_made_anew(play: Play) -> AsyncIterator[None]:
    """The operator has lost its secret."""
    yield
    await _set_up(play, "--new-endpoint")


async def _set_up(play: Play, *more: str) -> None:
    stripe = play.world.stripe
    await play.command("stripe-setup", "--yes", *more)
    there = (stripe.products, stripe.meters, stripe.configurations, stripe.endpoints, stripe.prices)
    assert [len(each) for each in there] == [1, 1, 1, 1, 2]
    assert [each["status"] for each in (*stripe.meters.values(), *stripe.endpoints.values())] == [
        "active",
        "enabled",
    ]
    stripe.secrets.update(dict.fromkeys(stripe.endpoints, STRIPE_SECRET))  # as the operator tells the app


async def a_month_that_is_compared(play: Play) -> AsyncIterator[None]:
    """Whoever starts compares what was reported with Stripe's sum, once a day."""
    payer, s = await payers.on(play), tables.subscriptions
    is_theirs = s.c.firm_id == payer.firm_id
    await payer.change(update(s).where(is_theirs).values(compared_at=None))
    play.world.fate.skip(timedelta(minutes=5).total_seconds())
    yield

    async def is_compared() -> bool:
        return bool(await play.world.rows(select(s.c.id).where(is_theirs, s.c.compared_at.is_not(None))))

    await payers.until_found(play, is_compared)
    await payers.included(play, payer)
