"""While Twilio does not accept the credentials, texts wait; the other way stays open."""

from typing import Any

import pytest

from bridge.refusals import Refusal
from tests.cast import ACCOUNT, LAW, NOAH, TOKEN
from tests.stage import Stage
from tests.stories.doubt import creates, pass_time


@pytest.mark.rows(80)
@pytest.mark.faults("F9")
@pytest.mark.parametrize(
    "how", [{"code": 20003}, {"status": 401, "body": "no", "content_type": "text/plain"}], ids=["20003", "401"]
)
async def test_wrong_credentials_stop_only_the_way_to_the_phones(stage: Stage, how: dict[str, Any]) -> None:
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Hello?", phone=NOAH)
    await stage.staff_says("I am an admin.", user=LAW.admin)
    stage.twilio.fail("create", times=100, **how)
    ts = await stage.staff_types("Are you there?")
    await stage.staff_types("And you?", phone=NOAH)
    await stage.settle()
    assert stage.marks(ts) == ["hourglass_flowing_sand"]
    tries = creates(stage)
    await stage.lead_texts("Still waiting")  # the other way is open
    await stage.staff_says("Just a moment")
    assert stage.said() == ["Hello?", "Still waiting"]
    assert creates(stage) == tries

    await pass_time(stage, 3, minutes=6)  # a probe now and then
    assert tries < creates(stage) <= tries + 3
    told = [dm["text"] for dm in stage.slack.dms(LAW.team_id, LAW.admin)]
    assert len(told) == 1
    assert "Twilio does not accept texts from this app" in told[0]

    stage.twilio.heal()
    await pass_time(stage, 1, minutes=6)
    assert stage.phone() == ["I am an admin.", "Are you there?", "Just a moment"]
    assert stage.phone(NOAH) == ["And you?"]
    assert stage.marks(ts) == ["heavy_check_mark"]
    assert len(stage.slack.dms(LAW.team_id, LAW.admin)) == 1


@pytest.mark.rows(80)
@pytest.mark.faults("F9")
async def test_what_waited_for_four_hours_is_refused_and_admins_are_told_no_second_time(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Hello?", phone=NOAH)
    await stage.staff_says("I am an admin.", user=LAW.admin)
    stage.twilio.rotate_token(ACCOUNT, "a-new-token")
    ts = await stage.staff_types("Lunch at noon?")
    await stage.staff_types("You too?", phone=NOAH)
    await stage.staff_types("At one?")
    await stage.settle()
    stage.skip(hours=4, seconds=1)
    await stage.settle()
    await pass_time(stage, 2, minutes=6)
    assert stage.said() == ["Hello?", Refusal.STALE.sentence, Refusal.STALE.sentence]
    assert stage.said(NOAH) == ["Hello?", Refusal.STALE.sentence]
    assert stage.marks(ts) == ["no_entry"]
    assert len(stage.slack.dms(LAW.team_id, LAW.admin)) == 1

    await stage.staff_types("Dinner?")
    await stage.settle()
    assert stage.phone() == ["I am an admin."]
    stage.twilio.rotate_token(ACCOUNT, TOKEN)
    await pass_time(stage, 1, minutes=6)
    assert stage.phone() == ["I am an admin.", "Dinner?"]
    assert len(stage.slack.dms(LAW.team_id, LAW.admin)) == 1
