"""However much was done, what is to be done is found by an index: a full outbox must not slow the worker down."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import insert, text

from bridge.store import agenda, backlog, claims, firms, leads, messages, outbox, routes
from bridge.store.database import Database
from bridge.store.prepared import Prepared
from bridge.store.records import by
from bridge.store.tables import outbox as table
from bridge.store.tx import Tx
from tests.store.scratch import only_postgres, only_sqlite

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DONE, READY, LANES = 20_000, 1_000, 50
A_DAY_OF_TEXTS = (
    "SET LOCAL session_replication_role = replica",  # the rows they refer to do not matter here
    """INSERT INTO messages (firm_id, conversation_id, number_id, direction, body, state, sid, created_at)
       SELECT 1, 1, 1, 'in', 'Hi', 'received', 'SM' || n, now() FROM generate_series(1, 5000) AS n""",
)

MANY_TERMS = (
    "SET LOCAL session_replication_role = replica",
    """INSERT INTO leads (firm_id, name, created_at)
       SELECT 1, 'Dana', now() FROM generate_series(1, 5000) AS n""",
    """INSERT INTO lead_terms (firm_id, term, lead_id)
       SELECT 1, CASE WHEN n % 20 = 0 THEN 'dana' ELSE 'example' || n END, n FROM generate_series(1, 5000) AS n""",
)


def row(firm_id: int, number: int, state: str) -> dict[str, Any]:
    return {
        "firm_id": firm_id, "lane": f"thread:{number % LANES}", "service": "slack", "route": "post:C01",
        "kind": "post", "payload": {}, "state": state, "due_at": NOW - timedelta(hours=1), "created_at": NOW,
    }  # fmt: skip


async def plan_of(tx: Tx, question: Prepared, values: dict[str, Any]) -> list[str]:
    """How PostgreSQL would carry it out, prepared as a connection has it: for any values."""
    wire, say = question.wire(tx._line.dialect, values), tx._line.connection.exec_driver_sql
    await say(f"PREPARE question AS {wire.sql}")
    nothing = ", ".join(["NULL"] * len(wire.args(values)))
    steps = [str(step[0]) for step in await say(f"EXPLAIN (COSTS OFF) EXECUTE question ({nothing})")]
    await say("DEALLOCATE question")
    return steps


async def fill(db: Database, done: int = DONE, ready: int = READY) -> None:
    """A day's work behind, and a channel's backlog ahead."""
    async with db.begin() as tx:
        firm_id = await firms.install(tx, "T01", NOW, name="Firm")
        await tx.run(insert(table), [row(firm_id, number, "done") for number in range(done)])
        await tx.run(insert(table), [row(firm_id, number, "ready") for number in range(ready)])


@only_sqlite
async def test_the_worker_never_reads_what_is_done(database_url: str) -> None:
    db = Database(database_url)
    asked: list[str] = []
    try:
        await fill(db)
        async with db.read() as tx:
            driver: Any = (await tx._line.connection.get_raw_connection()).driver_connection
            await driver.set_trace_callback(asked.append)
            found = await claims.candidates(tx, NOW, 64)
            assert (await agenda.outlook(tx, NOW)).is_due
            await agenda.oldest_due(tx, NOW)
            await backlog.counted(tx)
            await outbox.has_open(tx, 1, "thread:1")
        assert len(found) == LANES
        assert sum("outbox" in words for words in asked) >= 5
        async with db._read_engine.connect() as connection:
            for statement in [words for words in asked if words.startswith("SELECT")]:
                plan = (await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")).all()
                steps = [step.detail for step in plan]
                assert not any(step.startswith("SCAN outbox") for step in steps), steps
                assert not any("rowid<" in step for step in steps), steps
                assert not any(step.endswith("(lane=?)") for step in steps), "a lane's rows of the day are read"
    finally:
        await db.close()


@only_sqlite
async def test_what_a_way_holds_back_costs_a_look_nothing(database_url: str) -> None:
    db = Database(database_url)

    async def steps() -> int:
        """Of SQLite's virtual machine, in hundreds, for a look of the worker, and of whoever asks what is late."""
        count = 0

        def tick() -> int:
            nonlocal count
            count += 1
            return 0

        async with db.read() as tx:
            raw: Any = (await tx._line.connection.get_raw_connection()).driver_connection
            raw._conn.set_progress_handler(tick, 100)
            assert not (await agenda.outlook(tx, NOW)).is_due
            assert await claims.candidates(tx, NOW, 64) == []
            assert await agenda.oldest_due(tx, NOW) is None
        return count

    try:
        async with db.begin() as tx:
            firm_id = await firms.install(tx, "T01", NOW, name="Firm")
            await routes.delay(tx, firm_id, "post:C01", NOW + timedelta(seconds=9))
            await tx.run(insert(table), [row(firm_id, number, "ready") for number in range(10)])
        few = await steps()
        async with db.begin() as tx:
            await tx.run(insert(table), [row(firm_id, number, "ready") for number in range(READY)])
        assert 0 < await steps() <= few + 1
    finally:
        await db.close()


