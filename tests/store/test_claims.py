"""Rows of a lane go one after the other; a claim is a lease; what goes together stays together."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import text, update

from bridge.jobs.pacing import UNPACED, paces
from bridge.store import agenda, backlog, claims, firms, outbox, routes
from bridge.store.lockstep import in_lockstep
from bridge.store.outbox import AMPLE, LAST_WORDS, LEASE, Row
from bridge.store.tables import outbox as table
from bridge.store.tx import Tx
from tests.bench import Bench
from tests.store.claiming import candidates, claim, expire, finish, followers
from tests.store.scratch import only_postgres


async def test_an_open_row_blocks_the_younger_ones_of_its_lane_and_nobody_else(bench: Bench) -> None:
    a1, a2, b1, a3 = [await bench.put(lane) for lane in ("a", "a", "b", "a")]
    assert await candidates(bench) == [a1, b1]
    first, other = await claim(bench)
    assert await candidates(bench) == []
    async with bench.db.begin() as tx:
        await outbox.doubt(tx, first, bench.now, "lost")
    assert await candidates(bench) == [a1]  # in doubt: it still blocks, and is to be settled
    async with bench.db.begin() as tx:
        await outbox.postpone(tx, other, bench.now + timedelta(seconds=10), "later")
    assert await candidates(bench) == [a1]
    [first] = await claim(bench)
    assert await finish(bench, first)
    assert await candidates(bench) == [a2]
    assert a3 not in await candidates(bench)


async def test_a_row_that_is_not_due_blocks_too(bench: Bench) -> None:
    late = await bench.put("a", due_in=60)
    await bench.put("a")
    assert await candidates(bench) == []
    bench.skip(seconds=61)
    assert await candidates(bench) == [late]


async def test_a_revived_row_waits_for_the_younger_one_that_is_under_way(bench: Bench) -> None:
    dead = await bench.put("a")
    [row] = await claim(bench)
    async with bench.db.begin() as tx:
        assert await outbox.bury(tx, row, bench.now, "no")
    younger = await bench.put("a")
    [busy] = await claim(bench)
    assert busy.id == younger
    async with bench.db.begin() as tx:
        assert await backlog.revive(tx, dead, bench.now)
    assert await candidates(bench) == []
    assert await finish(bench, busy)
    assert await candidates(bench) == [dead]


async def test_of_two_firms_with_the_same_names_none_is_in_the_others_way(bench: Bench) -> None:
    await bench.put("a")
    second_firm = await _second_firm(bench)
    async with bench.db.begin() as tx:
        second = await outbox.put(
            tx, second_firm, outbox.Kind.POST, bench.now, lane="a", service="slack", route="post:C1",
            payload={},
        )  # fmt: skip
        await routes.switch_off(tx, bench.firm_id, "slack", "revoked", probe_at=bench.now + LEASE, now=bench.now)
    assert await candidates(bench) == [second]


async def _second_firm(bench: Bench) -> int:
    async with bench.db.begin() as tx:
        return await firms.install(tx, "T2", bench.now, name="Bright Dental", bot_token=None)


async def test_at_a_start_all_claims_are_of_those_who_died(bench: Bench) -> None:
    long_ago = await bench.put("a")
    await claim(bench)
    bench.skip(seconds=(LEASE - AMPLE + LAST_WORDS).total_seconds())
    just_now, waiting = await bench.put("b"), await bench.put("a")
    await claim(bench)
    await bench.put("c")
    async with bench.db.begin() as tx:
        assert await claims.expire_leases(tx, bench.now, everyone=True) == 2
    assert [await bench.state(row_id) for row_id in (long_ago, just_now, waiting)] == [
        "unknown",
        "unknown",
        "ready",
    ]
    assert await candidates(bench) == [long_ago, just_now + 2], "what may still arrive is not looked for yet"
    bench.skip(seconds=LAST_WORDS.total_seconds())
    assert await candidates(bench) == [long_ago, just_now, just_now + 2]


async def test_a_release_gives_back_what_is_still_ours(bench: Bench) -> None:
    ids = [await bench.put(f"lane {n}") for n in range(3)]
    rows = await claim(bench)
    await finish(bench, rows[0])
    bench.skip(seconds=91)
    await expire(bench)
    [_, taken] = await claim(bench, "theirs")
    async with bench.db.begin() as tx:
        await claims.release(tx, [rows[0], rows[1]], bench.now)
    assert [await bench.state(row_id) for row_id in ids] == ["done", "sending", "sending"]
    async with bench.db.begin() as tx:
        await claims.release(tx, [taken], bench.now)
    assert await bench.state(taken.id) == "unknown"
    bench.skip(seconds=LAST_WORDS.total_seconds())
    assert await candidates(bench) == [taken.id]


async def test_the_next_look_is_when_something_becomes_due(bench: Bench) -> None:
    async def next_due() -> float | None:
        async with bench.db.read() as tx:
            due = (await agenda.outlook(tx, bench.now)).next_due
        return None if due is None else round((due - bench.now).total_seconds(), 3)

    async def is_due() -> bool:
        async with bench.db.read() as tx:
            return (await agenda.outlook(tx, bench.now)).is_due

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
    await claim(bench)
    async with bench.db.read() as tx:
        assert not (await agenda.outlook(tx, bench.now)).is_due
        assert (await agenda.outlook(tx, bench.now + LEASE + timedelta(seconds=1))).is_due


async def test_what_waits_for_its_lane_or_its_way_is_not_overdue(bench: Bench) -> None:
    async def oldest() -> bool:
        async with bench.db.read() as tx:
            return bool(await agenda.oldest_due(tx, bench.now))

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


async def test_of_a_way_no_more_is_looked_at_than_it_takes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "OF_ONE_WAY", 2)
    ids = [await bench.put(f"lane {n}", route=f"post:C{n // 4}") for n in range(8)]
    assert await candidates(bench) == [*ids[:2], *ids[4:6]]
    assert await candidates(bench, 3) == [*ids[:2], ids[4]]


def test_no_way_takes_more_at_once_than_is_looked_at() -> None:
    assert max(pace.at_once for pace in [UNPACED, *paces(1.0).values()]) <= claims.OF_ONE_WAY


async def test_rows_behind_one_go_with_it_while_they_are_of_its_kind(bench: Bench) -> None:
    head = await bench.put("a")
    posts = [await bench.put("a") for _ in range(3)]
    await bench.put("a", kind=outbox.Kind.NOTICE)
    await bench.put("a")
    [row] = await claim(bench)
    assert row.id == head
    assert await followers(bench, row, 10) == posts
    assert [await bench.state(row_id) for row_id in posts] == ["sending"] * 3


async def test_room_is_a_limit(bench: Bench) -> None:
    await bench.put("a")
    posts = [await bench.put("a") for _ in range(3)]
    [row] = await claim(bench)
    assert await followers(bench, row, 2) == posts[:2]


async def test_several_find_their_company_at_once(bench: Bench) -> None:
    """Each its own, with its own room, in its own order; and who lost its claim finds none."""
    lanes = "abcdef"
    heads = {await bench.put(lane): lane for lane in lanes}
    behind = {lane: [await bench.put(lane) for _ in range(3)] for lane in lanes}
    rows = await claim(bench)
    rows[-1] = replace(rows[-1], lease="somebody else's")
    rooms = [number % 4 for number in range(len(rows))]
    async with bench.db.begin() as tx:
        works = [partial(_company, row, room, bench.now) for row, room in zip(rows, rooms, strict=True)]
        found = await in_lockstep(works, tx)
    expected = [behind[heads[row.id]][:room] for row, room in zip(rows, rooms, strict=True)]
    assert found == [*expected[:-1], None]
    left = [behind[heads[row.id]][room:] for row, room in zip(rows[:-1], rooms, strict=False)]
    assert {await bench.state(row_id) for each in left for row_id in each} == {"ready"}


async def _company(row: Row, room: int, now: datetime, tx: Tx) -> list[int] | None:
    found = await claims.claim_followers(tx, row, room, now)
    return None if found is None else [each.id for each in found]


async def test_a_later_try_has_the_same_company_and_no_other(bench: Bench) -> None:
    await bench.put("a")
    company = [await bench.put("a") for _ in range(2)]
    [row] = await claim(bench)
    assert await followers(bench, row, 2) == company
    bench.skip(seconds=91)
    await expire(bench)
    await bench.put("a")
    [settling] = await claim(bench, "settling")
    assert settling.id == row.id
    assert await followers(bench, settling, 0) == company
    async with bench.db.begin() as tx:
        assert not await outbox.finish(tx, [row, *[replace(row, id=each) for each in company]], bench.now)
    assert await followers(bench, row, 10) is None, "who lost the claim takes no company either, and hears of it"


async def test_given_up_the_others_go_alone_and_start_afresh(bench: Bench) -> None:
    await bench.put("a")
    company = [await bench.put("a") for _ in range(2)]
    [row] = await claim(bench)
    await followers(bench, row, 2)
    async with bench.db.begin() as tx:
        assert await outbox.bury(tx, row, bench.now, "no")
        await claims.unbind(tx, row)
    assert await candidates(bench) == company[:1]
    fields = await bench.fields(company[0])
    assert (fields.attempts, fields.batch, fields.state) == (0, None, "ready")


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


SLOW_ROUTES = (
    """CREATE FUNCTION pg_temp.slowly() RETURNS boolean LANGUAGE plpgsql AS
       $$ BEGIN PERFORM pg_sleep(0.5); RETURN true; END $$""",
    "CREATE TEMPORARY VIEW routes AS SELECT * FROM public.routes WHERE pg_temp.slowly()",
)


@only_postgres
@pytest.mark.faults("F27")
async def test_what_was_settled_while_somebody_chose_is_not_chosen(bench: Bench) -> None:
    settled, other = await bench.put("a"), await bench.put("b")
    async with bench.db.begin() as tx:
        await routes.delay(tx, bench.firm_id, "slack", bench.now)
        for words in SLOW_ROUTES:
            await tx.run(text(words))
    choosing = asyncio.create_task(candidates(bench))
    await asyncio.sleep(0.2)
    async with bench.beside().db.begin() as tx:
        await tx.run(update(table).where(table.c.id == settled).values(state="done"))
    assert await choosing == [other]
