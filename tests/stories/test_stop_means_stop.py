"""A lead who says STOP gets no more texts, whatever the word and whoever writes; only their own START helps."""

import pytest

from bridge.refusals import Refusal
from bridge.services import leads, numbers
from bridge.store import tables
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage

OPTED_OUT = "This lead has opted out of SMS. You can't send messages until they text START to opt back in."

STOPS = [
    *("STOP", "CANCEL", "UNSUBSCRIBE", "QUIT", "END"),
    *("STOPALL", "REVOKE", "OPTOUT", "OPT OUT", "opt-out", "Stop All", "ARRET", "Arrêt"),
    *("stop", " Stop ", "STOP!", "stop.", '"STOP"', "\n Stop!!\t", "S.T.O.P", "unsubscribe…"),
]
NO_STOPS = [
    "cancel my appointment", "Can you stop by at 5?", "At the end of the month", "I quit my job, now what?",
    "Don't revoke it", "stop sign", "the end is near", "STOP 2",
]  # fmt: skip


@pytest.mark.rows(122, 125, 130)
async def test_every_stop_word_opts_out_in_any_spelling(stage: Stage) -> None:
    said = await stage.strangers_text(STOPS)

    for phone, word in said.items():
        assert (await stage.contact(phone)).opted_out, word
        (line,) = stage.said(phone)
        assert line.startswith(":no_entry: opted out · <!date^"), word
    assert {row.category for row in await stage.rows(tables.messages.select())} >= {"keyword"}


@pytest.mark.rows(122, 130)
async def test_a_sentence_with_such_a_word_in_it_is_a_message_like_any_other(stage: Stage) -> None:
    said = await stage.strangers_text(NO_STOPS)

    for phone, words in said.items():
        assert not (await stage.contact(phone)).opted_out, words
        assert stage.said(phone) == [words]
    assert await stage.count(tables.consent_events) == 0


@pytest.mark.rows(125, 126)
async def test_the_thread_shows_one_line_and_never_the_word_itself(stage: Stage) -> None:
    await stage.lead_texts("Hi there")
    await stage.lead_texts("Stop")

    assert len(stage.said()) == 2
    assert "opted out" in stage.said()[1]
    assert "Stop" not in [message["text"] for message in stage.thread()]
    assert ":no_entry: opted out" in str(stage.root()["blocks"])
    stored = [(row.body, row.category) for row in await stage.rows(tables.messages.select())]
    assert stored == [("Hi there", "natural"), ("Stop", "keyword")]


@pytest.mark.rows(126, 127)
@pytest.mark.parametrize("who", [LAW.agent, LAW.admin])
async def test_nobody_can_text_a_lead_who_opted_out(stage: Stage, who: str) -> None:
    await stage.lead_texts("Hi")
    await stage.lead_texts("STOP")

    ts = await stage.staff_says("One last thing", user=who)

    assert stage.phone() == []
    assert stage.marks(ts) == ["no_entry"]
    assert stage.told(who) == [OPTED_OUT] == [Refusal.STOPPED.sentence]


@pytest.mark.rows(126, 127)
@pytest.mark.faults("S25")
async def test_signing_up_once_more_is_no_opt_in(stage: Stage) -> None:
    await stage.lead_texts("Hi")
    await stage.lead_texts("STOP")
    await leads.add(stage.app.deps, stage.law, stage.clock(), name="Maria Lopez", phone=MARIA, source="web")
    ts = await stage.staff_says("Welcome back!")
    assert "Welcome back!" not in stage.phone()
    assert stage.marks(ts) == ["no_entry"]


@pytest.mark.rows(123, 126)
@pytest.mark.parametrize("word", ["Start", "UNSTOP", "Yes"])
async def test_the_lead_s_own_word_makes_texting_possible_again(stage: Stage, word: str) -> None:
    await stage.lead_texts("STOP")
    assert (await stage.contact()).carrier_blocked
    await stage.lead_texts(word)

    contact = await stage.contact()
    assert (contact.opted_out, contact.carrier_blocked) == (False, False)
    assert ":white_check_mark: opted in" in stage.said()[-1]
    assert ":no_entry:" not in str(stage.root()["blocks"])
    await stage.staff_says("Welcome back")
    assert stage.phone() == ["Welcome back"]


@pytest.mark.rows(128)
async def test_start_from_another_phone_changes_nothing(stage: Stage) -> None:
    await stage.lead_texts("STOP")
    await stage.lead_texts("START", phone=NOAH)

    contact = await stage.contact()
    assert (contact.opted_out, contact.carrier_blocked) == (True, True)
    await stage.staff_says("Hello?")
    assert stage.phone() == []
    assert stage.told() == [OPTED_OUT]


@pytest.mark.rows(123)
async def test_yes_is_an_answer_unless_the_lead_has_opted_out(stage: Stage) -> None:
    await stage.lead_texts("Yes")

    assert stage.said() == ["Yes"]
    assert await stage.count(tables.consent_events) == 0
    assert stage.twilio.texts_to(MARIA) == []


@pytest.mark.rows(123, 126)
async def test_join_is_noted_but_does_not_lift_what_the_carrier_blocks(stage: Stage) -> None:
    await stage.lead_texts("STOP")
    await stage.lead_texts("JOIN")

    contact = await stage.contact()
    assert (contact.opted_out, contact.carrier_blocked) == (False, True)
    assert "still blocks this number until they text START" in stage.said()[-1]
    assert ":no_entry: opted out" in str(stage.root()["blocks"])
    await stage.staff_says("Great that you are back")
    assert stage.phone() == []
    assert stage.told() == [OPTED_OUT]

    await stage.lead_texts("START")
    await stage.staff_says("Now it works")
    assert stage.phone() == ["Now it works"]


