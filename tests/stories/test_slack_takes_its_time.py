"""However late or oddly Slack answers, each text is posted once, and others do not wait."""

import asyncio
from typing import Any

import pytest

from tests.cast import LAW, MARIA, NOAH, OMAR
from tests.stage import Stage
from tests.stories.channels import OTHER, second_channel


@pytest.mark.rows(72)
@pytest.mark.faults("F5")
async def test_nothing_is_posted_before_slack_allows_it_and_other_channels_go_on(stage: Stage) -> None:
    await stage.lead_texts("Before")
    await stage.lead_texts("Before", phone=OMAR)
    await second_channel(stage)

    def posts() -> int:
        return sum(call.args.get("channel") == LAW.channel for call in stage.slack.calls)

    for wait in (1, 30, 3600):
        stage.slack.fail("chat.postMessage", status=429, retry_after=wait, channel=LAW.channel)
        await stage.twilio.text(MARIA, LAW.number, f"After {wait}")
        await stage.settle(ahead=0)
        refused = posts()
        await stage.twilio.text(OMAR, LAW.number, f"After {wait}")
        await stage.twilio.text(NOAH, LAW.number, f"Meanwhile {wait}")
        await stage.settle(ahead=0)
        assert [message["text"] for message in stage.slack.messages(LAW.team_id, OTHER)][-1] == f"Meanwhile {wait}"
        if wait > 1:
            await stage.wait(seconds=wait - 5)
            assert posts() == refused
        await stage.wait(seconds=5)
        assert posts() == refused + 2
    for phone in (MARIA, OMAR):
        assert stage.said(phone) == ["Before", "After 1", "After 30", "After 3600"]


@pytest.mark.rows(60, 72)
@pytest.mark.faults("F5")
@pytest.mark.parametrize("opens", [True, False], ids=["first text", "later text"])
async def test_whatever_slack_answers_a_text_is_posted_once(stage: Stage, opens: bool) -> None:
    troubles: list[dict[str, Any]] = [
        {"status": 500}, {"status": 503}, {"status": 502, "body": "<html>Bad gateway</html>"}, {"drop": True},
        {"error": "ratelimited"}, {"error": "internal_error"}, {"error": "fatal_error"},
        {"status": 200, "body": "<html>Sign in</html>"}, {"status": 200, "body": ""},
    ]  # fmt: skip
    troubles += [{**trouble, "accept_first": True} for trouble in troubles if trouble.get("error") != "ratelimited"]
    for number, trouble in enumerate(troubles):
        phone = f"+1415555{130 + number:04d}"
        if not opens:
            await stage.lead_texts("Before", phone=phone)
        stage.slack.fail("chat.postMessage", **trouble)
        await stage.twilio.text(phone, LAW.number, "Hello")
        await stage.twilio.text(OMAR, LAW.number, f"Meanwhile {number}")
        for _ in range(3):
            await stage.wait(seconds=5)
        expected = ["Hello"] if opens else ["Before", "Hello"]
        assert stage.said(phone) == expected, trouble
        assert stage.said(OMAR)[-1] == f"Meanwhile {number}", trouble
        assert len(stage.roots()) == number + 2, trouble


@pytest.mark.faults("F5")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_an_answer_that_never_comes_keeps_nobody_else_waiting(stage: Stage) -> None:
    stage.slack.fail("chat.postMessage", accept_first=True, hang=30)
    await stage.twilio.text(MARIA, LAW.number, "Hangs")
    await stage.until(lambda: len(stage.roots()) == 1)
    await stage.twilio.text(NOAH, LAW.number, "Flows")
    await stage.until(lambda: len(stage.roots()) == 2 and stage.said(NOAH) == ["Flows"], 2.0)
    await stage.twilio.text(MARIA, LAW.number, "Behind it")

    await asyncio.sleep(10)  # our own deadline for the call
    await stage.settle(20)
    assert "\n".join(stage.said(MARIA)).splitlines() == ["Hangs", "Behind it"]
    assert len(stage.roots()) == 2


@pytest.mark.rows(60)
@pytest.mark.faults("F5")
async def test_a_search_that_slack_puts_off_keeps_only_its_own_row_waiting(stage: Stage) -> None:
    stage.slack.fail("chat.postMessage", status=500)
    stage.slack.fail("conversations.history", status=429, error="ratelimited", retry_after=30)
    await stage.twilio.text(MARIA, LAW.number, "Hi")
    await stage.until(lambda: any(call.method == "conversations.history" for call in stage.slack.calls))
    await stage.twilio.text(NOAH, LAW.number, "Hello")
    await stage.until(lambda: len(stage.roots()) == 1)
    assert "0112" in stage.roots()[0]["text"]
    await stage.settle(ahead=0)
    assert len(stage.roots()) == 1

    await stage.wait(seconds=40)
    assert (stage.said(MARIA), stage.said(NOAH)) == (["Hi"], ["Hello"])
