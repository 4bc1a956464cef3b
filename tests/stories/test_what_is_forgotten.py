"""What nobody asks for again is forgotten, a little at a time; what people said and what they agreed to is not."""

import pytest

from bridge.jobs import sweeps
from bridge.sandbox.slack.model import PretendFile
from bridge.store import tables
from tests.stage import Stage

JPEG = b"\xff\xd8\xff\xe0" + b"j" * 500


async def forget(stage: Stage) -> None:
    """What the clock does each hour."""
    await sweeps.forget(stage.app.deps, stage.clock())


async def sizes(stage: Stage) -> dict[str, int]:
    """How much of each kind there is."""
    p = tables.pictures.c
    return {
        "messages": await stage.count(tables.messages),
        "done": await stage.count(tables.outbox),
        "receipts": await stage.count(tables.receipts),
        "seen": await stage.count(tables.seen),
        "bytes": await stage.count(tables.pictures, p.content.is_not(None)),
        "routes": await stage.count(tables.routes),
    }


@pytest.mark.rows(70, 121)
async def test_a_day_a_week_and_a_month_later(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeps, "BIT", 2)  # small units of work, many of them
    await stage.lead_texts("Hi")
    for n in range(3):
        await stage.staff_says(f"Hello {n}")
    stage.twilio.lose_status = True
    await stage.staff_says("Look", files=[PretendFile("letter.jpg", JPEG)])
    before = await sizes(stage)
    assert min(before.values()) > 0

    await forget(stage)
    assert await sizes(stage) == before

    stage.skip(days=3)
    await forget(stage)
    after = await sizes(stage)
    assert after == before | {"done": 0, "seen": 0, "bytes": 0, "routes": 0}

    stage.skip(days=30)
    await forget(stage)
    assert await sizes(stage) == after | {"receipts": 0}
    assert stage.said()[-1:] == ["Hi"]
