"""Rows of a lane go one after the other; a claim is a lease with a fence; what goes together stays together."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from bridge.store import claims, firms, outbox, routes
from bridge.store.database import patiently
from bridge.store.outbox import LEASE, Row
from tests.bench import Bench
from tests.store.scratch import only_postgres


async def _candidates(bench: Bench, limit: int = 100) -> list[int]:
    async with bench.db.begin() as tx:
        return [each.row.id for each in await claims.candidates(tx, bench.now, limit)]


async def _claim(bench: Bench, lease: str = "mine", limit: int = 100) -> list[Row]:
    """Claim everything that may be done now."""
    async with bench.db.begin() as tx:
        found = [each.row for each in await claims.candidates(tx, bench.now, limit)]
        if found:
            await claims.claim(tx, found, lease, bench.now)
    return [replace(row, lease=lease, attempts=row.attempts + 1) for row in found]


async def _expire(bench: Bench) -> int:
    async with bench.db.begin() as tx:
        return await claims.expire_leases(tx, bench.now)


async def _finish(bench: Bench, *rows: Row) -> bool:
    async with bench.db.begin() as tx:
        return await outbox.finish(tx, list(rows), bench.now)


async def _followers(bench: Bench, row: Row, room: int) -> list[int]:
    async with bench.db.begin() as tx:
        return [each.id for each in await claims.claim_followers(tx, row, room, bench.now)]


# ------------------------------------------------------------------ lanes


async def test_an_open_row_blocks_the_younger_ones_of_its_lane_and_nobody_else(bench: Bench) -> None:
    a1, a2, b1, a3 = [await bench.put(lane) for lane in ("a", "a", "b", "a")]
    assert await _candidates(bench) == [a1, b1]
    first, other = await _claim(bench)
    assert await _candidates(bench) == []
    async with bench.db.begin() as tx:
        await outbox.doubt(tx, first, bench.now, "lost")
    assert await _candidates(bench) == [a1]  # in doubt: it still blocks, and is to be settled
    async with bench.db.begin() as tx:
        await outbox.postpone(tx, other, bench.now + timedelta(seconds=10), "later")
    assert await _candidates(bench) == [a1]
    [first] = await _claim(bench)
    assert await _finish(bench, first)
    assert await _candidates(bench) == [a2]
    assert a3 not in await _candidates(bench)


async def test_a_row_that_is_not_due_blocks_too(bench: Bench) -> None:
    late = await bench.put("a", due_in=60)
    await bench.put("a")
    assert await _candidates(bench) == []
    bench.skip(seconds=61)
    assert await _candidates(bench) == [late]


async def test_a_revived_row_waits_for_the_younger_one_that_is_under_way(bench: Bench) -> None:
    dead = await bench.put("a")
    [row] = await _claim(bench)
    async with bench.db.begin() as tx:
        assert await outbox.bury(tx, row, bench.now, "no")
    younger = await bench.put("a")
    [busy] = await _claim(bench)
    assert busy.id == younger
    async with bench.db.begin() as tx:
        assert await outbox.revive(tx, dead, bench.now)
    assert await _candidates(bench) == []
    assert await _finish(bench, busy)
    assert await _candidates(bench) == [dead]


async def test_of_two_firms_with_the_same_names_none_is_in_the_others_way(bench: Bench) -> None:
    await bench.put("a")
    second_firm = await _second_firm(bench)
    async with bench.db.begin() as tx:
        second = await outbox.put(
            tx, second_firm, outbox.Kind.POST, bench.now, lane="a", service="slack", route="post:C1",
            payload={},
        )  # fmt: skip
        await routes.switch_off(tx, bench.firm_id, "slack", "revoked", probe_at=bench.now + LEASE, now=bench.now)
    assert await _candidates(bench) == [second]


async def _second_firm(bench: Bench) -> int:
    async with bench.db.begin() as tx:
        return await firms.install(tx, "T2", bench.now, name="Bright Dental", bot_token=None)


# ------------------------------------------------------------------ leases


@pytest.mark.faults("F27")
async def test_a_claim_that_ran_out_leaves_a_doubt_and_its_holder_cannot_decide_any_more(bench: Bench) -> None:
    row_id = await bench.put()
    [mine] = await _claim(bench, "mine")
    bench.skip(seconds=LEASE.total_seconds() - 1)
    assert await _expire(bench) == 0
    bench.skip(seconds=2)
    assert await _expire(bench) == 1
    assert await bench.state(row_id) == "unknown"

    async def late() -> None:
        async with bench.db.begin() as tx:
            assert not await outbox.renew(tx, mine, bench.now)
            assert not await outbox.finish(tx, mine, bench.now)
            assert not await outbox.bury(tx, mine, bench.now, "no")
            await outbox.postpone(tx, mine, bench.now, "later")
            await outbox.doubt(tx, mine, bench.now, "lost")
            await outbox.start_over(tx, mine, bench.now)

    await late()
    assert await bench.state(row_id) == "unknown"
    [theirs] = await _claim(bench, "theirs")
    before = await bench.fields(row_id)
    await late()
    assert await bench.fields(row_id) == before
    assert await _finish(bench, theirs)
    assert await bench.state(row_id) == "done"


async def test_an_outcome_counts_once(bench: Bench) -> None:
    """A commit whose answer is lost is tried again, though it has succeeded."""
    row_id = await bench.put()
    [row] = await _claim(bench)
    for _ in range(3):
        async with bench.db.begin() as tx:
            await outbox.postpone(tx, row, bench.now, "ratelimited", counts=False)
    assert (await bench.fields(row_id)).attempts == 0
    [row] = await _claim(bench, "again")
    assert await _finish(bench, row)
    assert not await _finish(bench, row)


async def test_a_claim_can_be_renewed(bench: Bench) -> None:
    await bench.put()
    [row] = await _claim(bench)
    bench.skip(seconds=60)
    async with bench.db.begin() as tx:
        assert await outbox.renew(tx, row, bench.now)
    bench.skip(seconds=60)
    assert await _expire(bench) == 0
    assert await _finish(bench, row)


async def test_at_a_start_all_claims_are_of_those_who_died(bench: Bench) -> None:
    row_id = await bench.put()
    await _claim(bench)
    async with bench.db.begin() as tx:
        assert await claims.expire_leases(tx, bench.now, everyone=True) == 1
    assert await bench.state(row_id) == "unknown"


async def test_a_release_gives_back_what_is_still_ours(bench: Bench) -> None:
    ids = [await bench.put(f"lane {n}") for n in range(3)]
    rows = await _claim(bench)
    await _finish(bench, rows[0])
    bench.skip(seconds=91)
    await _expire(bench)
    [_, taken] = await _claim(bench, "theirs")
    async with bench.db.begin() as tx:
        await claims.release(tx, [rows[0], rows[1]], bench.now)
    assert [await bench.state(row_id) for row_id in ids] == ["done", "sending", "sending"]
    async with bench.db.begin() as tx:
        await claims.release(tx, [taken], bench.now)
    assert await bench.state(taken.id) == "unknown"
    assert await _candidates(bench) == [taken.id]


async def test_a_look_that_failed_says_nothing_about_the_try_before_it(bench: Bench) -> None:
    row_id = await bench.put()
    [row] = await _claim(bench)
    async with bench.db.begin() as tx:
        await outbox.doubt(tx, row, bench.now, "timeout")
    [settling] = await _claim(bench, "settling")
    assert settling.state == "unknown"
    async with bench.db.begin() as tx:
        await outbox.postpone(tx, settling, bench.now, "ratelimited")
    assert await bench.state(row_id) == "unknown"
    [settling] = await _claim(bench, "settling again")
    async with bench.db.begin() as tx:
        await outbox.start_over(tx, settling, bench.now)  # only certainty makes it ready
    assert await bench.state(row_id) == "ready"


# ------------------------------------------------------------------ what is due


async def test_the_next_look_is_when_something_becomes_due(bench: Bench) -> None:
    async def next_due() -> float | None:
        async with bench.db.read() as tx:
            due = await claims.next_due(tx, bench.now)
        return None if due is None else round((due - bench.now).total_seconds(), 3)

    async def is_due() -> bool:
        async with bench.db.read() as tx:
            return await claims.is_due(tx, bench.now)

    assert (await next_due(), await is_due()) == (None, False)
    await bench.put("a", due_in=40)
    assert (await next_due(), await is_due()) == (40, False)
    await bench.put("b", route="post:C2")
    assert (await next_due(), await is_due()) == (40, True)
    async with bench.db.begin() as tx:
        await routes.delay(tx, bench.firm_id, "post:C2", bench.now + timedelta(seconds=7))
    assert await next_due() == 7
    async with bench.db.begin() as tx:
        await routes.delay(tx, bench.firm_id, "slack", bench.now + timedelta(seconds=3))
    assert await next_due() == 3
    bench.skip(seconds=8)
    assert await next_due() == 32


async def test_a_claim_that_has_run_out_is_something_to_do(bench: Bench) -> None:
    await bench.put()
    await _claim(bench)
    async with bench.db.read() as tx:
        assert not await claims.is_due(tx, bench.now)
        assert await claims.is_due(tx, bench.now + LEASE + timedelta(seconds=1))


async def test_what_waits_for_its_lane_or_its_way_is_not_overdue(bench: Bench) -> None:
    async def oldest() -> bool:
        async with bench.db.read() as tx:
            return await claims.oldest_due(tx, bench.now) is not None

    await bench.put("a", due_in=30)
    await bench.put("a")
    assert not await oldest()
    await bench.put("b", route="post:C2")
    async with bench.db.begin() as tx:
        await routes.switch_off(tx, bench.firm_id, "post:C2", "is_archived", probe_at=bench.now, now=bench.now)
    assert not await oldest()
    await bench.put("c")
    assert await oldest()


async def test_a_way_that_is_full_hides_nobody(bench: Bench) -> None:
    for n in range(5):
        await bench.put(f"busy {n}", route="post:C1")
    other = await bench.put("other", route="post:C2")
    async with bench.db.begin() as tx:
        found = await claims.candidates(tx, bench.now, 2, without={(bench.firm_id, "post:C1")})
        assert [each.row.id for each in found] == [other]
        assert await claims.candidates(tx, bench.now, 2, without={(bench.firm_id, "slack")}) == []


# ------------------------------------------------------------------ ways


async def test_a_service_can_only_make_a_wait_longer(bench: Bench) -> None:
    for seconds in (30, 10, 60, 5):
        async with bench.db.begin() as tx:
            await routes.delay(tx, bench.firm_id, "post:C1", bench.now + timedelta(seconds=seconds))
    assert (await bench.route("post:C1")).free_at == bench.now + timedelta(seconds=60)


async def test_of_all_who_notice_that_a_way_is_broken_one_is_the_first(bench: Bench) -> None:
    beside = bench.beside()

    async def notice(who: Bench) -> bool:
        probe_at = bench.now + timedelta(minutes=5)
        async with who.db.begin() as tx:
            return await routes.switch_off(
                tx, bench.firm_id, "post:C1", "is_archived", probe_at=probe_at, now=bench.now
            )

    notices = [partial(notice, who) for who in [bench, beside] * 4]
    firsts = await asyncio.gather(*(patiently(each, seconds=9) for each in notices))
    assert sorted(firsts) == [False] * 7 + [True]
    async with bench.db.begin() as tx:
        assert await routes.switch_on(tx, bench.firm_id, "post:C1") == 1
    assert await notice(bench)


async def test_what_is_off_is_a_candidate_only_when_it_is_time_to_try(bench: Bench) -> None:
    row_id = await bench.put()
    async with bench.db.begin() as tx:
        await routes.switch_off(
            tx, bench.firm_id, "slack", "revoked", probe_at=bench.now + timedelta(minutes=5), now=bench.now
        )
    assert await _candidates(bench) == []
    bench.skip(minutes=5)
    async with bench.db.begin() as tx:
        [found] = await claims.candidates(tx, bench.now, 10)
    assert (found.row.id, found.is_service_off, found.is_route_off) == (row_id, True, False)


# ------------------------------------------------------------------ what goes together


async def test_rows_behind_one_go_with_it_while_they_are_of_its_kind(bench: Bench) -> None:
    head = await bench.put("a")
    posts = [await bench.put("a") for _ in range(3)]
    await bench.put("a", kind=outbox.Kind.NOTICE)
    await bench.put("a")
    [row] = await _claim(bench)
    assert row.id == head
    assert await _followers(bench, row, 10) == posts
    assert [await bench.state(row_id) for row_id in posts] == ["sending"] * 3


async def test_room_is_a_limit(bench: Bench) -> None:
    await bench.put("a")
    posts = [await bench.put("a") for _ in range(3)]
    [row] = await _claim(bench)
    assert await _followers(bench, row, 2) == posts[:2]


async def test_a_later_try_has_the_same_company_and_no_other(bench: Bench) -> None:
    await bench.put("a")
    company = [await bench.put("a") for _ in range(2)]
    [row] = await _claim(bench)
    assert await _followers(bench, row, 2) == company
    bench.skip(seconds=91)
    await _expire(bench)
    await bench.put("a")
    [settling] = await _claim(bench, "settling")
    assert settling.id == row.id
    assert await _followers(bench, settling, 0) == company
    async with bench.db.begin() as tx:
        assert not await outbox.finish(tx, [row, *[replace(row, id=each) for each in company]], bench.now)
    assert await _followers(bench, row, 10) == [], "who lost the claim takes no company either"


async def test_given_up_the_others_go_alone_and_start_afresh(bench: Bench) -> None:
    await bench.put("a")
    company = [await bench.put("a") for _ in range(2)]
    [row] = await _claim(bench)
    await _followers(bench, row, 2)
    async with bench.db.begin() as tx:
        assert await outbox.bury(tx, row, bench.now, "no")
        await claims.unbind(tx, row)
    assert await _candidates(bench) == company[:1]
    fields = await bench.fields(company[0])
    assert (fields.attempts, fields.batch, fields.state) == (0, None, "ready")


# ------------------------------------------------------------------ the operator


async def test_only_a_dead_row_is_revived_or_dropped(bench: Bench) -> None:
    ready, dead = await bench.put("a"), await bench.put("b")
    row = next(row for row in await _claim(bench) if row.id == dead)
    async with bench.db.begin() as tx:
        assert not await outbox.revive(tx, ready, bench.now)
        assert not await outbox.drop(tx, ready, bench.now)
        await outbox.bury(tx, row, bench.now, "no")
        assert await outbox.revive(tx, dead, bench.now)
        assert not await outbox.drop(tx, dead, bench.now)
    fields = await bench.fields(dead)
    assert (fields.state, fields.attempts) == ("unknown", 0), "its last try may have succeeded unseen"


async def test_only_what_was_done_long_ago_is_forgotten_a_little_at_a_time(bench: Bench) -> None:
    for n in range(5):
        await bench.put(f"lane {n}")
    await _finish(bench, *await _claim(bench))
    waiting = await bench.put("waiting")

    async def prune(limit: int) -> int:
        async with bench.db.begin() as tx:
            return await outbox.prune(tx, bench.now - timedelta(days=1), limit)

    assert await prune(10) == 0
    bench.skip(days=2)
    assert [await prune(3), await prune(3), await prune(3)] == [3, 2, 0]
    assert await bench.state(waiting) == "ready"


# ------------------------------------------------------------------ several processes


@only_postgres
@pytest.mark.faults("F27")
async def test_one_worker_chooses_at_a_time_and_the_other_does_not_wait(bench: Bench) -> None:
    beside = bench.beside()

    async def may(who: Bench) -> bool:
        async with who.db.begin() as tx:
            return await claims.may_choose(tx)

    async with bench.db.begin() as tx:
        assert await claims.may_choose(tx)
        assert not await asyncio.wait_for(may(beside), 1)
    assert await may(beside)


@only_postgres
async def test_a_row_that_is_being_claimed_elsewhere_counts_as_begun(bench: Bench) -> None:
    """Otherwise a mark that is promised while the last one is being put on would be lost."""
    beside = bench.beside()
    await bench.put("mark:1")

    async def is_waiting(who: Bench) -> bool:
        async with who.db.begin() as tx:
            return await outbox.has_waiting(tx, bench.firm_id, "mark:1")

    assert await is_waiting(beside)
    async with bench.db.begin() as tx:
        [found] = await claims.candidates(tx, bench.now, 10)
        await claims.claim(tx, [found.row], "mine", bench.now)
        assert not await asyncio.wait_for(is_waiting(beside), 1)


async def test_a_long_error_is_cut_and_not_refused(bench: Bench) -> None:
    error = "x" * 200
    changes: list[Callable[..., Awaitable[Any]]] = [outbox.postpone, outbox.doubt, outbox.bury]
    for change in changes:
        row_id = await bench.put(f"lane {change.__name__}")
        (row,) = await _claim(bench)
        async with bench.db.begin() as tx:
            await change(tx, row, bench.now + timedelta(hours=1), error)
        assert (await bench.fields(row_id)).error == "x" * 60


async def test_who_holds_a_row_longer_holds_those_that_go_with_it_as_long(bench: Bench) -> None:
    leader, follower = await bench.put("a"), await bench.put("a")
    (row,) = await _claim(bench)
    assert await _followers(bench, row, 5) == [follower]
    bench.skip(seconds=40)
    async with bench.db.begin() as tx:
        assert await outbox.renew_together(tx, row, bench.now)
    bench.skip(seconds=60)
    assert await _expire(bench) == 0
    bench.skip(seconds=40)
    assert await _expire(bench) == 2
    async with bench.db.begin() as tx:
        assert not await outbox.renew_together(tx, row, bench.now)
    assert {await bench.state(leader), await bench.state(follower)} == {"unknown"}


@only_postgres
async def test_a_way_that_breaks_while_quiet_ones_are_forgotten_stays_broken(bench: Bench) -> None:
    long_ago = bench.now - timedelta(days=2)
    async with bench.db.begin() as tx:
        await routes.delay(tx, bench.firm_id, "post:C1", long_ago)

    async def forget() -> int:
        async with bench.beside().db.begin() as tx:
            return await routes.forget_quiet(tx, bench.now - timedelta(days=1), 500)

    async with bench.db.begin() as tx:
        await routes.switch_off(tx, bench.firm_id, "post:C1", "is_archived", probe_at=bench.now, now=bench.now)
        task = asyncio.create_task(forget())
        await asyncio.sleep(0.1)
    assert await task == 0
    assert (await bench.route("post:C1")).off_reason == "is_archived"
