"""Which number, and so which firm, a webhook is about."""

import pytest

from bridge.services import accounts
from bridge.store import firms, joined, numbers
from bridge.store.firms import Firm
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


async def test_a_number_has_one_owner_and_an_account_any_number_of_holders(bench: Bench) -> None:
    """Two firms may have brought the same account, each with a token of its own: any of these may have signed."""
    mine, another = "+14155550100", "+14155550120"
    async with bench.db.begin() as tx:
        other = await firms.install(tx, "T09OTHER", bench.now, name="Other")
        await numbers.connect(tx, other, mine, bench.now, account_sid=ACCOUNT, sid="PN" + "1" * 32, before={})
        owner, holders = await joined.whose(tx, ACCOUNT, mine)
        assert owner is not None
        assert (owner[0].id, owner[1].phone, holders) == (other, mine, [])
        for firm_id in (bench.firm_id, other):
            await firms.change(tx, firm_id, account_sid=ACCOUNT, account_token=b"sealed for %d" % firm_id)
        owner, holders = await joined.whose(tx, ACCOUNT, mine)
        assert owner is not None
        assert (owner[0].id, owner[1].phone) == (other, mine)
        assert {firm.id: firm.account_token for firm in holders} == {
            firm_id: b"sealed for %d" % firm_id for firm_id in (bench.firm_id, other)
        }
        nobody, holders = await joined.whose(tx, ACCOUNT, another)
        assert (nobody, len(holders)) == (None, 2)
        assert await joined.whose(tx, "AC" + "2" * 32, mine) == (None, [])


async def test_a_token_speaks_for_its_own_account_alone(bench: Bench) -> None:
    holder = Firm(
        id=2, team_id="T09OTHER", name="Other", bot_token=None, bot_user_id=None, bot_id=None, installer_id=None,
        channel_id=None, converted=[], plan="included", two_way=True, help_text=None, preferences={},
        account_sid=ACCOUNT,        account_token=bench.deps.vault.seal("a token of its own"),
    )  # fmt: skip
    assert accounts.auth_tokens(bench.deps, ACCOUNT, [holder]) == ["a token of its own"]
    assert accounts.auth_tokens(bench.deps, "AC" + "2" * 32, [holder]) == []
