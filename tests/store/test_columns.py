"""A moment is the same moment on every machine and both databases."""

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import StatementError

from bridge.store.database import Database
from bridge.store.records import adding
from bridge.store.tables import firms as firm_table
from bridge.store.tables import seen

ELSEWHERE = timezone(timedelta(hours=-9, minutes=-30))


@pytest.fixture
def _kathmandu() -> Iterator[None]:
    """A machine whose clock is set to an odd time zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Asia/Kathmandu"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


async def _firm(db: Database) -> int:
    async with db.begin() as tx:
        made = insert(firm_table).values(team_id="T1", name="Law", created_at=datetime.now(UTC))
        return int(await tx.value(made.returning(firm_table.c.id)))


@pytest.mark.usefixtures("_kathmandu")
async def test_a_moment_comes_back_as_it_was_in_utc(db: Database) -> None:
    firm_id = await _firm(db)
    moments = [
        datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
        datetime(2026, 11, 1, 8, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 7, 4, 23, 0, tzinfo=ELSEWHERE),
        datetime(1970, 1, 1, tzinfo=UTC),
    ]
    async with db.begin() as tx:
        await tx.run(insert(seen), [{"firm_id": firm_id, "key": str(n), "at": at} for n, at in enumerate(moments)])
    async with db.read() as tx:
        found = [row.at for row in await tx.rows(select(seen.c.at).order_by(seen.c.key))]
        newest = await tx.value(select(func.max(seen.c.at)))
        before = await tx.rows(select(seen.c.key).where(seen.c.at < moments[2]))
    assert found == moments
    assert all(moment.tzinfo is UTC or moment.utcoffset() == timedelta(0) for moment in found)
    assert newest == max(moments)
    assert {row.key for row in before} == {"0", "3"}


async def test_a_naive_moment_is_refused(db: Database) -> None:
    firm_id = await _firm(db)
    with pytest.raises(StatementError, match="naive"):
        async with db.begin() as tx:
            await tx.run(insert(seen).values(firm_id=firm_id, key="k", at=datetime(2026, 1, 1)))  # noqa: DTZ001 (meant)


async def test_an_hour_that_comes_twice_is_two_hours(db: Database) -> None:
    """Where a clock is set back, datetimes of both are equal, though their moments are not."""
    first = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"))
    moments = [first, first.replace(fold=1), first]
    assert len(set(moments)) == 1
    firm_id = await _firm(db)
    async with db.begin() as tx:
        each = [{"firm_id": firm_id, "key": f"k{number}", "at": at} for number, at in enumerate(moments)]
        await tx.run_each(adding(tx.dialect, seen), each)
        found = [row.at for row in await tx.rows(select(seen.c.at).order_by(seen.c.key))]
    assert [at.isoformat() for at in found] == [f"2026-11-01T0{hour}:30:00+00:00" for hour in (5, 6, 5)]
