"""When a promise was not kept: nothing is lost, nothing is repeated blindly, nobody else is held up."""

from collections import Counter
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.jobs import outcomes
from bridge.services.deps import Deps
from bridge.services.promises import Later, Promise, StillUnknown, let_go
from bridge.store import claims, routes
from bridge.store.outbox import Kind, Row
from bridge.store.tables import outbox as table
from bridge.store.writer import StoreUnavailable
from tests.bench import Bench, done


class Outside:
    """The outside world: says what is in `trouble`, or that all is well. Keeps a list of what it was asked."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.asked: list[tuple[str, int]] = []

    async def keep(self, deps: Deps, row: Row, _now: datetime) -> None:
        await self._answer("keep", deps, row)

    async def settle(self, deps: Deps, row: Row, _now: datetime) -> None:
        await self._answer("settle", deps, row)

    async def _answer(self, how: str, deps: Deps, row: Row) -> None:
        self.asked.append((how, row.id))
        if self.trouble is not None:
            raise self.trouble
        await done(deps, row)


async def _told(deps: Deps, row: Row, _now: datetime) -> None:
    await done(deps, row)


class Hand:
    """A worker whose looks are made by hand, on a clock that stands still."""

    def __init__(self, bench: Bench, promise: Promise) -> None:
        bench.stop_clock()
        self._bench = bench
        self._worker = bench.worker({Kind.POST: promise, Kind.ALERT: Promise(keep=_told)})

    async def look(self) -> list[int]:
        """Look once, and keep what is found; which rows that were."""
        claimed = await self._worker._claim()
        for row, is_probe in claimed:
            await self._worker._keep(row, is_probe=is_probe)
        return [row.id for row, _ in claimed]

    async def look_for(self, *, seconds: float) -> list[int]:
        """Let time pass, and look whenever something becomes due; all rows that were tried."""
        tried, end = await self.look(), self._bench.now + timedelta(seconds=seconds)
        while (left := end - self._bench.now) > timedelta(0):
            async with self._bench.db.read() as tx:
                due = await claims.next_due(tx, self._bench.now) or end
            self._bench.skip(seconds=min(left, due - self._bench.now).total_seconds())
            tried += await self.look()
        return tried


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def hand(bench: Bench, outside: Outside) -> Hand:
    return Hand(bench, Promise(keep=outside.keep, settle=outside.settle))


LATER = GatewayError("http_500", Retry.LATER)
DOUBT = GatewayError("timeout", Retry.DOUBT)
REVOKED = GatewayError("token_revoked", Retry.REPAIR, scope=Scope.ACCOUNT)
ARCHIVED = GatewayError("is_archived", Retry.REPAIR, scope=Scope.CHANNEL)


# ------------------------------------------------------------------ again, later


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


# ------------------------------------------------------------------ doubt


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


# ------------------------------------------------------------------ busy and broken ways


@pytest.mark.faults("F5")
async def test_the_wait_that_a_service_asks_for_is_the_ways_and_not_counted(
    bench: Bench, outside: Outside, hand: Hand
) -> None:
    rows = [await bench.put(f"thread:{n}") for n in range(3)]
    other = await bench.put("elsewhere", route="post:C2")
    outside.trouble = GatewayError("ratelimited", Retry.LATER, after=30)
    [first] = [row_id for row_id in await hand.look() if row_id == rows[0]]
    outside.asked.clear()
    outside.trouble = None
    tried = await hand.look_for(seconds=29)
    assert set(tried) == set()
    assert (await bench.fields(first)).attempts == 0
    assert (await bench.fields(other)).attempts == 0
    bench.skip(seconds=1.1)
    assert set(await hand.look()) == {*rows, other}


@pytest.mark.faults("F5")
async def test_other_ways_flow_while_one_has_to_wait(bench: Bench, outside: Outside, hand: Hand) -> None:
    await bench.put("busy")
    outside.trouble = GatewayError("ratelimited", Retry.LATER, after=30)
    await hand.look()
    outside.trouble = None
    behind = await bench.put("busy too")
    other = await bench.put("elsewhere", route="post:C2")
    assert await hand.look() == [other]
    assert await bench.state(behind) == "ready"


@pytest.mark.faults("F6", "F7")
@pytest.mark.parametrize(("trouble", "stops"), [(REVOKED, {"post:C1", "post:C2"}), (ARCHIVED, {"post:C1"})])
async def test_a_broken_way_is_tried_by_one_row_every_five_minutes_until_it_works(
    bench: Bench, outside: Outside, hand: Hand, trouble: GatewayError, stops: set[str]
) -> None:
    rows = {
        route: [await bench.put(f"{route} {n}", route=route) for n in range(3)] for route in ("post:C1", "post:C2")
    }
    ids = [row_id for some in rows.values() for row_id in some]
    waiting = {row_id for route in stops for row_id in rows[route]}

    async def keep(deps: Deps, row: Row, now: datetime) -> None:
        outside.asked.append(("keep", row.id))
        if row.route in stops and outside.trouble is not None:
            raise outside.trouble
        await done(deps, row)

    hand = Hand(bench, Promise(keep=keep))
    outside.trouble = trouble
    assert set(await hand.look()) == set(ids)
    assert {row_id for row_id in ids if await bench.state(row_id) == "ready"} == waiting
    outside.asked.clear()

    tried = await hand.look_for(seconds=1500)
    tried = [row_id for row_id in tried if row_id in ids]
    assert 4 <= len(tried) <= 5, "one row each five minutes"
    assert len(set(tried)) > 1, "not always the same one: it may fail for a reason of its own"
    assert set(tried) <= waiting
    assert {row_id for row_id in ids if await bench.state(row_id) == "ready"} == waiting

    outside.trouble = None
    tried = await hand.look_for(seconds=330)
    assert Counter(tried) == Counter(waiting), "after one success all flows"
    assert set(await bench.states()) == {"done"}
    assert await bench.count(Kind.ALERT) == (0 if trouble is REVOKED else 1), "admins are told once"


@pytest.mark.faults("F6")
async def test_a_call_that_no_repair_will_help_ends_alone(bench: Bench, outside: Outside, hand: Hand) -> None:
    row_id = await bench.put()
    outside.trouble = GatewayError("restricted", Retry.REPAIR, scope=Scope.CALL)
    await hand.look()
    assert await bench.state(row_id) == "dead"
    assert await bench.route("post:C1") is None


async def test_one_channels_trouble_does_not_stop_a_method_that_all_channels_share(
    bench: Bench, outside: Outside, hand: Hand
) -> None:
    row_id = await bench.put("mark:1", route="react")
    outside.trouble = ARCHIVED
    await hand.look()
    assert await bench.state(row_id) == "dead"
    stored = await bench.route("react")
    assert stored is None or stored.off_reason is None


# ------------------------------------------------------------------ the end


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


async def test_a_row_that_will_never_do_lets_another_one_prove_that_the_way_works(bench: Bench) -> None:
    hopeless = await bench.put("hopeless")
    fine = [await bench.put(f"fine {n}") for n in range(2)]

    async def keep(deps: Deps, row: Row, _now: datetime) -> None:
        if row.id == hopeless:
            raise ARCHIVED
        await done(deps, row)

    hand = Hand(bench, Promise(keep=keep))
    async with bench.db.begin() as tx:
        await routes.switch_off(tx, bench.firm_id, "post:C1", "is_archived", probe_at=bench.now, now=bench.now)
    await hand.look_for(seconds=1200)
    assert [await bench.state(row_id) for row_id in fine] == ["done", "done"]
