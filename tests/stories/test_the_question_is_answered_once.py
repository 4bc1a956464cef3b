"""A text in doubt is sent again, or not, by one press of a person; or by a receipt that comes after all."""

import asyncio

import pytest

from bridge.refusals import Refusal
from bridge.services.answers import ALREADY
from bridge.views import threads as views
from tests.cast import LAW
from tests.stage import Stage
from tests.stories.doubt import UNSURE, creates, in_doubt, pass_time, press, question, taken_unseen


@pytest.mark.rows(73)
@pytest.mark.faults("F10")
async def test_send_again_sends_once_whoever_presses_and_however_often(stage: Stage) -> None:
    ts = await in_doubt(stage)
    await stage.staff_says("// I am here too", user=LAW.second_agent)
    shown = question(stage)["ts"]
    presses = [press(stage, views.SEND_AGAIN, shown, user) for user in (LAW.agent, LAW.second_agent, LAW.agent)]
    results = await asyncio.gather(*presses)
    await stage.settle()
    assert [result.status for result in results] == [200, 200, 200]
    assert stage.phone() == ["Did you get this?"]
    assert stage.marks(ts) == ["heavy_check_mark"]
    assert ALREADY in stage.told() + stage.told(LAW.second_agent)
    settled = stage.slack.find_message(LAW.team_id, LAW.channel, shown).body
    assert settled["text"].endswith("chose: Send again.")
    assert "actions" not in [block["type"] for block in settled["blocks"]]


@pytest.mark.faults("F10")
async def test_it_arrived_sends_nothing_and_marks_it_sent(stage: Stage) -> None:
    ts = await in_doubt(stage)
    shown = question(stage)["ts"]
    await asyncio.gather(*(press(stage, views.IT_ARRIVED, shown, LAW.agent) for _ in range(2)))
    await stage.settle()
    assert (stage.phone(), creates(stage)) == ([], 1)
    assert stage.marks(ts) == ["white_check_mark"]
    assert stage.slack.find_message(LAW.team_id, LAW.channel, shown).body["text"].endswith("chose: It arrived.")


@pytest.mark.faults("F10")
async def test_of_send_again_and_it_arrived_at_once_one_counts(stage: Stage) -> None:
    await in_doubt(stage)
    await stage.staff_says("// I am here too", user=LAW.second_agent)
    shown = question(stage)["ts"]
    await asyncio.gather(
        press(stage, views.IT_ARRIVED, shown, LAW.agent), press(stage, views.SEND_AGAIN, shown, LAW.second_agent)
    )
    await stage.settle()
    told = stage.told() + stage.told(LAW.second_agent)
    assert told == [ALREADY]
    chosen = stage.slack.find_message(LAW.team_id, LAW.channel, shown).body["text"]
    assert stage.phone() == (["Did you get this?"] if "Send again" in chosen else [])


@pytest.mark.faults("F3", "F10")
async def test_a_receipt_that_comes_after_the_question_answers_it(stage: Stage) -> None:
    ts = await taken_unseen(stage, failed_looks=100)
    await pass_time(stage, 14)
    assert stage.said() == ["Hello?", UNSURE]

    [sent] = [message for message in stage.twilio.messages() if message.direction == "outbound-api"]
    stage.twilio.lose_status = False
    await stage.twilio.callback(sent.sid, "delivered")
    await stage.settle()
    assert stage.marks(ts) == ["heavy_check_mark"]
    await press(stage, views.SEND_AGAIN, question(stage)["ts"], LAW.agent)
    await stage.settle()
    assert stage.phone() == ["Hello!"]
    assert stage.told() == [ALREADY]


@pytest.mark.rows(126, 127)
@pytest.mark.faults("F10", "F28")
async def test_send_again_passes_the_gate_like_every_text(stage: Stage) -> None:
    await in_doubt(stage)
    shown = question(stage)["ts"]
    await stage.lead_texts("STOP")
    await press(stage, views.SEND_AGAIN, shown, LAW.agent)
    await stage.settle()
    assert stage.phone() == []
    assert stage.told() == [Refusal.STOPPED.sentence]
    assert stage.slack.find_message(LAW.team_id, LAW.channel, shown).body["text"] == UNSURE
