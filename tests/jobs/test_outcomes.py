"""When a promise was not kept: nothing is lost and nothing is repeated blindly."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.gateways.errors import GatewayError, Retry
from bridge.jobs import outcomes
from bridge.services.deps import Deps
from bridge.services.promises import Later, Promise, StillUnknown, let_go
from bridge.store.outbox import Row
from bridge.store.tables import outbox as table
from bridge.store.trouble import StoreUnavailable
from tests.bench import Bench, done
from tests.jobs.hand import ARCHIVED, DOUBT, LATER, Hand, Outside


@given(st.integers(1, 2000))
def test_waits_grow_are_capped_and_never_the_same_for_all(attempts: int) -> None:
    longest = min(2.0 ** min(attempts - 1, 30), 300)
    waits = [outcomes._backoff(attempts).total_seconds() for _ in range(20)]
    assert all(longest / 10 <= wait <= longest for wait in waits)
    assert len(set(waits)) > 10


async def test_what_was_certainly_not_done_is_tried_again_after_growing_waits(
    bench: Bench, outside: Outside, hand: Hand
) -> None:
    row_id, outside.trouble = await bench.put(), LATER
    waits = []
    for _ in range(9):
        assert await hand.look() == [row_id]
        waits.append(((await bench.fields(row_id)).due_at - bench.now).total_seconds())
        assert await hand.look() == []
        bench.skip(seconds=waits[-1])
    assert 0.1 <= waits[0] <= 1
    assert all(2**n / 10 <= wait <= 2**n for n, wait in enumerate(waits))
    outside.trouble = None
    await hand.look()
    assert await bench.state(row_id) == "done"
    assert {how for how, _ in outside.asked} == {"keep"}


async def test_an_outage_of_hours_kills_nothing(bench: Bench, outside: Outside, hand: Hand) -> None:
    rows = [await bench.put("certain"), await bench.put("in doubt", route="post:C2")]
    for trouble in (LATER, DOUBT):
        outside.trouble = trouble
        await hand.look_for(seconds=1500)  # more than twelve tries
    assert set(await bench.states()) <= {"ready", "unknown"}
    outside.trouble = None
    await hand.look_for(seconds=600)
    assert [await bench.state(row_id) for row_id in rows] == ["done", "done"]


async def test_after_a_day_it_is_given_up(bench: Bench, outside: Outside, hand: Hand) -> None:
    row_id, outside.trouble = await bench.put(), LATER
    await hand.look_for(seconds=600)
    assert await bench.state(row_id) == "ready"
    bench.skip(hours=24)
    await hand.look()
    fields = await bench.fields(row_id)
    assert (fields.state, fields.error) == ("dead", "http_500")


async def test_a_row_that_has_waited_days_for_a_repair_still_gets_its_tries(
    bench: Bench, outside: Outside, hand: Hand
) -> None:
    row_id, outside.trouble = await bench.put(), ARCHIVED
    await hand.look_for(seconds=3600)
    bench.skip(days=3)
    await hand.look()
    bench.skip(minutes=6)
    outside.trouble = LATER
    await hand.look()
    bench.skip(minutes=10)
    outside.trouble = None
    await hand.look()
    assert await bench.state(row_id) == "done"


async def test_what_may_be_done_twice_by_each_try_is_tried_twelve_times(bench: Bench, outside: Outside) -> None:
    hand = Hand(bench, Promise(keep=outside.keep))
    row_id, outside.trouble = await bench.put(), DOUBT
    tried = await hand.look_for(seconds=2 * 3600)
    assert tried == [row_id] * 12
    assert await bench.state(row_id) == "dead"


async def test_too_early_is_nobodys_fault(bench: Bench, outside: Outside, hand: Hand) -> None:
    row_id, outside.trouble = await bench.put(), Later(timedelta(seconds=2))
    tried = await hand.look_for(seconds=99)
    assert tried == [row_id] * 50
    assert (await bench.fields(row_id)).attempts == 0


@pytest.mark.faults("F10")
@pytest.mark.parametrize("trouble", [DOUBT, StoreUnavailable("deadline"), RuntimeError("a bug after the call")])
async def test_whatever_may_have_been_done_is_looked_into_and_not_repeated(
    bench: Bench, outside: Outside, hand: Hand, trouble: Exception
) -> None:
    row_id, outside.trouble = await bench.put(), trouble
    await hand.look()
    assert await bench.state(row_id) == "unknown"
    bench.skip(seconds=10)
    await hand.look()
    bench.skip(seconds=10)
    outside.trouble = LATER  # a look that fails says nothing about the try
    await hand.look()
    assert await bench.state(row_id) == "unknown"
    bench.skip(minutes=10)
    outside.trouble = None
    await hand.look()
    assert await bench.state(row_id) == "done"
    assert outside.asked == [("keep", row_id)] + [("settle", row_id)] * 3


async def test_who_does_not_know_yet_says_when_to_look_again(bench: Bench, outside: Outside, hand: Hand) -> None:
    row_id, outside.trouble = await bench.put(), DOUBT
    await hand.look()
    outside.trouble = StillUnknown(timedelta(seconds=50))
    bench.skip(seconds=5)
    assert await hand.look() == [row_id]
    bench.skip(seconds=49)
    assert await hand.look() == []
    bench.skip(seconds=2)
    assert await hand.look() == [row_id]


@pytest.mark.faults("F29")
async def test_a_row_that_always_breaks_is_given_up_and_its_lane_goes_on(bench: Bench, outside: Outside) -> None:
    poison, behind, elsewhere = await bench.put("a"), await bench.put("a"), await bench.put("b")

    async def keep(deps: Deps, row: Row, now: datetime) -> None:
        if row.id == poison:
            raise ZeroDivisionError
        await done(deps, row)

    hand = Hand(bench, Promise(keep=keep, settle=keep))
    await hand.look()
    assert await bench.state(elsewhere) == "done"
    await hand.look_for(seconds=1800)
    fields = await bench.fields(poison)
    assert (fields.state, fields.error[:4]) == ("dead", "bug-")
    assert await bench.state(behind) == "done"


async def test_refused_for_good_it_is_dead_or_whatever_was_promised_for_that_case(
    bench: Bench, outside: Outside, hand: Hand
) -> None:
    outside.trouble = GatewayError("invalid_blocks", Retry.NEVER)
    dead = await bench.put("a")
    await hand.look()
    assert await bench.state(dead) == "dead"
    let_go_of = await bench.put("b")
    await Hand(bench, Promise(keep=outside.keep, give_up=let_go)).look()
    assert await bench.state(let_go_of) == "done"


@pytest.mark.faults("F27")
async def test_a_late_outcome_of_a_lost_claim_changes_nothing(bench: Bench, outside: Outside) -> None:
    """The worker was asleep for two minutes; meanwhile another one has taken its row."""
    row_id = await bench.put()
    rows_seen: list[Row] = []

    async def keep(deps: Deps, row: Row, now: datetime) -> None:
        rows_seen.append(row)
        if len(rows_seen) == 1:
            bench.skip(seconds=120)
            await Hand(bench, promise).look()
            raise outside.trouble or AssertionError

    promise = Promise(keep=keep, settle=keep)
    for trouble in (LATER, DOUBT, GatewayError("no", Retry.NEVER), RuntimeError("bug")):
        outside.trouble = trouble
        rows_seen.clear()
        await Hand(bench, promise).look()
        fields = await bench.fields(row_id)
        assert (fields.state, fields.lease) == ("sending", rows_seen[1].lease)
        async with bench.db.begin() as tx:  # as it was
            again = {"state": "ready", "lease": None, "due_at": bench.now}
            await tx.run(table.update().where(table.c.id == row_id).values(**again))
