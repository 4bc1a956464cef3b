"""HELP brings the firm's contact information, START and JOIN make a lead a subscriber; neither is a message."""

import pytest

from bridge.services import installs
from bridge.store import tables
from tests.cast import MANY, MARIA
from tests.stage import Stage


@pytest.mark.rows(124, 125)
async def test_help_is_answered_with_whom_to_call(stage: Stage) -> None:
    await stage.who_answers_keywords("bridge")

    said = await stage.strangers_text(["HELP", "help?", " Info ", "Aide"])

    for phone in said:
        (answer,) = stage.phone(phone)
        assert answer.startswith("Harbor Law: call or text (415) 555-0100 for help.")
        assert "Msg&data rates may apply" in answer
        assert "STOP" in answer
        (line,) = stage.said(phone)
        assert line.startswith(":information_source: asked for help · ")


@pytest.mark.rows(124)
async def test_the_firm_chooses_the_words(stage: Stage) -> None:
    await stage.who_answers_keywords("bridge")
    words = "{firm}, 12 Harbor Street, {number}. Reply STOP to end."
    await installs.set_help(stage.app.deps, stage.law, words, stage.clock())

    await stage.lead_texts("HELP")

    assert stage.phone() == ["Harbor Law, 12 Harbor Street, (415) 555-0100. Reply STOP to end."]


@pytest.mark.rows(124, 130)
async def test_asking_for_help_in_a_sentence_is_a_message(stage: Stage) -> None:
    said = await stage.strangers_text(["Can you help me?", "I need info about wills", "Help! My landlord"])

    assert {phone: stage.said(phone) for phone in said} == {phone: [words] for phone, words in said.items()}
    assert all(stage.twilio.texts_to(phone) == [] for phone in MANY)


@pytest.mark.rows(124, 126)
async def test_who_has_opted_out_may_still_ask_for_help_and_stays_opted_out(stage: Stage) -> None:
    await stage.who_answers_keywords("bridge")
    await stage.lead_texts("STOP")
    await stage.lead_texts("HELP")

    assert [text[:7] for text in stage.phone()] == ["You are", "Harbor "]
    assert (await stage.contact()).opted_out
    changes = [event.change for event in await stage.rows(tables.consent_events.select())]
    assert sorted(changes) == ["help", "opt_out"]


@pytest.mark.rows(123, 125)
async def test_start_and_join_subscribe_a_stranger(stage: Stage) -> None:
    said = await stage.strangers_text(["START", "join", "Join!", "Unstop"])

    for phone, word in said.items():
        assert len(stage.said(phone)) == 1, word
        assert ":white_check_mark: opted in" in stage.said(phone)[0]
        assert len(stage.twilio.texts_to(phone)) == 1, word
    changes = {event.change for event in await stage.rows(tables.consent_events.select())}
    assert changes == {"opt_in"}


@pytest.mark.rows(18, 124)
async def test_help_is_answered_while_two_way_is_off(stage: Stage) -> None:
    await stage.who_answers_keywords("bridge")
    await stage.turn_two_way(on=False)

    await stage.lead_texts("HELP")

    assert len(stage.phone(MARIA)) == 1
    assert stage.roots() == []
