"""Entries are sealed once each, in order, whoever dies or comes late; and whatever is changed then is found."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import structlog
from cryptography.fernet import Fernet
from sqlalchemy import select, text

from bridge import failpoints
from bridge.rules import audit as rules
from bridge.rules.audit import FORGED_HEAD, NOT_IN_IT, UNREADABLE
from bridge.services import audit
from bridge.services.audit import Look
from bridge.store import append_only, firms, keys, tables
from bridge.store import audit as store
from bridge.store.database import Database
from bridge.store.firms import Firm
from bridge.store.trouble import StoreUnavailable
from bridge.store.vault import Vault
from tests.bench import KEY, Bench, opened
from tests.store.scratch import only_postgres, only_sqlite


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


async def _firm(bench: Bench) -> Firm:
    async with bench.db.read() as tx:
        return await firms.get(tx, bench.firm_id)


async def write(bench: Bench, many: int = 1, *, firm_id: int = 0, **facts: Any) -> None:
    """So many entries, in a unit of work."""
    async with bench.db.begin() as tx:
        for number in range(many):
            told = {"number": number, **facts}
            await store.record(
                tx, firm_id or bench.firm_id, bench.now, actor="operator", action="prefer", facts=told
            )


async def seal(bench: Bench) -> int:
    """A minute later the clock comes by."""
    bench.skip(minutes=1)
    return await audit.seal_all(bench.deps, bench.now)


async def look(bench: Bench, noted: str = "") -> Look:
    """What is found in the firm's chain."""
    return await audit.look_through(bench.deps, await _firm(bench), noted)


async def chain(bench: Bench) -> list[tuple[int, int]]:
    """Places and ids, in their order."""
    async with bench.db.read() as tx:
        return [(each.place, each.id) for each in await store.sealed(tx, bench.firm_id, 0, 10_000)]


@asynccontextmanager
async def behind_its_back(bench: Bench) -> AsyncIterator[Any]:
    """Somebody who may change tables does as they like, and puts the triggers back."""
    async with bench.db._write_engine.connect() as connection:
        await connection.run_sync(append_only.unguard)
        yield lambda words: connection.execute(text(words))
        await connection.run_sync(append_only.guard)


@pytest.mark.faults("S27")
async def test_what_was_written_is_sealed_in_order_and_holds(bench: Bench) -> None:
    await write(bench, 3)
    young = await look(bench)
    assert (young.walk.place, young.unsealed, young.oldest_unsealed, young.wrong) == (0, 3, bench.now, None)
    assert await audit.seal_all(bench.deps, bench.now) == 0  # it may not have settled
    assert await seal(bench) == 3
    await write(bench, 2)
    assert await seal(bench) == 2
    assert await seal(bench) == 0
    assert await chain(bench) == [(place, place) for place in range(1, 6)]
    found = await look(bench)
    assert (found.walk.place, found.unsealed, found.walk.late, found.wrong) == (5, 0, 0, None)


async def test_many_are_sealed_in_several_units_of_work(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "BIT", 20)
    monkeypatch.setattr(audit, "AT_ONCE", 30)
    await write(bench, 95)
    assert await seal(bench) == 95
    assert [place for place, _ in await chain(bench)] == list(range(1, 96))
    assert (await look(bench)).walk.place == 95
    for many in (1, 5, 94, 95, 96):
        monkeypatch.setattr(audit, "AT_ONCE", many)
        assert (await look(bench)).wrong is None


async def test_each_firm_has_a_chain_of_its_own(bench: Bench) -> None:
    async with bench.db.begin() as tx:
        other = await firms.install(tx, "T2", bench.now, name="Other")
    for _ in range(2):
        await write(bench, 2)
        await write(bench, 2, firm_id=other)
    assert await seal(bench) == 8
    assert [place for place, _ in await chain(bench)] == [1, 2, 3, 4]
    async with bench.db.read() as tx:
        theirs = await firms.get(tx, other)
    assert (await audit.look_through(bench.deps, theirs)).walk.place == 4


async def test_who_writes_an_entry_says_one_statement_and_waits_for_nobody(bench: Bench) -> None:
    """What a text costs has not changed: an INSERT, of the columns that it always had."""
    said: list[str] = []
    async with bench.db.begin() as tx:
        tx._line._listeners.append(said.append)  # type: ignore[attr-defined]
        await store.record(tx, bench.firm_id, bench.now, actor="bridge", action="send", facts={})
        tx._line._listeners.remove(said.append)  # type: ignore[attr-defined]
    (words,) = said
    assert words.startswith("INSERT INTO audit (firm_id, at, actor, action, facts)")


# --- whoever comes late, at once, or dies


