"""Nobody gets more texts in a day than the firm allows, and a firm sends no more than it may."""

import pytest

from bridge.refusals import Refusal
from bridge.services import caps
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage


@pytest.mark.rows(114)
async def test_one_lead_is_not_flooded(stage: Stage) -> None:
    await stage.prefers(recipient_limit=3)
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Hello?", phone=NOAH)
    for number in range(3):
        await stage.staff_says(f"Text {number}")
        stage.skip(minutes=1)
    await stage.staff_says("One too many", user=LAW.second_agent)
    assert stage.phone() == ["Text 0", "Text 1", "Text 2"]
    assert stage.told(LAW.second_agent) == [Refusal.RECIPIENT_LIMIT.sentence]
    await stage.staff_says("Hello Noah", phone=NOAH)
    assert stage.phone(NOAH) == ["Hello Noah"]
    stage.skip(hours=24)
    await stage.staff_says("A new day")
    assert stage.phone(MARIA)[-1] == "A new day"


async def test_a_firm_that_goes_astray_is_stopped_and_goes_on_by_itself(stage: Stage) -> None:
    await stage.prefers(daily_limit=2)
    await stage.lead_texts("Hello?")
    for words in ("One", "Two"):
        await stage.staff_says(words)
        await caps.watch(stage.app.deps, stage.clock())
        await caps.watch(stage.app.deps, stage.clock())
    await stage.settle()
    await stage.staff_says("Three")
    assert stage.phone() == ["One", "Two"]
    assert stage.told() == [Refusal.DAILY_LIMIT.sentence]
    (alert,) = stage.slack.dms(LAW.team_id, LAW.admin)
    assert alert["text"] == caps.STOPPED.format(limit=2)
    await stage.lead_texts("Still there?")
    assert stage.said()[-1] == "Still there?"
    stage.skip(hours=24)
    await caps.watch(stage.app.deps, stage.clock())
    await stage.staff_says("A new day")
    assert stage.phone() == ["One", "Two", "A new day"]
