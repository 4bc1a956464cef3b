"""Slack's and Twilio's clocks are not ours, and ours may be wrong: what they have done is found all the same."""

from datetime import timedelta

import pytest

from bridge import metrics
from bridge.gateways import calls
from bridge.services import people, receipts, replies
from bridge.store import staff, tables
from tests.cast import LAW, MARIA
from tests.stage import Stage
from tests.stories.doubt import pass_time, taken_unseen

pytestmark = pytest.mark.faults("F15")

BEHIND = timedelta(minutes=20)  # their clocks; ours is ahead


def _set_ours_ahead(stage: Stage, by: timedelta = BEHIND) -> None:
    """As if: it is theirs that are set back, before anything has happened."""
    stage.twilio.now = lambda: stage.clock() - by
    stage.slack.clock = lambda: stage.twilio.now().timestamp()
    stage.slack.date_ahead = stage.twilio.date_ahead = -by.total_seconds()


@pytest.mark.rows(60, 72)
async def test_a_post_that_stands_is_found_by_slacks_clock(stage: Stage) -> None:
    _set_ours_ahead(stage)
    for body in ("First", "Second"):
        stage.slack.fail("chat.postMessage", drop=True, accept_first=True)
        await stage.twilio.text(MARIA, LAW.number, body)
        await pass_time(stage, 3, seconds=5)
    assert stage.said() == ["First", "Second"]
    assert len(stage.roots()) == 1


@pytest.mark.rows(73)
async def test_a_text_that_went_out_is_found_by_twilios_clock(stage: Stage) -> None:
    _set_ours_ahead(stage)
    ts = await taken_unseen(stage, failed_looks=0)
    await pass_time(stage, 4)
    assert stage.marks(ts) == ["white_check_mark"]
    assert stage.said() == ["Hello?"], "nobody has to be asked"


@pytest.mark.rows(61)
async def test_a_lost_text_is_found_after_our_clock_was_wrong(stage: Stage) -> None:
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.numbers.update().values(created_at=stage.clock() - timedelta(days=9)))
    _set_ours_ahead(stage, timedelta(days=1))
    await stage.lead_texts("Before")
    await stage.sweep_for_missed_texts()
    stage.skip(minutes=5)
    await stage.twilio.text(MARIA, LAW.number, "Lost while it is wrong", deliver=False)
    stage.skip(minutes=5)
    await stage.sweep_for_missed_texts()
    assert stage.said() == ["Before", "Lost while it is wrong"]

    stage.set_clock(days=-1)  # it is right again
    _set_ours_ahead(stage, timedelta(0))
    await stage.twilio.text(MARIA, LAW.number, "Lost when it is right", deliver=False)
    stage.skip(minutes=5)
    await stage.sweep_for_missed_texts()
    assert stage.said()[2:] == ["Lost when it is right"]


@pytest.mark.rows(121)
async def test_staff_may_write_and_are_looked_up_when_our_clock_was_set_back(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    for number in range(10):
        await stage.staff_says(f"Answer {number}")
    async with stage.app.deps.db.read() as tx:
        assert await people.is_known(tx, stage.law, LAW.agent, stage.clock())
        assert await staff.get(tx, stage.law.id, LAW.agent) is not None
    stage.set_clock(seconds=-(replies.KNOWN_FOR.total_seconds() + 300))
    async with stage.app.deps.db.read() as tx:
        assert not await people.is_known(tx, stage.law, LAW.agent, stage.clock())
    await stage.staff_says("One more")
    assert stage.phone()[-1] == "One more"


async def test_a_receipt_that_never_came_is_asked_for_when_our_clock_was_set_back(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.lose_status = True
    ts = await stage.staff_says("Hello!")
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.messages.update().values(created_at=stage.clock() + timedelta(days=1)))
    await receipts.ask_twilio(stage.app.deps, stage.clock())
    await stage.settle()
    assert stage.marks(ts) == ["heavy_check_mark"]


async def test_a_clock_that_is_off_is_told_once_an_hour(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "_told", {})

    def told() -> list[int]:
        return [entry["ahead"] // 10 for entry in stage.logs if entry["event"] == "clock_is_off"]

    await stage.lead_texts("In time")
    assert told() == []
    stage.slack.date_ahead = -65.0
    await stage.lead_texts("Behind")
    await stage.lead_texts("Still behind")
    assert told() == [6]
    assert 60 < (metrics.REGISTRY.get_sample_value("bridge_clock_ahead_seconds", {"service": "slack"}) or 0) < 70
    calls._told["slack"] -= calls.AGAIN
    await stage.lead_texts("Behind, an hour later")
    assert told() == [6, 6]
