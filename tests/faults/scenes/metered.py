"""Scenes in which the texts of a firm that pays by itself are counted. Each ends as it found the firm."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from functools import partial

from sqlalchemy import select, update

from bridge.gateways.stripe_setup import METER
from bridge.sandbox.stripe.records import Usage
from bridge.store import tables
from tests.faults.payer import Payer
from tests.faults.play import Play
from tests.faults.quiet import settle
from tests.faults.scenes import payers

SETTLED = 660.0  # seconds after which a text is reported


async def an_addon_that_ends(play: Play) -> AsyncIterator[None]:
    """At once, and what was sent until then is reported before."""
    payer = await _texted(play)
    await payer.asks("disable")
    yield
    await payer.turns_off()
    await settle(play.world)
    assert len(payer.reported()) == 1
    await payer.owes_nothing(months=1, is_on=False)
    await payers.included(play, payer)


async def a_text_that_is_reported(play: Play) -> AsyncIterator[None]:
    """Some time later."""
    payer = await _texted(play)
    yield
    play.world.fate.skip(SETTLED)
    await _reported(play, payer, 1)
    await payer.owes_nothing(months=1)
    await payers.included(play, payer)


async def a_text_that_is_taken_back(play: Play) -> AsyncIterator[None]:
    """It turns out not to have arrived when Stripe has counted it."""
    payer = await _texted(play, arrives=False)
    play.world.fate.skip(SETTLED)
    await _reported(play, payer, 1)
    (sid,) = payer.reported()
    yield
    while (await play.world.twilio.callback(sid, "undelivered", 30003)).status != 204:
        await asyncio.sleep(0.1)
    await settle(play.world)
    await _reported(play, payer, 0)
    await payer.owes_nothing(months=1)
    await payers.included(play, payer)


async def a_text_that_was_tried_a_day_ago(play: Play) -> AsyncIterator[None]:
    """Stripe has counted it, and has forgotten its name since: only the sum can tell."""
    payer, u, stripe = await _texted(play), tables.usage, play.world.stripe
    now = play.world.fate.clock()
    (sid,) = await payer.counted()
    (row,) = await play.world.rows(select(u).where(u.c.firm_id == payer.firm_id).order_by(u.c.id.desc()).limit(1))
    await payer.change(update(u).where(u.c.id == row.id).values(tried_at=now - timedelta(hours=25)))
    long_ago = int((now - timedelta(hours=25)).timestamp())
    stripe.usage.append(
        Usage(METER, sid, payer.customer, Decimal(1), int(row.at.timestamp()), long_ago, stripe.now())
    )
    yield
    play.world.fate.skip(SETTLED)
    await payers.until_found(play, partial(payer.was_told, row.id))
    await payer.owes_nothing(months=1)
    await payers.included(play, payer)


async def _texted(play: Play, *, arrives: bool = True) -> Payer:
    """It is on, and somebody has replied to a lead."""
    payer = await payers.on(play, await payers.payer_of(play))
    phone = await play.conversation()
    if not arrives:
        play.world.twilio.phone_off(phone)
    await play.reply(phone)
    await settle(play.world)
    return payer


async def _reported(play: Play, payer: Payer, texts: int) -> None:
    """Until so many are."""

    async def are() -> bool:
        return len(payer.reported()) == texts

    await payers.until_found(play, are)
    await settle(play.world)
