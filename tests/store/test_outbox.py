"""An outcome is written by who holds the claim, and once; what is over is forgotten."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from bridge.store import backlog, claims, outbox
from bridge.store.outbox import LEASE
from tests.bench import Bench
from tests.store.claiming import claim, expire, finish, followers
from tests.store.scratch import only_postgres


@pytest.mark.faults("F27")
async def test_a_claim_that_ran_out_leaves_a_doubt_and_its_holder_cannot_decide_any_more(bench: Bench) -> None:
    row_id = await bench.put()
    [mine] = await claim(bench, "mine")
    bench.skip(seconds=LEASE.total_seconds() - 1)
    assert await expire(bench) == 0
    bench.skip(seconds=2)
    assert await expire(bench) == 1
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
    [theirs] = await claim(bench, "theirs")
    before = await bench.fields(row_id)
    await late()
    assert await bench.fields(row_id) == before
    assert await finish(bench, theirs)
    assert await bench.state(row_id) == "done"


async def test_an_outcome_counts_once(bench: Bench) -> None:
    """A commit whose answer is lost is tried again, though it has succeeded."""
    row_id = await bench.put()
    [row] = await claim(bench)
    for _ in range(3):
        async with bench.db.begin() as tx:
            await outbox.postpone(tx, row, bench.now, "ratelimited", counts=False)
    assert (await bench.fields(row_id)).attempts == 0
    [row] = await claim(bench, "again")
    assert await finish(bench, row)
    assert not await finish(bench, row)


async def test_a_claim_can_be_renewed(bench: Bench) -> None:
    await bench.put()
    [row] = await claim(bench)
    bench.skip(seconds=60)
    async with bench.db.begin() as tx:
        assert await outbox.renew(tx, row, bench.now)
    bench.skip(seconds=60)
    assert await expire(bench) == 0
    assert await finish(bench, row)


async def test_who_holds_a_row_longer_holds_those_that_go_with_it_as_long(bench: Bench) -> None:
    leader, follower = await bench.put("a"), await bench.put("a")
    (row,) = await claim(bench)
    assert await followers(bench, row, 5) == [follower]
    bench.skip(seconds=40)
    async with bench.db.begin() as tx:
        assert await outbox.renew_together(tx, row, bench.now)
    bench.skip(seconds=60)
    assert await expire(bench) == 0
    bench.skip(seconds=40)
    assert await expire(bench) == 2
    async with bench.db.begin() as tx:
        assert not await outbox.renew_together(tx, row, bench.now)
    assert {await bench.state(leader), await bench.state(follower)} == {"unknown"}


async def test_a_look_that_failed_says_nothing_about_the_try_before_it(bench: Bench) -> None:
    row_id = await bench.put()
    [row] = await claim(bench)
    async with bench.db.begin() as tx:
        await outbox.doubt(tx, row, bench.now, "timeout")
    [settling] = await claim(bench, "settling")
    assert settling.state == "unknown"
    async with bench.db.begin() as tx:
        await outbox.postpone(tx, settling, bench.now, "ratelimited")
    assert await bench.state(row_id) == "unknown"
    [settling] = await claim(bench, "settling again")
    async with bench.db.begin() as tx:
        await outbox.start_over(tx, settling, bench.now)  # only certainty makes it ready
    assert await bench.state(row_id) == "ready"


async def test_a_long_error_is_cut_and_not_refused(bench: Bench) -> None:
    error = "x" * 200
    changes: list[Callable[..., Awaitable[Any]]] = [outbox.postpone, outbox.doubt, outbox.bury]
    for change in changes:
        row_id = await bench.put(f"lane {change.__name__}")
        (row,) = await claim(bench)
        async with bench.db.begin() as tx:
            await change(tx, row, bench.now + timedelta(hours=1), error)
        assert (await bench.fields(row_id)).error == "x" * 60


async def test_only_a_dead_row_is_revived_or_dropped(bench: Bench) -> None:
    ready, dead = await bench.put("a"), await bench.put("b")
    row = next(row for row in await claim(bench) if row.id == dead)
    async with bench.db.begin() as tx:
        assert not await backlog.revive(tx, ready, bench.now)
        assert not await backlog.drop(tx, ready, bench.now)
        await outbox.bury(tx, row, bench.now, "no")
        assert await backlog.revive(tx, dead, bench.now)
        assert not await backlog.drop(tx, dead, bench.now)
    fields = await bench.fields(dead)
    assert (fields.state, fields.attempts) == ("unknown", 0), "its last try may have succeeded unseen"


async def test_only_what_was_done_long_ago_is_forgotten_a_little_at_a_time(bench: Bench) -> None:
    for n in range(5):
        await bench.put(f"lane {n}")
    await finish(bench, *await claim(bench))
    waiting = await bench.put("waiting")

    async def prune(limit: int) -> int:
        async with bench.db.begin() as tx:
            return await outbox.prune(tx, bench.now - timedelta(days=1), limit)

    assert await prune(10) == 0
    bench.skip(days=2)
    assert [await prune(3), await prune(3), await prune(3)] == [3, 2, 0]
    assert await bench.state(waiting) == "ready"


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