async def test_a_backlog_is_taken_up_on_both_databases(database_url: str) -> None:
    db = Database(database_url)
    try:
        await fill(db)
        async with db.begin() as tx:
            await tx.run(text("SELECT 1"))
            assert len(await claims.candidates(tx, NOW, 64)) == LANES
    finally:
        await db.close()


@only_postgres
@pytest.mark.parametrize("is_known", [True, False])
async def test_postgresql_does_not_read_it_either_when_it_has_planned_for_any_values(
    database_url: str, *, is_known: bool
) -> None:
    """Nor when it has never looked at the table: such a plan is kept for up to a minute."""
    db = Database(database_url)
    try:
        await (fill(db) if is_known else fill(db, done=500, ready=100))
        async with db.begin() as tx:
            if is_known:
                await tx.run(text("ANALYZE outbox"))
            await tx.run(text("SET LOCAL plan_cache_mode = force_generic_plan"))
            values = {"now": NOW, "most": 64, "each": 64, "firm_id": 1}
            for question in (agenda._outlook, claims._candidates[True], outbox._opening):
                steps = await plan_of(tx, question, values)
                assert not any("Seq Scan on outbox" in step for step in steps), steps
                assert any("ix_outbox_ways" in step for step in steps) or question is outbox._opening, steps
                for step, how in pairwise([*steps, ""]):
                    is_by_id = not step.endswith("pk_outbox on outbox") or "Index Cond: (id = " in how
                    assert is_by_id, "in the order of ids"
    finally:
        await db.close()


@only_postgres
async def test_what_waits_in_a_lane_is_found_by_the_lane_after_a_day_when_all_was_done(database_url: str) -> None:
    """Going through all that is open costs ever more with what waits: seconds, with some thousands of marks."""
    db = Database(database_url)
    try:
        await fill(db, ready=1)
        async with db.begin() as tx:
            await tx.run(text("ANALYZE outbox"))
            known = "SELECT count(*) FROM pg_stats WHERE tablename = 'outbox' AND attname = "
            assert await tx.value(text(f"{known}'lane'")) == 1
            assert await tx.value(text(f"{known}'state'")) == 0
            is_open = (
                "lane = 'thread:1' AND firm_id = 1 AND id < 20000 AND state IN ('ready', 'sending', 'unknown')"
            )
            plan = await tx.rows(text(f"EXPLAIN SELECT * FROM outbox WHERE {is_open}"))  # noqa: S608 (ours)
        assert any("ix_outbox_lane_state_id" in step[0] for step in plan), plan
    finally:
        await db.close()


@only_postgres
async def test_claims_that_have_run_out_are_found_without_those_that_have_not(database_url: str) -> None:
    """Each claim of the last minutes leaves an entry behind, and a look comes many times a second."""
    db = Database(database_url)
    try:
        await fill(db)
        async with db.begin() as tx:
            wire = agenda._outlook.wire(tx._line.dialect, {"now": NOW})
            lapsed = text("EXPLAIN SELECT 1 FROM outbox WHERE state = 'sending' AND lease_until < now()")
            plan = await tx.rows(lapsed)
        assert "outbox.state = 'sending' AND outbox.lease_until <" in wire.sql
        assert any("lease_until <" in step[0] and "Index Cond" in step[0] for step in plan), plan
    finally:
        await db.close()


@only_postgres
async def test_a_text_that_twilio_took_is_found_by_its_id_though_nearly_all_have_a_sid(database_url: str) -> None:
    db = Database(database_url)
    try:
        async with db.begin() as tx:
            for statement in A_DAY_OF_TEXTS:
                await tx.run(text(statement))
            await tx.run(text("ANALYZE messages"))
            values = by(firm_id=1, id=7, sid="SM7") | {"sid": "SM7", "state": "sent"}
            plan = await plan_of(tx, messages._accept, values)
        assert any("pk_messages on messages" in step for step in plan), plan
    finally:
        await db.close()


@only_postgres
async def test_leads_that_were_found_are_read_one_by_one_though_nobody_has_counted_them(database_url: str) -> None:
    """As while a table is imported: its terms are counted before the leads, or the other way round."""
    db = Database(database_url)
    try:
        async with db.begin() as tx:
            for statement in MANY_TERMS:
                await tx.run(text(statement))
            await tx.run(text("ANALYZE lead_terms"))
            values = {"firm_id": 1, "before": 10**9, "most": 20, "word_0": "da", "end_0": "da" + leads.END}
            plan = await plan_of(tx, leads._found_by(1), values)
        assert any("pk_leads on leads" in step for step in plan), plan
        assert not any("ix_leads" in step for step in plan), plan
    finally:
        await db.close()
