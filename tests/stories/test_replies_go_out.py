"""What a member of staff writes in a lead's thread reaches the lead's phone, once and as plain text."""

import pytest

from bridge.refusals import Refusal
from bridge.store import tables
from tests.cast import LAW, MARIA, NOAH, OMAR
from tests.stage import Stage

READ_AS = {  # typed in Slack: read on the phone
    "Great :tada: see you :+1::skin-tone-3:": "Great 🎉 see you 👍🏼",
    "Look: https://harbor.example/visit?a=1&b=2": "Look: https://harbor.example/visit?a=1&b=2",
    "We are at harbor.example today": "We are at harbor.example today",
    "Write to help@harbor.example": "Write to help@harbor.example",
    "Terms & conditions: 3 < 4 > 2": "Terms & conditions: 3 < 4 > 2",
    "*Bold* and _soft_ and ~gone~ and `code`": "Bold and soft and gone and code",
}


@pytest.mark.rows(73, 74, 76)
async def test_line_breaks_arrive_as_they_were_typed(stage: Stage) -> None:
    await stage.lead_texts("Where are you?")
    await stage.staff_says("12 Harbor Street\nSuite 4\n\nRing twice.")
    assert stage.phone() == ["12 Harbor Street\nSuite 4\n\nRing twice."]


@pytest.mark.rows(88)
@pytest.mark.faults("F23")
async def test_slack_formatting_becomes_plain_text(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    for typed in READ_AS:
        await stage.staff_types(typed)
    await stage.settle()
    assert stage.phone() == list(READ_AS.values())


@pytest.mark.rows(88)
@pytest.mark.faults("F23")
async def test_lists_and_quotes_stay_readable(stage: Stage) -> None:
    await stage.lead_texts("What should I bring?")
    items = [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": words}]}
        for words in ("Passport", "Form")
    ]
    elements = [
        {"type": "rich_text_section", "elements": [{"type": "text", "text": "Please bring:\n"}]},
        {"type": "rich_text_list", "style": "bullet", "indent": 0, "elements": items},
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "as it says in the letter"}]},
    ]
    await stage.staff_says("Please bring: ...", blocks=[{"type": "rich_text", "elements": elements}])
    assert stage.phone() == ["Please bring:\n- Passport\n- Form\n> as it says in the letter"]


@pytest.mark.rows(88)
async def test_a_colleague_whom_nobody_knows_yet_is_looked_up_and_the_replies_stay_in_order(stage: Stage) -> None:
    await stage.lead_texts("Who will call me?")
    await stage.staff_says("One moment.")  # now the author is known, the colleague is not
    stage.slack.fail("users.info", hang=0.3)

    await stage.staff_types(f"It will be <@{LAW.second_agent}>.")
    await stage.staff_types("At three.")
    await stage.settle()

    assert stage.phone() == ["One moment.", "It will be @Cleo Agent.", "At three."]
    asked = [call.args["user"] for call in stage.slack.calls if call.method == "users.info"]
    assert asked == [LAW.agent, LAW.second_agent]
    # Whoever only waits behind another uses up nothing of what Slack allows for asking.
    o = tables.outbox.c
    assert await stage.count(tables.outbox, o.kind == "relay", o.route == "people") == 2
    assert await stage.count(tables.outbox, o.kind == "relay", o.route == "replies") == 1


@pytest.mark.rows(88)
@pytest.mark.faults("F23")
async def test_a_mention_of_somebody_slack_does_not_know_reads_someone(stage: Stage) -> None:
    await stage.lead_texts("Who will call me?")
    await stage.staff_says("It will be <@U0NOBODY>.")
    assert stage.phone() == ["It will be @someone."]


