"""Processes die, are stopped or share the work while tables are entered: each row is entered once."""

import asyncio

import pytest

from bridge.rules.signups import Signup
from bridge.sandbox.ports import free_port
from bridge.services import entering
from bridge.services.promises import Later
from bridge.store import imports as import_store
from bridge.store import tables
from bridge.views import imports as views
from tests.apart import Apart
from tests.importing import Importer, many
from tests.stage import Stage
from tests.store.scratch import only_postgres
from tests.stories.dropped import entered, of_import


@pytest.mark.faults("F1")
async def test_it_dies_between_rows_and_goes_on_where_it_was(apart: Apart) -> None:
    """Each row is counted once, whoever entered it, and the file is fetched again."""
    stage, ada = apart.stage, Importer(apart.stage)
    await ada.drops(many(3000, wrong=5))
    await ada.presses(views.ENTER)
    for least in (400, 1200, 2200):
        while await entered(stage) < least:
            await asyncio.sleep(0.01)
        await apart.kill()
        assert await entered(stage) < 3000
        await apart.begin_again()
    await stage.settle(60)
    assert "3,000 entered, 0 were here before. 5 could not be entered." in ada.told()
    assert await stage.count(tables.leads) == 3000
    assert len(ada.given_back()) == 6


@pytest.mark.faults("F30")
async def test_it_is_stopped_for_a_new_version_and_goes_on(apart: Apart) -> None:
    stage, ada = apart.stage, Importer(apart.stage)
    await ada.drops(many(3000))
    await ada.presses(views.ENTER)
    while await entered(stage) < 400:
        await asyncio.sleep(0.01)
    assert apart.app is not None
    assert await apart.app.stop() < 10
    assert await entered(stage) <= 3000
    await apart.begin()
    await stage.settle(60)
    assert "3,000 entered, 0 were here before." in ada.told()
    assert await stage.count(tables.leads) == 3000


@only_postgres
@pytest.mark.faults("F2")
async def test_two_workers_share_several_tables(apart: Apart) -> None:
    """Whoever has the next rows of one fetches it; none is entered twice or left out."""
    stage, ada = apart.stage, Importer(apart.stage)
    await apart.start(port=free_port())
    for number in range(3):
        await ada.drops(many(2100, by=f"t{number}-"), f"t{number}.csv")
    await asyncio.gather(*(ada.presses(views.ENTER, number) for number in range(3)))
    await stage.settle(60)
    assert [ada.told(number) for number in range(3)] == [
        f":white_check_mark: *t{number}.csv* is in: 2,100 entered, 0 were here before." for number in range(3)
    ]
    assert await stage.count(tables.leads) == 6300


async def test_who_was_held_up_enters_nothing_a_second_time(stage: Stage) -> None:
    """Its claim was lost meanwhile, and others went on."""
    ada, deps = Importer(stage), stage.app.deps
    await ada.drops(many(3))
    row = await of_import(stage)
    async with deps.db.begin() as tx:
        assert await import_store.change(tx, stage.law.id, row.id, "asking", state="running")
        this = await import_store.get(tx, stage.law.id, row.id)
    some: list[tuple[int, Signup | str]] = [
        (100, Signup("Lead 0", email="l0@example.com", origin="x")),
        (120, "No."),
    ]
    went_on = await entering._enter(deps, stage.law, this, some)
    assert (went_on.place, went_on.entered, went_on.repeated, went_on.rejected) == (120, 1, 0, 1)
    with pytest.raises(Later):
        await entering._enter(deps, stage.law, this, some)
    async with deps.db.begin() as tx:
        assert await import_store.change(tx, stage.law.id, row.id, "running", state="canceled")
    with pytest.raises(Later):
        await entering._enter(deps, stage.law, went_on, some)
    row = await of_import(stage)
    assert (row.entered, row.repeated, row.rejected) == (1, 0, 1)
