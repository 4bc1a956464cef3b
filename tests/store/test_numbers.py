"""Which number, and so which firm, a webhook is about."""

import pytest

from bridge.store import firms, numbers
from tests.bench import Bench

ACCOUNT, SERVICE = "AC" + "1" * 32, "MG" + "1" * 32


@pytest.mark.rows(128)
async def test_a_service_that_two_firms_share_says_nothing_about_whose_text_it_is(bench: Bench) -> None:
    common = {"account_sid": ACCOUNT, "service_sid": SERVICE, "before": {}}
    async with bench.db.begin() as tx:
        await numbers.connect(tx, bench.firm_id, "+14155550100", bench.now, sid="PN" + "1" * 32, **common)
        assert (await numbers.by_service(tx, ACCOUNT, SERVICE)) is not None
        other = await firms.install(tx, "T09OTHER", bench.now, name="Other")
        await numbers.connect(tx, other, "+14155550120", bench.now, sid="PN" + "2" * 32, **common)
        assert await numbers.by_service(tx, ACCOUNT, SERVICE) is None
        assert await numbers.by_service(tx, "AC" + "2" * 32, SERVICE) is None
