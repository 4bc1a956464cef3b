"""A way that is busy or broken rests, is probed, and holds nobody else up."""

from collections import Counter
from datetime import datetime

import pytest

from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import routes
from bridge.store.outbox import Kind, Row
from tests.bench import Bench, done
from tests.jobs.hand import ARCHIVED, REVOKED, Hand, Outside


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