@only_postgres
async def test_an_entry_of_a_very_long_transaction_is_sealed_behind_the_others_and_told(bench: Bench) -> None:
    other = bench.beside()
    await write(bench)
    async with other.db.begin() as tx:
        await store.record(tx, bench.firm_id, bench.now, actor="slow", action="prefer", facts={})
        await write(bench, 2)
        assert await seal(bench) == 3
        assert await chain(bench) == [(1, 1), (2, 3), (3, 4)]
        assert (await look(bench)).unsealed == 0  # nobody can see it yet
    assert (await look(bench)).unsealed == 1
    assert await seal(bench) == 1
    assert await chain(bench) == [(1, 1), (2, 3), (3, 4), (4, 2)]
    found = await look(bench)
    assert (found.walk.late, found.wrong, found.unsealed) == (1, None, 0)


@only_postgres
async def test_commits_in_any_order_and_sealing_at_any_time_leave_nothing_out(bench: Bench) -> None:
    others = [bench.beside() for _ in range(3)]

    async def write_on(where: Bench, pause: float) -> None:
        for _ in range(8):
            async with where.db.begin() as tx:
                await store.record(tx, bench.firm_id, bench.now, actor="a", action="b", facts={})
                await asyncio.sleep(pause)

    async def seal_on(where: Bench) -> None:
        for _ in range(20):
            await audit.seal_all(where.deps, bench.now + timedelta(minutes=1))
            await asyncio.sleep(0.005)

    writing = [write_on(where, 0.003 * number) for number, where in enumerate([bench, *others])]
    await asyncio.gather(*writing, *(seal_on(where) for where in others[:2]))
    await seal(bench)
    found = await look(bench)
    assert (found.walk.place, found.unsealed, found.wrong) == (32, 0, None)


async def test_two_processes_at_once_seal_each_entry_once(bench: Bench) -> None:
    other = bench.beside()
    for _ in range(5):
        await write(bench, 30)
        bench.skip(minutes=1)
        sealing = [audit.seal_all(each.deps, bench.now) for each in (bench, other, bench, other)]
        done = await asyncio.gather(*sealing, return_exceptions=True)
        assert all(isinstance(each, int | StoreUnavailable) for each in done), done
    await seal(bench)
    found = await look(bench)
    assert (found.walk.place, found.unsealed, found.wrong) == (150, 0, None)


@pytest.mark.faults("F1")
@pytest.mark.parametrize("moment", ["before commit", "after commit"])
async def test_who_dies_while_sealing_leaves_all_of_a_unit_or_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    def die(point: str) -> None:
        if point == f"{moment} services.audit._seal_some":
            raise OSError("dead")

    await write(bench, 3)
    with monkeypatch.context() as armed:
        armed.setattr(failpoints, "armed", die)
        with pytest.raises(StoreUnavailable):
            await seal(bench)
    assert len(await chain(bench)) in {0, 3}
    await seal(bench)
    found = await look(bench)
    assert (found.walk.place, found.wrong) == (3, None)


async def test_entries_of_clocks_that_were_set_are_sealed(bench: Bench) -> None:
    bench.set_clock(hours=5)
    await write(bench)
    bench.set_clock(hours=-5)
    await write(bench)
    assert await seal(bench) == 2
    bench.set_clock(days=-1)
    await write(bench)
    assert await seal(bench) == 1
    assert (await look(bench)).wrong is None


# --- whoever changes what is written


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
    assert (await audit.look_through(alone, await _firm(bench))).wrong is None
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


@only_postgres
async def test_the_chain_is_found_by_its_indexes(bench: Bench) -> None:
    """Also when it is planned for any values."""
    db: Database = bench.db
    await write(bench, 300)
    await seal(bench)
    async with db.begin() as tx:
        say = tx._line.connection.exec_driver_sql
        await say("ANALYZE audit")  # as PostgreSQL, or else the app, does within a minute
        for question, index in (
            (store._sealed, "uq_audit_firm_id_place"),
            (store._unsealed, "ix_audit_unsealed"),
            (store._waiting, "ix_audit_unsealed"),
            (store._next, "uq_audit_firm_id_place"),
        ):
            values = {"firm_id": 1, "after": 1, "to": 9, "most": 10, "since": bench.now, "until": bench.now}
            wire = question.wire(tx._line.dialect, values)
            await say(f"PREPARE question AS {wire.sql}")
            nothing = ", ".join(["NULL"] * len(wire.args(values)))
            plan = [step[0] for step in await say(f"EXPLAIN (COSTS OFF) EXECUTE question ({nothing})")]
            await say("DEALLOCATE question")
            assert any(index in step for step in plan), plan
