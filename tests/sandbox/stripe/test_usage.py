"""Usage is taken at once, counted later, and once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import stripe
from stripe import StripeClient

from bridge.sandbox.stripe import PretendStripe
from tests.sandbox.stripe.shop import EVENT, Shop

DAY = 86400


async def total(shop: Shop, **more: Any) -> float:
    minute = shop.pretend.stamp() // 60 * 60
    params: Any = {"customer": shop.customer, "start_time": minute - 3600, "end_time": minute + 600, **more}
    page = await shop.client.v1.billing.meters.event_summaries.list_async(shop.meter, params)
    return sum(each.aggregated_value for each in page.data)


async def test_what_was_used_is_added_up(shop: Shop) -> None:
    await shop.text(1, "a")
    await shop.text(2, "b")
    assert await total(shop) == 3


async def test_an_identifier_is_taken_once_in_a_day(shop: Shop, pretend: PretendStripe) -> None:
    await shop.text(1, "a")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        await shop.text(1, "a")
    assert refused.value.param == "identifier"
    await pretend.skip(hours=25)
    await shop.text(1, "a")
    assert len(pretend.usage) == 2


async def test_one_event_at_a_time_for_each_customer(shop: Shop, pretend: PretendStripe) -> None:
    pretend.usage_work = 0.1
    answers = await asyncio.gather(*(shop.text(1, str(each)) for each in range(3)), return_exceptions=True)
    refused = [each for each in answers if each is not None]
    assert [type(each) for each in refused] == [stripe.RateLimitError] * 2
    assert len(pretend.usage) == 1


async def test_it_counts_only_later(shop: Shop, pretend: PretendStripe) -> None:
    pretend.usage_lag = timedelta(minutes=5)
    await shop.text(1, "a")
    assert await total(shop) == 0
    await pretend.skip(minutes=6)
    assert await total(shop) == 1
    await shop.text(1, "b")
    pretend.count_usage()
    assert await total(shop) == 2


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"payload": {"value": "1"}}, "meter_event_no_customer_defined"),
        ({"payload": {"stripe_customer_id": "cus_none", "value": "1"}}, "meter_event_customer_not_found"),
        ({"event_name": "other"}, "no_meter"),
        ({"timestamp": -36 * DAY}, "timestamp_too_far_in_past"),
        ({"timestamp": 400}, "timestamp_in_future"),
    ],
)
async def test_what_cannot_be_counted_is_taken_and_thrown_away(
    shop: Shop, pretend: PretendStripe, change: dict[str, Any], code: str
) -> None:
    if "timestamp" in change:
        change = {"timestamp": pretend.stamp() + change["timestamp"]}
    await shop.text(1, "a", **change)
    assert [each.code for each in pretend.thrown_away] == [code]
    assert await total(shop) == 0


async def test_a_value_that_is_none(shop: Shop, pretend: PretendStripe) -> None:
    await shop.text(1, "a", payload={"stripe_customer_id": shop.customer, "value": "many"})
    assert [each.code for each in pretend.thrown_away] == ["meter_event_invalid_value"]


async def test_a_meter_that_was_put_away(shop: Shop, pretend: PretendStripe) -> None:
    meters = shop.client.v1.billing.meters
    assert (await meters.deactivate_async(shop.meter)).status == "inactive"
    await shop.text(1, "a")
    assert [each.code for each in pretend.thrown_away] == ["archived_meter"]
    assert (await meters.list_async({"status": "active"})).data == []
    assert (await meters.reactivate_async(shop.meter)).status == "active"
    await shop.text(1, "b")
    assert await total(shop) == 1


async def test_an_event_name_is_taken_once(shop: Shop, client: StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        await client.v1.billing.meters.create_async(
            {"display_name": "Again", "event_name": EVENT, "default_aggregation": {"formula": "sum"}}
        )


async def test_an_event_is_taken_back_within_a_day(shop: Shop, pretend: PretendStripe) -> None:
    await shop.text(5, "a")
    back: Any = {"event_name": EVENT, "type": "cancel", "cancel": {"identifier": "a"}}
    adjusted = await shop.client.v1.billing.meter_event_adjustments.create_async(back)
    assert adjusted.status == "pending"
    assert await total(shop) == 0
    await shop.text(5, "b")
    await pretend.skip(hours=25)
    with pytest.raises(stripe.InvalidRequestError):
        await shop.client.v1.billing.meter_event_adjustments.create_async(
            {**back, "cancel": {"identifier": "b"}}  # type: ignore[typeddict-item]
        )


async def test_sums_begin_with_a_minute_an_hour_or_a_day(shop: Shop, pretend: PretendStripe) -> None:
    await shop.text(1, "a")
    hour = pretend.stamp() // 3600 * 3600
    for wrong in (
        {"start_time": hour + 1},
        {"start_time": hour + 60, "value_grouping_window": "hour"},
        {"start_time": hour + 7200, "end_time": hour + 3600},
    ):
        with pytest.raises(stripe.InvalidRequestError):
            await total(shop, **{"end_time": hour + 3600, **wrong})
    assert await total(shop, start_time=hour, end_time=hour + 7200, value_grouping_window="hour") == 1
