"""Keys for other programs are made, listed and revoked."""

from bridge.rules.api_keys import digest, is_key
from tests.cast import DENTAL, LAW
from tests.commands.operator import Operator, install


async def test_a_key_is_shown_once_and_only_its_hash_is_kept(operator: Operator) -> None:
    install(operator, LAW.team_id)
    assert "No keys yet." in await operator.succeeds("keys", "list")
    said = await operator("keys", "create", "web form", LAW.team_id)
    assert (said.status, said.err) == (0, f"It enters leads for {LAW.team_id}. It cannot be shown again.\n")
    key = said.out.removesuffix("\n")
    assert is_key(key)
    assert operator.sql("SELECT name, prefix, hash FROM api_keys") == [("web form", key[:13], digest(key))]
    assert key[13:].encode() not in operator.database.read_bytes()
    [facts] = operator.sql("SELECT facts FROM audit WHERE action = 'create_key'")
    assert key not in facts[0]
    listed = await operator.succeeds("keys", "list")
    assert listed.startswith(f"web form  {key[:13]}...  made ")
    assert listed.endswith("  never used\n")
    assert key not in listed


async def test_a_name_is_one_keys_for_good_and_each_firms_own(operator: Operator) -> None:
    install(operator, LAW.team_id, DENTAL.team_id)
    assert (await operator("keys", "create", "web form", LAW.team_id)).status == 0
    assert (await operator("keys", "create", "web form", DENTAL.team_id)).status == 0
    assert "There is or was a key of this name" in await operator.fails("keys", "create", " web form ", LAW.team_id)
    assert "1 to 80 characters" in await operator.fails("keys", "create", " ", LAW.team_id, status=2)
    assert "1 to 80 characters" in await operator.fails("keys", "create", "x" * 81, LAW.team_id, status=2)
    assert "Several firms" in await operator.fails("keys", "create", "another", status=2)


async def test_a_key_that_is_revoked_says_so_and_stays_in_the_list(operator: Operator) -> None:
    install(operator, LAW.team_id)
    await operator("keys", "create", "web form")
    for _ in range(2):  # the second time it was already
        assert await operator.succeeds("keys", "revoke", "web form") == "It opens nothing any more.\n"
    assert "  revoked " in await operator.succeeds("keys", "list")
    assert "has no key of this name" in await operator.fails("keys", "revoke", "another")
    assert operator.sql("SELECT action FROM audit ORDER BY id") == [("create_key",), ("revoke_key",)]
