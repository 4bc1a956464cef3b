"""The doctor on what was promised and is not done."""

from datetime import timedelta
from typing import Any

from sqlalchemy import insert

from bridge.store import tables
from tests.cast import LAW, MARIA
from tests.services.examinations.rounds import visit
from tests.stage import Stage


async def put(stage: Stage, kind: str, state: str, *, minutes: float, **more: Any) -> None:
    """A row of so many minutes ago, which nobody can work on: its way is free in a thousand days."""
    then = stage.clock() - timedelta(minutes=minutes)
    values = {"lane": f"{kind}:{minutes}", "service": "slack", "route": "post:C0LAW", "payload": {}, "attempts": 3}
    moments = {"due_at": then, "created_at": then, "started_at": then}
    async with stage.app.deps.db.begin() as tx:
        row = {"firm_id": stage.law.id, "kind": kind, "state": state, **values, **moments, **more}
        await tx.run(insert(tables.outbox).values(**row))


async def test_what_is_late_given_up_in_doubt_or_switched_off_is_told(stage: Stage) -> None:
    assert (await visit(stage)).of("outbox").says == "nothing is late, given up or in doubt"
    never = stage.clock() + timedelta(days=1000)
    for kind, minutes in (("post", 1), ("post", 2), ("alert", 3)):
        await put(stage, kind, "dead", minutes=minutes)
    for minutes in (5, 14, 20):
        await put(stage, "text", "unknown", minutes=minutes, due_at=never)
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", drop=True)
    await stage.staff_types("Is it there?", phone=MARIA)
    for _ in range(4):
        await stage.wait(minutes=1)
    async with stage.app.deps.db.begin() as tx:
        now = stage.clock()
        broken = {"name": "update", "free_at": never, "off_reason": "missing_scope", "off_since": now}
        await tx.run(insert(tables.routes).values(firm_id=stage.law.id, **broken))
    told = await visit(stage)
    away = f"it is off since {now:%Y-%m-%d %H:%M} UTC (missing_scope); what goes there waits"
    assert [each for each in told.complaints if "clock" not in each] == [
        f"fail route {LAW.team_id} update: {away}",
        "warn outbox: 3 given up (1 alert, 2 post)",
        "warn outbox: 2 tries whose outcome nobody could find out for a quarter of an hour",
        "warn texts: 1 of which nobody knows whether they went out",
    ]
    assert {each.todo for each in told.findings if "given up" in each.says} == {
        "Look at them, then retry or drop them: python -m bridge outbox list"
    }


async def test_what_nobody_does_is_told_by_its_kind(stage: Stage) -> None:
    assert stage.app.worker is not None
    assert stage.app.worker._loop is not None
    stage.app.worker._stopping = True
    stage.app.deps.db.wake.nudge()
    await stage.app.worker._loop
    await put(stage, "root", "ready", minutes=0.5)
    assert (await visit(stage)).complaints == []
    await put(stage, "post", "ready", minutes=3)
    (late,) = (await visit(stage)).complaints
    assert late in {f"fail outbox: a post has been due for {seconds} seconds" for seconds in (180, 181, 182)}
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.outbox.delete())
