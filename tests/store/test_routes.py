"""A way that rests or is broken holds its rows back, and is probed."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest

from bridge.store import claims, routes
from bridge.store.database import patiently
from bridge.store.tables import outbox
from tests.bench import Bench
from tests.store.claiming import candidates
from tests.store.scratch import only_postgres


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


@pytest.mark.faults("F15")
async def test_a_repair_puts_nothing_off_that_was_promised_by_a_clock_ahead_of_ours(bench: Bench) -> None:
    row_id = await bench.put()
    bench.set_clock(days=-1)
    off = {"probe_at": bench.now + timedelta(minutes=5), "now": bench.now}
    async with bench.db.begin() as tx:
        await tx.run(outbox.update().values(error="is_archived", due_at=bench.now))
        await routes.switch_off(tx, bench.firm_id, "post:C1", "is_archived", **off)
        await routes.switch_on(tx, bench.firm_id, "post:C1")
    assert await candidates(bench) == [row_id]


async def test_what_is_off_is_a_candidate_only_when_it_is_time_to_try(bench: Bench) -> None:
    row_id = await bench.put()
    async with bench.db.begin() as tx:
        await routes.switch_off(
            tx, bench.firm_id, "slack", "revoked", probe_at=bench.now + timedelta(minutes=5), now=bench.now
        )
    assert await candidates(bench) == []
    bench.skip(minutes=5)
    async with bench.db.begin() as tx:
        [found] = await claims.candidates(tx, bench.now, 10)
    assert (found.row.id, found.is_service_off, found.is_route_off) == (row_id, True, False)


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
