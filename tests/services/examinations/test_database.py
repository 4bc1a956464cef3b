"""The doctor on the database: what it keeps, who can read it, and how much room it has."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.engine import make_url

from bridge.commands import manifest
from bridge.services import doctor
from bridge.services.examinations import database
from bridge.services.examinations.findings import Level
from bridge.store.database import Database
from bridge.store.durability import Server
from bridge.store.vault import Vault
from tests.services.examinations.rounds import Visit, visit
from tests.stage import Stage
from tests.store.scratch import only_postgres, only_sqlite

SQLITE = {"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"}
POSTGRES = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}
SERVER = Server("16.4 (Debian 16.4-1)", is_standby=False, connections_left=90, now=datetime(2026, 1, 2, tzinfo=UTC))


def let(path: Path, mode: int) -> None:
    path.chmod(mode)


async def visit_anew(stage: Stage) -> Visit:
    """A doctor with connections of its own, as one from the command line has."""
    stage.dental_plays = True
    db = Database(stage.settings.database_url)
    try:
        deps = replace(stage.app.deps, db=db)
        return Visit(await doctor.examine(deps, manifest.scopes(), stage.clock()))
    finally:
        await db.close()


@pytest.mark.faults("S29")
async def test_a_database_that_is_well_is_told_so(stage: Stage) -> None:
    told = await visit_anew(stage)
    assert told.complaints == []
    assert told.of("durability").says == "what is committed is on the disk"
    abouts = ["files", "sqlite"] if stage.app.deps.db.is_sqlite else ["postgresql", "connections"]
    assert [each.about for each in told.findings][2:5] == ["durability", *abouts]


@only_postgres
@pytest.mark.faults("S29")
async def test_a_server_that_does_not_wait_for_its_disk_is_told(stage: Stage) -> None:
    name = make_url(stage.settings.database_url).database
    async with stage.app.deps.db.begin() as tx:
        await tx.run(text(f"ALTER DATABASE {name} SET synchronous_commit = off"))
    told = await visit_anew(stage)
    assert told.complaints == ["fail durability: a crash can lose what was taken in: synchronous_commit is off"]
    assert told.of("durability").todo.startswith("Turn it on in postgresql.conf")


@only_sqlite
@pytest.mark.faults("S10")
async def test_files_that_others_can_read_are_told(stage: Stage) -> None:
    await stage.signup("Maria Example")  # a log in which nothing stands is set right by whoever opens it next
    path = Path(stage.app.deps.db.url.database or "")
    log = path.with_name(path.name + "-wal")
    let(log, 0o640)
    assert (await visit(stage)).complaints == [f"warn files: others on this machine can read {log.name}"]
    let(path, 0o604)
    told = await visit(stage)
    assert told.of("files").todo == f"Run, as their owner: chmod 600 {path.name} {log.name}"


async def test_without_its_key_or_its_tables_there_is_nothing_more_to_look_at(stage: Stage) -> None:
    wrong = replace(stage.app.deps, vault=Vault(["x" * 43 + "="]))
    told = Visit(await doctor.examine(wrong, frozenset(), stage.clock()))
    (key,) = told.complaints
    assert key.startswith("fail key: ENCRYPTION_KEY does not open")
    assert told.findings[-1] == told.of("key")
    async with stage.app.deps.db.begin() as tx:
        await tx.run(text("UPDATE alembic_version SET version_num = '0000'"))
    assert (await visit(stage)).complaints == ["fail database: its tables are those of an older version"]
    async with stage.app.deps.db.begin() as tx:
        await tx.run(text("UPDATE alembic_version SET version_num = '9999'"))
    assert (await visit(stage)).complaints == ["fail database: its tables are those of a newer version"]
    async with stage.app.deps.db.begin() as tx:
        await tx.run(text("DROP TABLE alembic_version"))
    assert (await visit(stage)).findings[-1].todo == "Run: python -m bridge migrate"


@only_postgres
async def test_a_database_that_does_not_answer_is_told(stage: Stage) -> None:
    gone = make_url(stage.settings.database_url).set(database="nowhere").render_as_string(hide_password=False)
    assert (await visit(stage, database_url=gone)).complaints == ["fail database: it does not answer"]


@pytest.mark.faults("S29")
@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"journal_mode": "delete"}, "journal_mode is delete"),
        ({"synchronous": "1"}, "synchronous is 1"),
        ({"foreign_keys": "0"}, "foreign_keys is 0"),
        ({"fsync": "off"}, "fsync is off"),
        ({"full_page_writes": "off"}, "full_page_writes is off"),
        ({"synchronous_commit": "off", "fsync": "off"}, "fsync is off, synchronous_commit is off"),
        ({"synchronous_commit": "remote_apply"}, ""),
        ({"synchronous": "3"}, ""),
    ],
)
def test_a_setting_that_loses_what_was_committed_is_a_failure(changed: dict[str, str], says: str) -> None:
    found = database.durable((SQLITE if set(changed) <= set(SQLITE) else POSTGRES) | changed)
    assert found.level is (Level.FAIL if says else Level.OK)
    assert found.says.endswith(says)


@pytest.mark.parametrize(
    ("server", "says"),
    [
        (SERVER, []),
        (replace(SERVER, connections_left=6), ["6 connections are left, and a process may use 7"]),
        (replace(SERVER, is_standby=True), ["it is a standby, which only reads"]),
        (replace(SERVER, version="13.22"), ["13.22 gets no repairs any more"]),
        (replace(SERVER, version="14.20"), []),
    ],
)
def test_a_server_must_take_us_in(server: Server, says: list[str]) -> None:
    assert [each.says for each in database.serving(server) if each.level is not Level.OK] == says
