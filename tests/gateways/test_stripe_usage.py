"""Usage is reported once, read back, and what was missed is read after the fact."""

import asyncio
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.stripe_usage import OLDEST_USAGE, SURELY_ONCE
from tests.gateways.desk import EVENT, Desk, refused


async def test_what_stripe_has_already_is_fine(desk: Desk) -> None:
    await desk.text(1, "m1")
    await desk.text(1, "m1")
    await desk.text(2, "m2")
    assert await desk.used() == 3
    assert len(desk.pretend.usage) == 2


async def test_trouble_of_stripes_own_is_not_kept(desk: Desk) -> None:
    """As it would be for a day with a key that is the same each time."""
    desk.pretend.fail("usage_create", status=500, accept_first=True, keep=True)
    assert (await refused(desk.text(1, "m1"))).retry is Retry.DOUBT
    await desk.text(1, "m1")
    assert await desk.used() == 1


async def test_after_a_day_it_would_count_twice(desk: Desk) -> None:
    """So whoever may have reported something before that looks first."""
    await desk.text(1, "m1")
    assert await desk.used() == 1
    desk.pretend.pass_time(SURELY_ONCE + timedelta(minutes=1))
    await desk.text(1, "m1")
    assert len(desk.pretend.usage) == 2


async def test_one_at_a_time_for_each_customer(desk: Desk) -> None:
    desk.pretend.usage_work = 0.1
    answers = await asyncio.gather(*(desk.text(1, str(each)) for each in range(3)), return_exceptions=True)
    troubles = [each for each in answers if isinstance(each, GatewayError)]
    assert [(each.code, each.retry) for each in troubles] == [("lock_timeout", Retry.LATER)] * 2
    for each in range(3):
        await desk.text(1, str(each))
    assert await desk.used() == 3


async def test_it_counts_only_later(desk: Desk) -> None:
    desk.pretend.usage_lag = timedelta(minutes=2)
    await desk.text(5, "m1")
    assert await desk.used() == 0
    desk.pretend.count_usage()
    assert await desk.used() == Decimal(5)


@pytest.mark.parametrize("fault", [{"drop": True, "accept_first": True}, {"cut": True}, {"status": 500}])
async def test_a_lost_answer_is_doubt_and_a_repeat_counts_once(desk: Desk, fault: dict[str, Any]) -> None:
    desk.pretend.fail("usage_create", **fault)
    assert (await refused(desk.text(1, "m1"))).retry is Retry.DOUBT
    await desk.text(1, "m1")
    assert await desk.used() == 1


async def test_what_is_too_old_is_not_sent(desk: Desk) -> None:
    now = desk.pretend.now()
    error = await refused(desk.text(1, "m1", at=now - OLDEST_USAGE - timedelta(seconds=1)))
    assert (error.code, error.retry) == ("usage_too_old", Retry.NEVER)
    assert desk.asked("usage_create") == 0
    await desk.text(1, "m2", at=now - OLDEST_USAGE + timedelta(minutes=1))
    assert desk.pretend.thrown_away == []


async def test_usage_of_other_refusals(desk: Desk) -> None:
    desk.pretend.fail("usage_create", status=400, message="Something else")
    assert (await refused(desk.text(1, "m1"))).retry is Retry.NEVER


async def test_moments_within_a_minute_are_asked_for_with_the_whole_minute(desk: Desk) -> None:
    await desk.text(1, "m1")
    now = desk.pretend.now().replace(second=30)
    await desk.gateway.usage_sum(desk.meter, desk.customer, start=now, end=now + timedelta(seconds=1))
    params = desk.pretend.requests[-1].params
    minute = int(now.timestamp()) // 60 * 60
    assert (int(params["start_time"]), int(params["end_time"])) == (minute, minute + 60)


async def test_events_come_oldest_first(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.gateways.stripe_usage._PAGE", 2)
    since = desk.pretend.now()
    begun = await desk.begun()
    kinds = ["customer.subscription.created", "invoice.paid", "payment_method.attached", "customer.updated"]
    found = await desk.gateway.events_since(kinds, since)
    assert [each.type for each in found] == [kinds[2], kinds[3], kinds[0], kinds[1]]
    assert {each.customer for each in found} == {desk.customer}
    assert [each.subscription for each in found] == ["", "", begun.id, begun.id]
    assert found[2].about == begun.id
    assert len({each.id for each in found}) == 4
    newest = await desk.gateway.events_since(kinds, since, limit=1)
    assert newest == found[-1:]
    assert await desk.gateway.events_since(kinds, desk.pretend.now() + timedelta(minutes=1)) == []
    assert await desk.gateway.events_since(["invoice.voided"], since) == []


async def test_renewals_bill_what_was_reported(desk: Desk) -> None:
    await desk.begun()
    for each in range(10):
        await desk.text(26, f"m{each}")
    assert await desk.used() == 260
    await desk.pretend.skip(days=32)
    assert desk.totals() == [("paid", 1500), ("paid", 1560)]
    assert EVENT in {usage.event_name for usage in desk.pretend.usage}