@pytest.mark.rows(123)
async def test_join_lifts_what_only_we_know_of(stage: Stage) -> None:
    await stage.lead_texts("Opt out")  # two words: the carrier does not know them
    contact = await stage.contact()
    assert (contact.opted_out, contact.carrier_blocked) == (True, False)

    await stage.lead_texts("Join")
    await stage.staff_says("Welcome back")

    assert stage.phone()[-1] == "Welcome back"


@pytest.mark.rows(133)
@pytest.mark.faults("S26")
async def test_each_change_is_written_down_with_what_proves_it(stage: Stage) -> None:
    before = stage.clock()
    stop = await stage.lead_texts("Stop!")
    start = await stage.lead_texts("START")

    events = await stage.rows(tables.consent_events.select().order_by(tables.consent_events.c.id))
    assert [(event.change, event.source) for event in events] == [("opt_out", "sms"), ("opt_in", "sms")]
    assert [event.evidence for event in events] == [
        {"sid": stop, "body": "Stop!", "number": LAW.number},
        {"sid": start, "body": "START", "number": LAW.number},
    ]
    assert before <= events[0].at <= events[1].at <= stage.clock()
    assert {event.contact_id for event in events} == {(await stage.contact()).id}


@pytest.mark.rows(122)
@pytest.mark.parametrize("replies", ["carrier", "bridge"])
async def test_the_phone_gets_exactly_one_confirmation(stage: Stage, replies: str) -> None:
    await stage.who_answers_keywords(replies)

    said = await stage.strangers_text(["STOP", "Opt out", "START", "JOIN", "HELP"])

    for phone, word in said.items():
        (confirmation,) = stage.twilio.texts_to(phone)
        assert confirmation.automatic is (replies == "carrier" and word in {"STOP", "START", "HELP"}), word
        assert "unsubscribe" in confirmation.body.lower()


@pytest.mark.rows(122)
@pytest.mark.parametrize("replies", ["carrier", "bridge"])
async def test_who_has_stopped_and_stops_again_is_left_in_peace(stage: Stage, replies: str) -> None:
    await stage.who_answers_keywords(replies)
    for word in ("STOP", "stop all", "STOP", "Opt-out"):
        await stage.lead_texts(word)

    assert len(stage.twilio.texts_to(MARIA)) == 1
    contact = await stage.contact()
    assert (contact.opted_out, contact.carrier_blocked) == (True, replies == "carrier")
    assert await stage.count(tables.consent_events) == 4


@pytest.mark.rows(18, 122, 125)
async def test_stop_counts_while_two_way_is_off(stage: Stage) -> None:
    await stage.turn_two_way(on=False)
    await stage.lead_texts("STOP")

    assert stage.roots() == []
    assert (await stage.contact()).opted_out
    assert await stage.count(tables.consent_events) == 1
    await stage.turn_two_way(on=True)
    await stage.lead_texts("Are you there?")
    await stage.staff_says("Yes")
    assert stage.phone() == []
    assert stage.told() == [OPTED_OUT]


@pytest.mark.rows(122, 123)
async def test_on_a_toll_free_number_the_network_s_own_rules_hold(stage: Stage) -> None:
    toll_free = "+18335550100"
    stage.twilio.add_number(stage.settings.twilio_account_sid, toll_free, kind="tollfree")
    await numbers.connect(stage.app.deps, stage.law, toll_free, stage.clock())

    async def text(body: str) -> None:
        await stage.twilio.text(MARIA, toll_free, body)
        await stage.settle()

    await text("STOP")
    await text("Yes")  # lifts nothing there, so it is a message
    assert stage.said()[-1] == "Yes"
    contact = await stage.contact()
    assert (contact.opted_out, contact.carrier_blocked) == (True, True)

    await text("UNSTOP")
    contact = await stage.contact()
    assert (contact.opted_out, contact.carrier_blocked) == (False, False)
    assert [each.body[:11] for each in stage.twilio.texts_to(MARIA)] == ["NETWORK MSG"] * 2
    await stage.staff_says("Welcome back")
    assert [each.from_ for each in stage.twilio.texts_to(MARIA)][-1] == toll_free


@pytest.mark.rows(122, 124, 132)
@pytest.mark.parametrize("replies", ["carrier", "bridge"])
async def test_what_twilio_says_it_did_is_believed_and_not_answered_again(stage: Stage, replies: str) -> None:
    await stage.who_answers_keywords(replies)
    await stage.lead_texts("Basta", extra={"OptOutType": "STOP"})  # a word of the account's own
    contact = await stage.contact()
    assert (contact.opted_out, contact.carrier_blocked) == (True, True)

    await stage.lead_texts("Ayuda", extra={"OptOutType": "HELP"})
    await stage.lead_texts("Quiero", extra={"OptOutType": "START"})
    contact = await stage.contact()
    assert (contact.opted_out, contact.carrier_blocked) == (False, False)
    assert stage.phone() == []
    assert [line.partition(" · ")[0] for line in stage.said()] == [
        ":no_entry: opted out", ":information_source: asked for help", ":white_check_mark: opted in",
    ]  # fmt: skip
