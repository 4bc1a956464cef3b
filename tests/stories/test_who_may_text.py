"""Only members of the firm's own workspace text leads; Slack is asked who somebody is, and never kept waiting."""

from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.services.answers import TOO_LATE
from bridge.store import tables
from bridge.views import threads as views
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage
from tests.stories.unknown import asked_about, types_unknown

UNSURE = "It is not known whether this text went out. Ask the lead, or look in Twilio's log, then choose:"


@pytest.mark.rows(73)
@pytest.mark.faults("S13")
async def test_members_may(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Hello from an agent!", user=LAW.agent)
    await stage.staff_says("Hello from an admin!", user=LAW.admin)
    assert stage.phone() == ["Hello from an agent!", "Hello from an admin!"]
    assert stage.told(LAW.agent) == stage.told(LAW.admin) == []


@pytest.mark.faults("S13")
async def test_others_may_not_and_read_why(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    others: dict[str, dict[str, Any]] = {
        "U01SINGLE": {"guest": "single"},
        "U01MULTI": {"guest": "multi"},
        "U01FAR": {"stranger": True},
        "U01GONE": {"deleted": True},
        "U01ROBOT": {"bot": True},
    }
    for user, traits in others.items():
        stage.slack.add_person(LAW.team_id, user, "Otto Other", **traits)
        stage.slack.channel(LAW.team_id, LAW.channel).members.add(user)
        # Sent as a bare event, so that nothing in it but the look-up tells what the author is.
        ts = await event_of(stage, user, "Hello from outside")
        assert stage.told(user) == [Refusal.NOT_STAFF.sentence], traits
        assert marked(stage, ts) == ["no_entry"], traits
    assert stage.phone() == []
    assert await stage.count(tables.messages, tables.messages.c.direction == "out") == 0


@pytest.mark.faults("S13")
async def test_a_stranger_of_slack_connect_is_known_by_the_event_alone(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.slack.share_channel(LAW.team_id, LAW.channel)
    ts = await stage.staff_says("Hello from outside", user=LAW.stranger)
    assert (stage.phone(), stage.marks(ts)) == ([], ["no_entry"])
    assert stage.told(LAW.stranger) == [Refusal.NOT_STAFF.sentence]
    assert asked_about(stage) == []


# --- Slack says who it is


@pytest.mark.rows(73, 79)
async def test_an_unknown_author_is_looked_up_once_and_slack_does_not_wait_for_it(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.slack.fail("users.info", hang=2)
    await stage.staff_types("I am new here.")
    await stage.slack.settled()
    told = stage.slack.deliveries[-1]
    assert (told.status, told.attempt) == (200, 1)
    assert told.ms < 1500
    assert stage.phone() == []
    await stage.settle()
    await stage.staff_says("Known by now.")
    assert stage.phone() == ["I am new here.", "Known by now."]
    assert asked_about(stage) == [LAW.agent]


@pytest.mark.rows(73)
@pytest.mark.faults("F5")
@pytest.mark.parametrize(
    "trouble",
    [
        {"status": 429, "retry_after": 30},
        {"status": 503, "body": "<html>down</html>"},
        {"drop": True},
    ],
    ids=["429", "html", "cut"],
)
async def test_a_reply_waits_while_slack_will_not_say_and_later_ones_do_not_overtake_it(
    stage: Stage, trouble: dict[str, Any]
) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("I am known.", user=LAW.second_agent)
    stage.slack.fail("users.info", times=None, **trouble)
    await stage.staff_types("I am not.")
    await stage.until(lambda: asked_about(stage)[-1] == LAW.agent)
    await stage.staff_types("After her.", user=LAW.second_agent)
    await stage.slack.settled()
    assert stage.phone() == ["I am known."]

    stage.slack.clear_faults()
    stage.skip(seconds=31)
    await stage.settle()
    assert stage.phone() == ["I am known.", "I am not.", "After her."]


async def test_others_do_not_wait_for_an_author_whom_slack_will_not_name(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Hello?", phone=NOAH)
    await stage.staff_says("I am known.", user=LAW.second_agent)
    stage.slack.fail("users.info", times=None, status=500)
    await stage.staff_types("I am not.")
    await stage.staff_types("And I am with somebody else.", user=LAW.second_agent, phone=NOAH)
    await stage.until(lambda: stage.phone(NOAH) == ["And I am with somebody else."])


async def test_an_author_whom_slack_will_not_describe_is_told_that_it_was_not_sent(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.slack.fail("users.info", error="method_deprecated")
    ts = await stage.staff_says("Who am I?")
    assert (stage.phone(), stage.marks(ts)) == ([], ["no_entry"])
    assert stage.told() == [Refusal.UNKNOWN_AUTHOR.sentence]


async def test_an_outage_of_slacks_is_waited_out(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.slack.fail("users.info", times=None, status=500)
    await stage.staff_types("Who am I?")
    for _ in range(15):
        await stage.settle(ahead=0)
        stage.skip(minutes=6)
    assert len(asked_about(stage)) > 10
    stage.slack.clear_faults()
    await stage.settle()
    assert stage.phone() == ["Who am I?"]
    assert stage.told() == []


async def test_a_reply_that_waited_for_hours_does_not_go_out_as_if_it_were_new(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.slack.fail("users.info", status=429, retry_after=5 * 3600)
    ts = await stage.staff_types("Come at three.")
    await stage.settle(ahead=0)
    assert asked_about(stage) != []
    stage.skip(hours=5, seconds=1)
    await stage.settle()
    assert (stage.phone(), stage.marks(ts)) == ([], ["no_entry"])
    assert stage.told() == [Refusal.STALE.sentence]


@pytest.mark.faults("S13")
async def test_what_slack_said_is_believed_for_a_day(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("I work here.")
    stage.slack.add_person(LAW.team_id, LAW.agent, "Ben Agent", guest="single")
    stage.skip(hours=23)
    await stage.staff_says("Still.")
    assert stage.phone() == ["I work here.", "Still."]
    stage.skip(hours=2)
    await stage.staff_says("No longer.")
    assert stage.phone() == ["I work here.", "Still."]
    assert stage.told() == [Refusal.NOT_STAFF.sentence]


# --- while it waits


@pytest.mark.rows(86)
async def test_a_reply_deleted_while_it_waits_is_not_sent(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await types_unknown(stage, "Wrong window!")
    await stage.slack.delete(LAW.team_id, LAW.channel, ts)
    await stage.slack.settled()
    stage.skip(seconds=31)
    await stage.settle()
    assert stage.phone() == []


@pytest.mark.rows(86)
async def test_a_deletion_that_overtakes_its_message_keeps_it_from_being_sent(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("I am known.")
    ts = await stage.staff_types("Wrong window!")
    channel = stage.slack.channel(LAW.team_id, LAW.channel)
    gone = channel.messages[ts].body
    await stage.settle()
    late = {**gone, "ts": stage.slack.new_ts(), "channel": LAW.channel, "channel_type": "channel"}
    deletion = {
        "type": "message", "subtype": "message_deleted", "channel": LAW.channel, "channel_type": "channel",
        "previous_message": late, "deleted_ts": late["ts"], "event_ts": stage.slack.new_ts(),
    }  # fmt: skip
    late["client_msg_id"], late["text"] = "another", "Even worse!"
    late["blocks"] = []
    await stage.slack.send_event(LAW.team_id, deletion)
    await stage.slack.send_event(LAW.team_id, late)
    await stage.settle()
    assert stage.phone() == ["I am known.", "Wrong window!"]


@pytest.mark.rows(86)
async def test_a_reply_edited_while_it_waits_goes_as_it_was_and_its_author_is_told(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await types_unknown(stage, "At too.")
    await stage.slack.edit(LAW.team_id, LAW.channel, ts, "At two.")
    await stage.slack.settled()
    stage.skip(seconds=31)
    await stage.settle()
    assert stage.phone() == ["At too."]
    assert stage.told() == [
        "This was already texted, and a text can't be changed. Send a new message to correct it."
    ]


# --- buttons


@pytest.mark.faults("S13", "F10")
async def test_a_button_does_nothing_for_guests_and_strangers(stage: Stage) -> None:
    question = await doubt(stage)
    for user in (LAW.guest, LAW.stranger):
        for action in (views.SEND_AGAIN, views.IT_ARRIVED):
            assert (await stage.slack.click(LAW.team_id, user, LAW.channel, question, action)).status == 200
    await stage.settle()
    assert stage.phone() == []
    m = tables.messages.c
    [text] = await stage.rows(tables.messages.select().where(m.direction == "out"))
    assert text.state == "unknown"
    assert stage.said()[-1] == UNSURE
    assert stage.told(LAW.guest) == [Refusal.NOT_STAFF.sentence] * 2
    assert stage.told(LAW.stranger) == []


@pytest.mark.faults("S13", "F10")
async def test_a_colleague_who_never_wrote_here_may_press_and_slack_does_not_wait(stage: Stage) -> None:
    question = await doubt(stage)
    stage.slack.fail("users.info", hang=2)
    result = await stage.slack.click(LAW.team_id, LAW.second_agent, LAW.channel, question, views.SEND_AGAIN)
    assert result.status == 200
    assert result.ms < 1500
    await stage.settle()
    assert stage.phone() == ["Did you get this?"]


async def test_a_press_that_slack_lets_wait_too_long_does_nothing(stage: Stage) -> None:
    question = await doubt(stage)
    stage.slack.fail("users.info", status=429, retry_after=3600)
    await stage.slack.click(LAW.team_id, LAW.second_agent, LAW.channel, question, views.SEND_AGAIN)
    await stage.until(lambda: asked_about(stage)[-1] == LAW.second_agent)
    stage.skip(hours=1, seconds=1)
    await stage.settle()
    assert stage.phone() == []
    assert stage.told(LAW.second_agent) == [TOO_LATE]


async def doubt(stage: Stage) -> str:
    """A text of which nobody knows whether it went out; the ts of the question about it."""
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", drop=True)
    await stage.staff_types("Did you get this?")
    for _ in range(3):
        await stage.settle()
        stage.skip(seconds=61)
    await stage.settle()
    assert stage.said()[-1] == UNSURE
    return str(stage.thread()[-1]["ts"])


async def event_of(stage: Stage, user: str, text: str) -> str:
    """A message event as bare as Slack may send it; the message's ts."""
    ts = stage.slack.new_ts()
    event = {
        "type": "message", "channel": LAW.channel, "channel_type": "channel", "user": user, "text": text, "ts": ts,
        "thread_ts": stage.root(MARIA)["ts"], "event_ts": ts,
    }  # fmt: skip
    assert await stage.slack.send_event(LAW.team_id, event) == [200]
    await stage.settle()
    return ts


def marked(stage: Stage, ts: str) -> list[str]:
    """What was put on a message that the pretend Slack does not have."""
    added = [call.args for call in stage.slack.calls if call.method == "reactions.add"]
    return [call["name"] for call in added if call["timestamp"] == ts]


@pytest.mark.parametrize("name", ["", "@", "@@here", "\u202e\u200b", "B" * 400, "*Ben*\n_Agent_"])
async def test_an_odd_name_is_no_reason_to_keep_a_reply_back(stage: Stage, name: str) -> None:
    await stage.lead_texts("Hi")
    stage.slack.add_person(LAW.team_id, "U01ODD", name)
    await stage.staff_says("Hello", user="U01ODD")
    assert stage.phone() == ["Hello"]
