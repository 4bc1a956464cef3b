"""Whoever watches over the app hears at once when it cannot do its work, and never about people."""

import asyncio
import json
import shutil
import time
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import text as sql
from sqlalchemy.engine import make_url

from bridge.jobs import worker
from bridge.store import agenda
from bridge.store.tx import Tx
from tests.cast import LAW, MARIA
from tests.handlers.figures import look
from tests.handlers.knock import knock
from tests.handlers.trouble import frozen, gone, locked
from tests.stage import Stage

GONE = "the database does not answer, or takes nothing in"
OUTDATED = "the database's tables are not those of this version: run “python -m bridge migrate”"
STUCK = "the worker does not look at the outbox"


async def not_ready(stage: Stage) -> list[str]:
    """Why the app is not ready; empty when it is."""
    answer = await knock(stage, "/readyz", method="GET")
    told = json.loads(answer.text)
    assert (answer.status, told["status"]) == ((503, "not ready") if told["problems"] else (200, "ready"))
    assert answer.headers["Content-Type"].startswith("application/json")
    problems: list[str] = told["problems"]
    return problems


async def is_alive(stage: Stage) -> bool:
    """Alive, and quick about it."""
    started = time.perf_counter()
    answer = await knock(stage, "/healthz", method="GET")
    assert (answer.status, answer.text) == (200, '{"status": "alive"}')
    return time.perf_counter() - started < 0.5


def is_there(path: str) -> bool:
    return Path(path).exists()


async def test_a_running_app_is_alive_and_ready(stage: Stage) -> None:
    assert await is_alive(stage)
    assert await not_ready(stage) == []


@pytest.mark.faults("F13")
async def test_tables_of_an_older_version_are_told(stage: Stage) -> None:
    async with stage.app.deps.db.begin() as tx:
        await tx.run(sql("UPDATE alembic_version SET version_num = '0000'"))
    assert await not_ready(stage) == [OUTDATED]
    assert await is_alive(stage)
    async with stage.app.deps.db.begin() as tx:
        await tx.run(sql("UPDATE alembic_version SET version_num = '9999'"))
    assert await not_ready(stage) == [], "others are being replaced; this one goes on until it is its turn"
    async with stage.app.deps.db.begin() as tx:
        await tx.run(sql("DELETE FROM alembic_version"))
    assert await not_ready(stage) == [OUTDATED]


@pytest.mark.faults("F14")
async def test_a_worker_that_cannot_work_is_told_and_recovers(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its loop goes on whatever happens in it, and meanwhile texts are taken in."""
    stage.expects_incidents = True
    assert worker.STUCK_AFTER <= 60

    async def broken(*_: object) -> bool:
        raise RuntimeError("a bug nobody thought of")

    with monkeypatch.context() as patch:
        patch.setattr(agenda, "outlook", broken)
        patch.setattr(worker, "STUCK_AFTER", 0.2)
        await stage.twilio.text(MARIA, LAW.number, "Is anybody there?")
        assert stage.twilio.webhooks[-1].status == 200
        await asyncio.sleep(1.3)
        assert await not_ready(stage) == [STUCK]
        stage.skip(seconds=90)
        (waits, stuck) = await not_ready(stage)
        assert waits.startswith("a promise has been due for 9")
        assert stuck == STUCK
        assert await is_alive(stage)
    await stage.settle()
    assert stage.said() == ["Is anybody there?"]
    assert await not_ready(stage) == []
    stumbles = [entry for entry in stage.logs if entry["event"] == "worker_stumbled"]
    assert 1 <= len(stumbles) <= 6  # it does not spin


@pytest.mark.faults("F14")
async def test_a_worker_that_hangs_is_told_and_recovers(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, real = asyncio.Event(), agenda.outlook

    async def hangs(tx: Tx, now: datetime) -> agenda.Outlook:
        await go_on.wait()
        return await real(tx, now)

    monkeypatch.setattr(worker, "STUCK_AFTER", 0.5)
    monkeypatch.setattr(agenda, "outlook", hangs)
    await stage.twilio.text(MARIA, LAW.number, "Is anybody there?")
    await until_told(stage, [STUCK])
    assert (await look(stage)).of("bridge_worker_stuck") == 1
    monkeypatch.setattr(worker, "STUCK_AFTER", 30.0)
    go_on.set()
    await stage.settle()
    assert await not_ready(stage) == []
    assert (await look(stage)).of("bridge_worker_stuck") == 0


@pytest.mark.faults("F14")
async def test_a_worker_that_died_is_told(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "STUCK_AFTER", 0.5)
    assert stage.app.worker is not None
    assert stage.app.worker._loop is not None
    stage.app.worker._loop.cancel()
    await until_told(stage, [STUCK])
    assert await is_alive(stage)


async def until_told(stage: Stage, problems: list[str]) -> None:
    async with asyncio.timeout(10):
        while await not_ready(stage) != problems:
            await asyncio.sleep(0.1)


@pytest.mark.faults("F12")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_somebody_elses_writing_counts_when_it_lasts(stage: Stage) -> None:
    async with locked(stage):
        told = asyncio.create_task(not_ready(stage))
        await asyncio.sleep(0.5)
        assert await is_alive(stage)
    assert await told == []
    async with locked(stage):
        assert await not_ready(stage) == [GONE]
    assert await not_ready(stage) == []


@pytest.mark.faults("F13")
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_database_that_is_gone_is_told(stage: Stage) -> None:
    async with gone(stage):
        assert await not_ready(stage) == [GONE]
        assert await is_alive(stage)
        without = await look(stage)
        assert without.of("bridge_database_answers") == 0
        assert not any(name == "bridge_outbox_rows" for name, _ in without.values)
    await asyncio.sleep(0.1)
    assert await not_ready(stage) == []
    assert (await look(stage)).of("bridge_database_answers") == 1
    assert {entry["log_level"] for entry in stage.logs} <= {"info", "warning"}


@pytest.mark.faults("F13")
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_database_that_hangs_is_told_in_time(stage: Stage) -> None:
    async with frozen(stage, "alembic_version"):
        started = time.perf_counter()
        assert await not_ready(stage) == [GONE]
        assert time.perf_counter() - started < 4
        assert await is_alive(stage)


@pytest.mark.faults("F11")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_database_file_that_is_gone_is_told_and_not_made_anew(stage: Stage) -> None:
    path = make_url(stage.settings.database_url).database or ""
    shutil.move(path, f"{path}.away")
    assert await not_ready(stage) == [GONE]
    assert not is_there(path)
    shutil.move(f"{path}.away", path)
    assert await not_ready(stage) == []
