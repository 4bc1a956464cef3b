"""The same words twice in a moment are one text, without a word about it; anything else is a text of its own."""

import asyncio

import pytest

from bridge.store import tables
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage


@pytest.mark.rows(118)
@pytest.mark.faults("S15")
async def test_the_same_words_within_two_seconds_go_out_once_and_silently(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stamps = [await stage.staff_types("Yes, at three.") for _ in range(4)]
    await stage.settle()
    assert stage.phone() == ["Yes, at three."]
    assert stage.told() == []
    assert stage.said() == ["Hello?"]
    assert [stage.marks(ts) for ts in stamps] == [["heavy_check_mark"], [], [], []]


@pytest.mark.rows(119)
async def test_later_other_words_another_lead_or_another_colleague_are_texts_of_their_own(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Hello?", phone=NOAH)
    await stage.staff_types("Yes.")
    await stage.staff_types("yes.")
    await stage.staff_types("Yes.", phone=NOAH)
    await stage.staff_types("Yes.", user=LAW.second_agent)
    await stage.settle()
    stage.skip(seconds=2.1)
    await stage.staff_says("Yes.")
    assert stage.phone() == ["Yes.", "yes.", "Yes.", "Yes."]
    assert stage.phone(NOAH) == ["Yes."]
    assert stage.told() == []


@pytest.mark.rows(118, 120)
async def test_what_is_left_out_is_stored_nowhere_as_a_text(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_types("Yes.")
    await stage.staff_types("Yes.")
    await stage.settle()
    assert await stage.count(tables.messages, tables.messages.c.direction == "out") == 1
    decisions = await stage.rows(tables.audit.select().where(tables.audit.c.action == "refuse"))
    assert [decision.facts["refusal"] for decision in decisions] == ["DUPLICATE"]


# --- what Slack delivers more than once


@pytest.mark.rows(121)
@pytest.mark.faults("F2", "F20", "F23")
async def test_a_message_delivered_eleven_times_with_other_event_ids_is_one_text(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.slack.phantom = 10
    ts = await stage.staff_says("Only once, please.")
    assert len({each.event_id for each in stage.slack.deliveries[-11:]}) == 11
    assert {each.status for each in stage.slack.deliveries} == {200}
    assert stage.phone() == ["Only once, please."]
    assert stage.marks(ts) == ["heavy_check_mark"]


@pytest.mark.rows(121)
@pytest.mark.faults("F2")
async def test_retries_by_header_are_neither_dropped_nor_sent_again(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.slack.duplicates = 5
    await stage.staff_says("Only once, please.")
    assert stage.phone() == ["Only once, please."]

    stage.slack.duplicates = 0
    event = {
        "type": "message", "channel": LAW.channel, "channel_type": "channel", "user": LAW.agent,
        "team": LAW.team_id, "text": "First heard as a retry.", "ts": stage.slack.new_ts(),
        "thread_ts": stage.root()["ts"],
    }  # fmt: skip
    headers = {"x-slack-retry-num": "2", "x-slack-retry-reason": "http_timeout"}
    assert await stage.slack.send_event(LAW.team_id, event, times=3, headers=headers) == [200, 200, 200]
    await stage.settle()
    assert stage.phone() == ["Only once, please.", "First heard as a retry."]


@pytest.mark.rows(121)
@pytest.mark.faults("F2")
async def test_the_same_typing_under_another_ts_is_one_text(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_types("Only once, please.", client_msg_id="9a0f-typed-once")
    stage.skip(seconds=30)
    await stage.staff_says("Only once, please.", client_msg_id="9a0f-typed-once")
    assert stage.phone() == ["Only once, please."]


@pytest.mark.rows(121)
async def test_a_repeated_event_that_waits_for_its_author_is_one_text(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.slack.fail("users.info", hang=0.5)
    stage.slack.phantom = 4
    await stage.staff_says("Only once, please.")
    assert stage.phone() == ["Only once, please."]


@pytest.mark.rows(121)
@pytest.mark.faults("F2")
async def test_events_in_disorder_and_twice_lose_and_double_nothing(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Hello?", phone=NOAH)
    stage.slack.disorder, stage.slack.phantom, stage.slack.duplicates = True, 2, 1
    words = [f"Number {number}" for number in range(8)]
    for each in words:
        await stage.staff_types(each, phone=MARIA)
        await stage.staff_types(each, phone=NOAH, user=LAW.second_agent)
    await stage.settle()
    assert sorted(stage.phone(MARIA)) == sorted(stage.phone(NOAH)) == words


@pytest.mark.rows(121)
@pytest.mark.faults("F1", "F30")
async def test_a_reply_written_while_the_app_is_down_comes_with_slacks_next_try(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Known by now.")
    stage.slack.retry_delays = (0.2, 0.5, 1.0)
    await stage.stop_app()
    await stage.staff_types("Are you there?")
    await asyncio.sleep(0.05)
    await stage.start_app()
    await stage.settle()
    assert stage.phone() == ["Known by now.", "Are you there?"]
    assert stage.slack.deliveries[-1].attempt > 1
