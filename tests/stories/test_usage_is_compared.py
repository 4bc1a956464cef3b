"""Once a day we ask Stripe what it has counted: what it lost or counted twice is not left to an invoice to tell."""

import pytest

from bridge.services import comparing, reporting
from tests.till import Till


async def texted(till: Till, *words: str) -> None:
    """The firm has the add-on, and has sent these."""
    await till.enables()
    await till.stage.lead_texts("Hello?")
    for each in words:
        await till.stage.staff_says(each)


async def report(till: Till) -> None:
    """Eleven minutes later the clock has reported them."""
    till.stage.skip(minutes=11)
    await reporting.promise_all(till.stage.app.deps, till.stage.clock())
    await till.stage.settle(ahead=400)


async def off(till: Till, *, hours: float = 0) -> int:
    """What the clock does every hour finds then by how many texts Stripe is off."""
    till.stage.skip(hours=hours)
    await comparing.compare_all(till.stage.app.deps, till.stage.clock())
    known = await till.known()
    assert known is not None
    return known.usage_off


@pytest.mark.rows(31)
async def test_what_stripe_has_lost_or_counted_twice_is_found_within_a_day(till: Till) -> None:
    till.stage.expects_incidents = True
    await texted(till, "One", "Two")
    await report(till)
    assert await off(till, hours=2) == 0
    till.stripe.usage[0].is_canceled = True
    assert await off(till, hours=2) == 0  # once a day
    assert await off(till, hours=19) == -1
    till.stripe.usage[0].is_canceled = False
    till.stripe.usage[0].value *= 3
    assert await off(till, hours=21) == 2
    till.stripe.usage[0].value /= 3
    assert await off(till, hours=21) == 0
    told = [line for line in till.stage.logs if line["event"] == "usage_differs"]
    assert [(line["log_level"], line["texts"]) for line in told] == [("error", -1), ("error", 2)]


async def test_what_is_on_its_way_is_no_difference(till: Till) -> None:
    await texted(till, "One", "Two")
    till.stripe.usage_lag = comparing.LAG / 2
    till.stripe.fail("usage_create", times=1, drop=True, accept_first=True)
    till.stage.skip(minutes=11)
    await reporting.promise_all(till.stage.app.deps, till.stage.clock())
    await till.stage.settle()
    assert await off(till) == 0
    await till.stage.settle(ahead=400)
    assert await off(till, hours=21) == 0


async def test_while_stripe_does_not_answer_nothing_is_concluded(till: Till) -> None:
    await texted(till, "One")
    await report(till)
    till.stripe.usage[0].is_canceled = True
    till.stripe.fail("*", times=1, status=503)
    assert await off(till, hours=21) == 0
    till.stripe.fail("meter_summaries", times=1, status=503)
    assert await off(till) == 0
    assert await off(till) == -1
    till.stage.expects_incidents = True
