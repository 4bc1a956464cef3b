"""Each text that counts is told to Stripe once, whatever happens between us."""

from datetime import timedelta

import pytest

from bridge.services import restored
from bridge.store import tables, usage
from tests.cast import MARIA
from tests.till import Till


async def texted(till: Till, *words: str) -> None:
    await till.enables()
    await till.stage.lead_texts("Hello?")
    for each in words:
        await till.stage.staff_says(each)


def counted(till: Till) -> int:
    return sum(int(each.value) for each in till.stripe.usage if not each.is_canceled)


@pytest.mark.rows(31)
async def test_it_is_told_once_under_the_carriers_name(till: Till) -> None:
    await texted(till, "One", "Two")
    await till.reports()
    await till.reports()
    assert sorted(each.identifier for each in till.stripe.usage) == sorted(
        text.sid for text in till.stage.twilio.texts_to(MARIA) if not text.automatic
    )
    assert counted(till) == 2


@pytest.mark.parametrize(
    "how", [{"status": 500}, {"drop": True}, {"drop": True, "accept_first": True}, {"status": 429}]
)
async def test_trouble_on_the_way_neither_loses_nor_doubles(till: Till, how: dict[str, object]) -> None:
    await texted(till, "One", "Two")
    till.stripe.fail("usage_create", times=1, **how)
    await till.reports()
    await till.reports()
    assert counted(till) == 2


async def test_after_a_day_without_stripe_everything_is_there_once(till: Till) -> None:
    await texted(till, "One", "Two")
    till.stripe.fail("usage_create", times=1, drop=True, accept_first=True)
    till.stripe.fail("*", times=10_000, status=503)
    await till.reports(ahead=0)
    till.stage.skip(hours=25)
    till.stripe.heal()
    await till.reports()
    await till.reports()
    assert counted(till) == 2


async def test_what_was_told_after_the_copy_that_is_put_back_is_not_told_again(till: Till) -> None:
    await texted(till, "One", "Two")
    await till.reports()
    as_in_a_copy = tables.usage.update().values(tried_at=None, reported_at=None)
    async with till.stage.app.deps.db.begin() as tx:
        await tx.run(as_in_a_copy)
    await restored.doubt_everything(till.stage.app.deps, till.stage.clock())
    await till.reports(minutes=25 * 60)
    assert counted(till) == 2


async def test_what_fails_later_is_taken_back(till: Till) -> None:
    till.stage.twilio.phone_off(MARIA)
    await texted(till, "One")
    await till.reports()
    assert counted(till) == 1
    (text,) = [each for each in till.stage.twilio.messages() if each.body == "One"]
    await till.stage.twilio.callback(text.sid, "undelivered", 30003)
    await till.stage.settle()
    await till.reports()
    assert counted(till) == 0


async def test_what_is_too_old_for_stripe_is_said(till: Till) -> None:
    await texted(till, "One")
    till.stage.skip(days=36)
    await till.reports()
    async with till.stage.app.deps.db.read() as tx:
        assert await usage.lost(tx, till.stage.clock() - timedelta(hours=1)) == {till.stage.law.id: 1}
    till.stage.expects_incidents = True


@pytest.mark.parametrize("how", ["inactive", None])
async def test_what_stripe_does_not_take_waits_until_that_is_repaired(till: Till, how: str | None) -> None:
    """Of a meter that was put away Stripe says nothing, and counts nothing."""
    await texted(till, "One", "Two", "Three", "Four")
    for meter in till.stripe.meters.values():
        meter["status"] = how or meter["status"]
    if how is None:
        till.stripe.fail("usage_create", times=10_000, status=400)
    await till.reports()
    assert (counted(till), await waiting(till), till.stripe.thrown_away) == (0, 4, [])
    till.stripe.heal()
    for meter in till.stripe.meters.values():
        meter["status"] = "active"
    await till.reports()
    assert (counted(till), await waiting(till)) == (4, 0)
    till.stage.expects_incidents = True


async def test_one_that_stripe_refuses_keeps_no_other_from_it(till: Till) -> None:
    await texted(till, "One", "Two", "Three")
    till.stage.expects_incidents = True
    till.stripe.fail("usage_create", times=1, status=400)
    await till.reports()
    one, two, three = [text.sid for text in till.stage.twilio.texts_to(MARIA) if not text.automatic]
    assert [each.identifier for each in till.stripe.usage] == [two, three, one]


@pytest.mark.rows(41)
async def test_what_stripe_refuses_keeps_no_end_from_coming(till: Till) -> None:
    await texted(till, "One")
    till.stripe.fail("usage_create", times=10_000, status=400)
    await till.stage.turn_two_way(on=False)
    await till.stage.settle(ahead=900)
    assert (till.running(), await waiting(till)) == ([], 1)
    till.stage.expects_incidents = True


async def waiting(till: Till) -> int:
    """Texts of which Stripe is still to hear."""
    async with till.stage.app.deps.db.read() as tx:
        return len(await usage.to_report(tx, till.stage.law.id, till.stage.clock(), 100))


async def test_what_nobody_pays_for_yet_waits_in_peace(till: Till) -> None:
    await till.stage.turn_two_way(on=True)  # by the operator, and Stripe has never heard of the firm
    await till.stage.lead_texts("Hello?")
    await till.stage.staff_says("One")
    await till.reports()
    assert counted(till) == 0
    await till.has_card()
    await till.reports()
    assert counted(till) == 1
