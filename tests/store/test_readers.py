"""Reading lines: one that may be dead is lent to nobody, and a new one makes no database."""

import asyncio
import shutil
from contextlib import suppress

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bridge.store import readers
from bridge.store.database import Database
from bridge.store.trouble import StoreUnavailable
from tests.store.scratch import kept, only_sqlite, put


async def test_a_line_whose_look_failed_is_lent_to_nobody_again(db: Database) -> None:
    """It may be dead, and what drives it may not know so yet."""
    lent: list[object] = []
    for statement in ("SELECT 1", "SELECT nothing FROM nowhere", "SELECT 1"):
        with suppress(StoreUnavailable, SQLAlchemyError):
            async with db.glance() as tx:
                lent.append(tx._line)
                await tx.value(text(statement))
    first, failed, last = lent
    assert first is failed is not last


@pytest.mark.faults("F11")
@only_sqlite
async def test_a_file_that_is_gone_is_not_made_anew_by_who_looks(db: Database) -> None:
    await put(db, "before")
    place = db.url.database or ""
    shutil.move(place, f"{place}.away")
    is_new: list[object] = []

    async def look() -> None:
        with suppress(StoreUnavailable):
            async with db.read() as tx:
                is_new.extend(await tx.rows(text("SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM sqlite_master)")))
                await asyncio.sleep(0.01)

    await asyncio.gather(*(look() for _ in range(readers.MOST)))
    shutil.move(f"{place}.away", place)  # over what may be there
    assert await kept(db) == {"before"}
    assert is_new == []


async def test_looks_that_are_short_share_a_line_and_one_that_is_long_holds_nobody_up(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lent: list[object] = []

    async def look(seconds: float = 0.0) -> None:
        async with db.glance() as tx:
            lent.append(tx._line)
            await asyncio.sleep(seconds)

    with monkeypatch.context() as patient:  # a busy machine may take longer over a short look than we wait for it
        patient.setattr(readers, "SOON", 20.0)
        await asyncio.gather(*(look() for _ in range(readers.MOST)))
    assert len(set(lent)) == 1
    long = asyncio.create_task(look(60.0))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):  # far less than the long one takes
        await asyncio.gather(*(look() for _ in range(readers.MOST)))
    long.cancel()
    await asyncio.gather(long, return_exceptions=True)
    assert len(set(lent)) > 1
