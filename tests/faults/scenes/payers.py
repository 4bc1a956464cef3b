"""Scenes in which a firm pays for two-way SMS by itself. Each ends as it found the firm: included, and on."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

from sqlalchemy import update

from bridge.sandbox.stripe.magic import Fate
from bridge.store import tables
from bridge.views import billing as views
from bridge.views import portal
from tests.cast import LAW
from tests.faults.payer import CONFIRM, DECLINED, GOOD, Payer
from tests.faults.play import Play
from tests.faults.quiet import settle
from tests.faults.scenes.switches import at_home, press
from tests.faults.world import until

FOR_EVER = 1_000
HEARD = 0.001  # seconds; on SQLite nobody hears at once of what another process has written
LOOKS = 3.0  # seconds in which whoever starts has looked


async def an_addon_that_is_begun(play: Play) -> AsyncIterator[None]:
    """Confirmed, paid, and on."""
    payer = await payer_of(play)
    await payer.asks()
    yield
    await payer.confirms()
    await settle(play.world)
    await payer.owes_nothing(months=1)
    await included(play, payer)


async def a_first_wish(play: Play) -> AsyncIterator[None]:
    """Of a firm of which Stripe has never heard, and which has no card."""
    payer = await payer_of(play, is_known=False)
    await payer.asks()
    yield
    await payer.confirms()
    await settle(play.world)
    assert views.NO_CARD in str(play.world.slack.views(LAW.team_id, payer.admin))
    await payer.owes_nothing(months=0, is_on=False)
    (customer,) = payer.customers()
    play.world.stripe.add_card(customer, GOOD)
    await on(play, payer)
    await payer.owes_nothing(months=1)
    await included(play, payer)


async def a_card_that_is_brought(play: Play) -> AsyncIterator[None]:
    """The admin goes to Stripe's pages by the button in Home, and comes back."""
    payer = await on(play, await payer_of(play))
    await at_home(play, payer.admin)
    yield
    await payer.follows(_link(play, payer))
    visit = list(play.world.stripe.visits.values())[-1]
    assert await payer.follows(visit.return_url) == ""
    await settle(play.world)
    await payer.owes_nothing(months=1)
    await included(play, payer)


def _link(play: Play, payer: Payer) -> str:
    home = play.world.slack.home(LAW.team_id, payer.admin)
    assert home is not None
    rows = [block["elements"] for block in home["blocks"] if block["type"] == "actions"]
    return next(str(each["url"]) for row in rows for each in row if each["action_id"] == views.LINK)


async def a_wish_while_stripe_is_in_trouble(play: Play) -> AsyncIterator[None]:
    """It is told, and tried again; what was done nevertheless is not done once more."""
    payer = await payer_of(play)
    await payer.asks()
    play.world.stripe.fail("subscription_create", status=500, accept_first=True)
    yield
    await payer.confirms()
    await settle(play.world)
    await payer.owes_nothing(months=1)
    await included(play, payer)


async def a_wish_that_stripe_refuses(play: Play) -> AsyncIterator[None]:
    """For good, and for no reason that a card could help."""
    payer = await payer_of(play)
    await payer.asks()
    play.world.stripe.fail("subscription_create", times=FOR_EVER, status=400, code="parameter_invalid_empty")
    yield
    await payer.confirms()
    await settle(play.world)
    await payer.owes_nothing(months=0, is_on=False)
    await included(play, payer)


async def a_wish_that_is_withdrawn(play: Play) -> AsyncIterator[None]:
    """It is included after all, before Stripe has answered."""
    payer, stripe = await payer_of(play), play.world.stripe
    await payer.asks()
    stripe.fail("*", times=FOR_EVER, status=503)
    asked = len(stripe.requests)
    await payer.confirms()
    await until(lambda: len(stripe.requests) > asked, what="a call")
    yield
    await play.command("firms", "set-plan", "included", LAW.team_id)
    stripe.heal()
    await included(play, payer)
    assert (payer.subscriptions(), payer.months()) == ([], 0)


