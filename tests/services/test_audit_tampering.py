"""Whatever somebody changes in the audit trail, takes away, adds or moves is found."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from typing import Any

import pytest
import structlog
from cryptography.fernet import Fernet
from sqlalchemy import select

from bridge.rules import audit as rules
from bridge.rules.audit import FORGED_HEAD, NOT_IN_IT, UNREADABLE
from bridge.services import audit
from bridge.store import audit as store
from bridge.store import firms, keys, tables
from bridge.store.vault import Vault
from tests.bench import KEY, Bench, opened
from tests.services.trail import behind_its_back, firm, look, seal, write
from tests.store.scratch import only_sqlite


@pytest.fixture
async def bench(database_url: str) -> AsyncIterator[Bench]:
    """A firm, and a clock that stands still."""
    async with opened(database_url) as bench:
        bench.stop_clock()
        yield bench


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[Any]]:
    """What was logged."""
    with structlog.testing.capture_logs() as logs:
        yield logs


CHANGES = {
    "a fact": 'UPDATE audit SET facts = \'{{"number": 1, "on": true}}\' WHERE id = {id}',
    "who": "UPDATE audit SET actor = 'operatos' WHERE id = {id}",
    "what": "UPDATE audit SET action = 'preger' WHERE id = {id}",
    "when": "UPDATE audit SET at = '2026-01-01 00:00:00.000000' WHERE id = {id}",
    "its hash": "UPDATE audit SET hash = (SELECT hash FROM audit WHERE id = 1) WHERE id = {id}",
    "that it has one": "UPDATE audit SET hash = NULL WHERE id = {id}",
    "a hash that is none": "UPDATE audit SET hash = 'no bytes' WHERE id = {id}",
}


@pytest.mark.faults("S27")
@pytest.mark.parametrize("what", CHANGES)
async def test_whatever_is_changed_is_found(bench: Bench, what: str) -> None:
    await write(bench, 6)
    await seal(bench)
    async with behind_its_back(bench) as say:
        await say(CHANGES[what].format(id=4))
    found = await look(bench)
    assert str(found.wrong).startswith("Entry #4 of "), found.wrong
    assert found.walk.place == 3
    await write(bench)
    assert await seal(bench) == 1  # others go on
    assert (await look(bench)).wrong == found.wrong


@pytest.mark.faults("S27")
async def test_no_byte_of_the_facts_can_be_another(bench: Bench) -> None:
    await write(bench, 1, plan="add-on")
    await seal(bench)
    words = json.dumps({"number": 0, "plan": "add-on"})
    for at in range(len(words)):
        async with behind_its_back(bench) as say:
            byte = "#" if words[at] != "#" else "+"
            changed = f"{words[:at]}{byte}{words[at + 1 :]}"
            if not bench.db.is_sqlite:
                try:
                    json.loads(changed)
                except ValueError:
                    continue  # PostgreSQL refuses what is no JSON
            await say(f"UPDATE audit SET facts = '{changed}'")  # noqa: S608 (ours)
        wrong = str((await look(bench)).wrong)
        assert wrong.startswith("Entry #1 ") or json.loads(changed) == json.loads(words), changed


@only_sqlite
@pytest.mark.parametrize("what", ["facts = CAST(x'ff' AS TEXT)", "at = 'yesterday'", "facts = 'no JSON'"])
async def test_what_cannot_even_be_read_is_named(bench: Bench, what: str) -> None:
    """SQLite takes anything for a value."""
    await write(bench, 6)
    await seal(bench)
    async with behind_its_back(bench) as say:
        await say(f"UPDATE audit SET {what} WHERE id = 4")  # noqa: S608 (ours)
    assert (await look(bench)).wrong == f"Entry #4 {UNREADABLE}"


@pytest.mark.faults("S27")
async def test_whatever_is_taken_away_is_missed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    await write(bench, 6)
    await seal(bench)
    async with behind_its_back(bench) as say:
        await say("DELETE FROM audit WHERE id = 6")
    assert str((await look(bench)).wrong).startswith("6 entries were sealed, and there are 5")
    async with behind_its_back(bench) as say:
        await say("DELETE FROM audit WHERE id = 3")
    assert str((await look(bench)).wrong).startswith(
        "Number 3 is missing, which was sealed; what follows is entry #4"
    )
    monkeypatch.setattr(audit, "AT_ONCE", 2)  # more is missing than is read together
    async with behind_its_back(bench) as say:
        await say("DELETE FROM audit WHERE id < 5")
    assert str((await look(bench)).wrong).startswith(
        "Number 1 is missing, which was sealed; what follows is entry #5"
    )
    async with behind_its_back(bench) as say:
        await say("DELETE FROM audit")
    assert str((await look(bench)).wrong).startswith("6 entries were sealed, and there are 0")


@pytest.mark.faults("S27")
async def test_entries_that_change_places_are_found(bench: Bench) -> None:
    await write(bench, 4)
    await seal(bench)
    async with behind_its_back(bench) as say:
        for place, row in ((99, 2), (2, 3), (3, 2)):
            await say(f"UPDATE audit SET place = {place} WHERE id = {row}")  # noqa: S608 (ours)
    assert str((await look(bench)).wrong).startswith("Entry #3 of ")


@pytest.mark.faults("S27")
async def test_who_moves_the_end_back_as_well_has_no_key_to_say_so(bench: Bench) -> None:
    await write(bench, 6)
    await seal(bench)
    async with behind_its_back(bench) as say:
        await say("DELETE FROM audit WHERE id = 6")
        await say("UPDATE audit_heads SET place = 5, hash = (SELECT hash FROM audit WHERE place = 5)")
    assert (await look(bench)).wrong == FORGED_HEAD
    async with behind_its_back(bench) as say:
        await say("DELETE FROM audit_heads")
    assert (await look(bench)).wrong == rules.NO_HEAD


@pytest.mark.faults("S27")
async def test_who_puts_back_an_older_end_is_found_by_a_hash_that_was_noted(bench: Bench) -> None:
    await write(bench, 2)
    await seal(bench)
    async with bench.db.read() as tx:
        older = await store.head(tx, bench.firm_id)
    assert older is not None
    await write(bench, 2)
    await seal(bench)
    noted = (await look(bench)).walk.hash.hex()
    async with behind_its_back(bench) as say:
        await say("DELETE FROM audit WHERE id > 2")
        async with bench.db.begin() as tx:
            await store.move_head(tx, bench.firm_id, older)
    assert (await look(bench)).wrong is None
    assert (await look(bench, noted)).wrong == NOT_IN_IT
    await write(bench, 2)
    await seal(bench)
    assert (await look(bench, noted[:16])).wrong == NOT_IN_IT
    assert (await look(bench, older.hash.hex())).walk.noted_at == 2


async def test_an_entry_that_somebody_added_is_in_the_chain_only_behind_the_others(bench: Bench) -> None:
    await write(bench, 2)
    await seal(bench)
    async with behind_its_back(bench) as say:
        await say(
            "INSERT INTO audit (firm_id, at, actor, action, facts, place, hash) "
            "SELECT firm_id, at, actor, action, facts, 3, hash FROM audit WHERE id = 2"
        )
    assert str((await look(bench)).wrong).startswith("Entry #3 of ")


async def test_a_firm_whose_chain_is_broken_stops_no_other(bench: Bench, logs: list[Any]) -> None:
    async with bench.db.begin() as tx:
        other = await firms.install(tx, "T2", bench.now, name="Other")
    await write(bench, 2)
    await seal(bench)
    async with bench.db.read() as tx:
        head = await store.head(tx, bench.firm_id)
    assert head is not None
    async with behind_its_back(bench), bench.db.begin() as tx:
        await store.move_head(tx, bench.firm_id, replace(head, place=1))
    await write(bench)
    await write(bench, 3, firm_id=other)
    assert await seal(bench) == 3
    assert [(each["event"], each["firm"]) for each in logs] == [("audit_not_sealed", bench.firm_id)]


@only_sqlite
async def test_an_entry_that_cannot_be_read_before_it_is_sealed_stops_no_other(
    bench: Bench, logs: list[Any]
) -> None:
    async with bench.db.begin() as tx:
        other = await firms.install(tx, "T2", bench.now, name="Other")
    await write(bench)
    await write(bench, 3, firm_id=other)
    async with behind_its_back(bench) as say:
        await say("UPDATE audit SET facts = CAST(x'ff' AS TEXT) WHERE id = 1")
    assert await seal(bench) == 3
    assert [each["event"] for each in logs] == ["audit_not_sealed"]


# --- keys


async def test_where_the_chain_ends_is_put_under_a_new_key(bench: Bench) -> None:
    await write(bench, 2)
    await seal(bench)
    new = Fernet.generate_key().decode()
    async with bench.db.begin() as tx:
        await keys.check(tx, bench.deps.vault)
        await keys.reseal(tx, Vault([new, KEY]))
    alone = replace(bench.deps, vault=Vault([new]))
    assert (await audit.look_through(alone, await firm(bench))).wrong is None
    assert (await look(bench)).wrong == FORGED_HEAD


async def test_an_end_that_no_key_opens_keeps_nobody_from_starting(bench: Bench) -> None:
    await write(bench, 2)
    await seal(bench)
    async with bench.db.begin() as tx:
        await keys.check(tx, bench.deps.vault)
        await tx.run(tables.audit_heads.update().values(seal=b"nonsense"))
        await keys.reseal(tx, bench.deps.vault)
        assert await tx.value(select(tables.audit_heads.c.seal)) == b"nonsense"
    assert (await look(bench)).wrong == FORGED_HEAD
    await write(bench)
    await seal(bench)
    assert (await look(bench)).wrong is None  # the chain itself was whole, and it is ours again
