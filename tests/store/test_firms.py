"""A channel that Slack converts is one channel, whenever and however often we hear of it."""

from itertools import permutations

import pytest

from bridge.store import firms
from tests.bench import Bench

CHAIN = [("A", "B", "1.0"), ("B", "C", "2.0"), ("C", "D", "3.0")]


@pytest.mark.faults("F7", "F3")
async def test_conversions_in_any_order_and_twice_lead_to_the_same(bench: Bench) -> None:
    for order in permutations(CHAIN):
        async with bench.db.begin() as tx:
            await firms.change(tx, bench.firm_id, converted=[])
            for old, new, at in [*order, *order]:
                firm = await firms.get(tx, bench.firm_id)
                await firms.change(tx, firm.id, converted=firm.converting(old, new, at))
            firm = await firms.get(tx, bench.firm_id)
        assert {firm.known_as(name) for name in "ABCD"} == {"A"}, order
        assert firm.called_now("A") == "D", order
        assert (firm.known_as("X"), firm.called_now("X")) == ("X", "X")