async def a_bank_that_waits_for_a_word(play: Play) -> AsyncIterator[None]:
    """The first payment waits for the card's owner; instead they wish once more, with another card."""
    payer = await payer_of(play, CONFIRM)
    await payer.asks()
    await payer.confirms()
    await settle(play.world)
    assert (payer.running(), payer.months()) == (["incomplete"], 0)
    play.world.stripe.add_card(payer.customer, GOOD)
    await payer.asks()
    yield
    await payer.confirms()
    await settle(play.world)
    await payer.owes_nothing(months=1)
    await included(play, payer)


async def an_end_that_is_taken_back(play: Play) -> AsyncIterator[None]:
    """It was to end with the month."""
    payer = await on(play, await payer_of(play))
    await at_home(play, payer.admin)
    await payer.asks("disable")
    await payer.turns_off(portal.AT_END)
    await settle(play.world)
    assert [each["cancel_at_period_end"] for each in payer.subscriptions()] == [True]
    yield
    await press(play, payer.admin, views.KEEP)
    await settle(play.world)
    assert [each["cancel_at_period_end"] for each in payer.subscriptions()] == [False]
    await payer.owes_nothing(months=1)
    await included(play, payer)


async def an_end_that_stripe_refuses(play: Play) -> AsyncIterator[None]:
    """The operator sees it, and has it tried again when Stripe takes it."""
    payer = await on(play, await payer_of(play))
    await payer.asks("disable")
    play.world.stripe.fail("subscription_cancel", times=FOR_EVER, status=400)
    yield
    await payer.turns_off()
    await settle(play.world)
    play.world.stripe.heal()
    await play.operator_says("retry", "unsubscribe")
    play.world.fate.skip(HEARD)
    await settle(play.world)
    await payer.owes_nothing(months=1, is_on=False)
    await included(play, payer)


async def a_renewal_that_is_not_paid(play: Play) -> AsyncIterator[None]:
    """Admins are told; the next card is declined as well, and the one after that pays."""
    payer, stripe = await on(play, await payer_of(play)), play.world.stripe
    (card,) = [id_ for id_, each in stripe.cards.items() if each["customer"] == payer.customer]
    stripe.fates[card] = Fate.NO_FUNDS
    _end_the_month(play, payer)
    await settle(play.world)
    assert await payer.is_unpaid()
    s = tables.subscriptions
    await payer.change(update(s).where(s.c.firm_id == payer.firm_id).values(read_at=None))
    yield
    await until_found(play, payer.was_read)
    for number in (DECLINED, GOOD):
        stripe.add_card(payer.customer, number)
        await settle(play.world)
    while await payer.is_unpaid():
        stripe.add_card(payer.customer, GOOD)  # nobody was there to hear of the last one
        await settle(play.world)
    await payer.owes_nothing(months=2)
    await included(play, payer)


async def payer_of(play: Play, card: str | None = GOOD, *, is_known: bool = True) -> Payer:
    """The firm with an admin whom the app does not know yet; two-way SMS is off, and costs something."""
    admin = play.person()
    play.world.slack.person(LAW.team_id, admin).admin = True
    payer = Payer(play.world, LAW, admin)
    await payer.begins(card, is_known=is_known)
    return payer


async def on(play: Play, payer: Payer | None = None) -> Payer:
    """It is on, and paid."""
    payer = payer or await payer_of(play)
    await payer.asks()
    await payer.confirms()
    await settle(play.world)
    assert await payer.is_on()
    return payer


async def until_found(play: Play, is_so: Callable[[], Awaitable[bool]]) -> None:
    """Until it is so, by whoever looks at a start; who does may die or stumble, and the next look is far away."""
    while not await is_so():
        await play.restart()
        await play.world.fleet.start()
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOKS):
                while not await is_so():
                    await asyncio.sleep(0.05)


def _end_the_month(play: Play, payer: Payer) -> None:
    """What was paid for is over by now, and the next month is to be paid at once."""
    play.world.stripe.draft_time = timedelta(0)
    (running,) = payer.subscriptions()
    for item in running["items"]["data"]:
        item["current_period_end"] = play.world.stripe.stamp()


async def included(play: Play, payer: Payer) -> None:
    """As it was before: nothing is charged any more, and all that there was is reported."""
    await play.command("firms", "set-plan", "included", LAW.team_id)
    play.world.fate.skip(HEARD)
    await settle(play.world)
    assert payer.running() == []
    f = tables.firms
    await payer.change(update(f).where(f.c.team_id == LAW.team_id).values(two_way=True))
