"""Processes die or share the work when texts that waited for their hour are due: each goes out once."""

from datetime import datetime, timedelta

import pytest

from bridge.rules.carrier import State
from bridge.store import tables
from bridge.store.database import patiently
from tests.apart import Apart, is_text
from tests.store.scratch import only_postgres
from tests.stories.nights import first


@pytest.mark.faults("F1", "F10")
async def test_it_goes_out_once_whenever_the_app_dies(apart: Apart) -> None:
    stage = apart.stage
    await _in_the_morning(apart, "One", stage.clock() + timedelta(hours=3))
    apart.after(is_text)
    await _its_time_comes(apart)
    await apart.begin_again()
    await stage.settle()
    assert stage.phone() == ["One"]
    assert await stage.count(tables.outbox, tables.outbox.c.state != "done") == 0


@only_postgres
@pytest.mark.faults("F2", "F27")
async def test_two_processes_send_it_once(apart: Apart) -> None:
    stage = apart.stage
    await apart.start(port=0)
    at = stage.clock() + timedelta(hours=3)
    for number in range(8):
        await _in_the_morning(apart, f"Number {number}", at + timedelta(seconds=number))
    await _its_time_comes(apart)
    await stage.settle()
    assert stage.phone() == [f"Number {number}" for number in range(8)]


async def _in_the_morning(apart: Apart, body: str, send_at: datetime) -> None:
    """A first text that waits for an hour that nobody has to wait for here."""
    sent = await patiently(lambda: first(apart.stage, body, send_at=send_at), seconds=9)
    assert isinstance(sent, int)
    await apart.stage.settle()


async def _its_time_comes(apart: Apart) -> None:
    o, m = tables.outbox.c, tables.messages.c
    now = apart.stage.clock()
    waiting = await apart.stage.rows(tables.messages.select().where(m.state == State.LATER).order_by(m.id))

    async def be_earlier() -> None:
        async with apart.stage.app.deps.db.begin() as tx:
            for number, message in enumerate(waiting):
                earlier = now - timedelta(seconds=len(waiting) - number)
                await tx.run(tables.messages.update().where(m.id == message.id).values(send_at=earlier))
            await tx.run(tables.outbox.update().where(o.kind == "due").values(due_at=now))
            tx.wakes = True

    await patiently(be_earlier, seconds=9)  # the app writes, too