@pytest.mark.rows(78)
async def test_a_reply_is_recorded_with_author_time_sid_and_segments(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    before = stage.clock()
    ts = await stage.staff_says("a" * 161)
    m = tables.messages.c
    [text] = await stage.rows(tables.messages.select().where(m.direction == "out"))
    [sent] = [message for message in stage.twilio.messages() if message.direction == "outbound-api"]
    assert (text.author_id, text.origin_ts, text.sid, text.segments) == (LAW.agent, ts, sent.sid, 2)
    assert (text.purpose, text.state, text.body) == ("reply", "delivered", "a" * 161)
    assert before <= text.created_at <= stage.clock()
    [decision] = await stage.rows(tables.audit.select().where(tables.audit.c.action == "send"))
    assert (decision.actor, decision.facts["characters"]) == (LAW.agent, 161)
    assert "a" * 161 not in str(decision.facts)


@pytest.mark.rows(76, 121)
@pytest.mark.faults("F23")
async def test_a_reply_also_sent_to_the_channel_goes_out_once(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("Good news!", broadcast=True)
    assert stage.phone() == ["Good news!"]
    assert stage.marks(ts) == ["heavy_check_mark"]


@pytest.mark.rows(87)
@pytest.mark.faults("F23")
async def test_bots_other_apps_and_slack_itself_are_never_relayed(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    root = stage.root()["ts"]
    stage.slack.add_person(LAW.team_id, "U01ROBOT", "Robot", bot=True)
    await stage.staff_says("I am another app.", user="U01ROBOT")
    for subtype in (
        "bot_message",
        "channel_join",
        "channel_leave",
        "channel_topic",
        "reminder_add",
        "huddle_thread",
    ):
        event = {"subtype": subtype, "user": LAW.agent, "text": f"said by {subtype}", "ts": stage.slack.new_ts()}
        where = {"type": "message", "channel": LAW.channel, "channel_type": "channel", "thread_ts": root}
        assert await stage.slack.send_event(LAW.team_id, where | event) == [200]
    await stage.settle()
    assert stage.phone() == []
    assert stage.told("U01ROBOT") == stage.told() == []
    assert await stage.count(tables.messages, tables.messages.c.direction == "out") == 0


@pytest.mark.rows(87)
@pytest.mark.faults("F23")
async def test_what_is_typed_with_slash_me_is_an_aside_and_marked_as_one(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    event = {"subtype": "me_message", "user": LAW.agent, "text": "rolls her eyes", "ts": stage.slack.new_ts()}
    where = {"type": "message", "channel": LAW.channel, "channel_type": "channel", "thread_ts": stage.root()["ts"]}
    assert await stage.slack.send_event(LAW.team_id, where | event) == [200]
    await stage.settle()
    assert stage.phone() == []
    marked = [call.args for call in stage.slack.calls if call.method == "reactions.add"]
    assert [(mark["name"], mark["timestamp"]) for mark in marked] == [("memo", event["ts"])]


@pytest.mark.rows(87)
async def test_only_replies_in_a_leads_thread_are_relayed(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    own_root = await stage.slack.say(LAW.team_id, LAW.channel, LAW.agent, "Who takes Maria today?")
    await stage.slack.say(LAW.team_id, LAW.channel, LAW.second_agent, "I do.", thread_ts=own_root)
    await stage.settle()
    assert stage.phone() == []
    assert stage.marks(own_root) == []
    assert await stage.count(tables.messages, tables.messages.c.direction == "out") == 0


@pytest.mark.rows(72)
@pytest.mark.faults("F7")
async def test_whoever_writes_below_a_root_of_ours_that_we_do_not_know_reads_that_it_was_not_sent(
    stage: Stage,
) -> None:
    await stage.lead_texts("Hello?")
    async with stage.app.deps.db.begin() as tx:  # as when its answer was lost, and it was deleted before we looked
        await tx.run(tables.threads.delete())
    note = await stage.staff_says("// not for the lead")
    reply = await stage.staff_says("Hi Maria")

    assert stage.phone() == []
    assert stage.marks(note) == []
    assert stage.marks(reply) == ["no_entry"]
    assert stage.told() == [Refusal.LOST_THREAD.sentence]


@pytest.mark.rows(73, 72)
async def test_each_reply_reaches_its_own_lead_and_later_ones_never_overtake(stage: Stage) -> None:
    for phone in (MARIA, NOAH, OMAR):
        await stage.lead_texts("Hello?", phone=phone)
    words = {phone: [f"{number} for {phone[-3:]}" for number in range(5)] for phone in (MARIA, NOAH, OMAR)}
    authors = {MARIA: LAW.agent, NOAH: LAW.second_agent, OMAR: LAW.admin}
    for number in range(5):
        for phone, texts in words.items():
            await stage.staff_types(texts[number], phone=phone, user=authors[phone])
    await stage.settle()
    sent = [(text.to, text.body) for text in stage.twilio.messages() if text.direction == "outbound-api"]
    for phone, texts in words.items():
        assert [body for to, body in sent if to == phone] == texts
        assert sorted(stage.phone(phone)) == sorted(texts)


@pytest.mark.rows(72, 79)
async def test_a_lead_whose_text_hangs_holds_nobody_else_up(stage: Stage) -> None:
    for phone in (MARIA, NOAH):
        await stage.lead_texts("Hello?", phone=phone)
    await stage.staff_says("First, so that I am known.")
    stage.twilio.fail("create", hang=3, to=MARIA)
    await stage.staff_types("This one hangs.")
    await stage.staff_types("And this waits for it.")
    await stage.staff_types("You are quick.", phone=NOAH)
    await stage.until(lambda: stage.phone(NOAH) == ["You are quick."], seconds=2)
    assert stage.phone() == ["First, so that I am known."]
    await stage.settle()
    assert stage.phone() == ["First, so that I am known.", "This one hangs.", "And this waits for it."]
