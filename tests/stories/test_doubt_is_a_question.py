"""Twilio cannot be asked twice for the same text. What became of a try is found out, or asked; never guessed."""

from typing import Any

import pytest

from bridge.gateways import twilio_http
from bridge.refusals import Refusal
from bridge.sandbox.twilio import magic
from tests.cast import MARIA, NOAH
from tests.stage import Stage
from tests.stories.doubt import UNSURE, asked_for_a_list, creates, pass_time, taken_unseen

# Twilio answers so before it has done anything, or while nobody can tell.
NOT_ACCEPTED: dict[str, dict[str, Any]] = {
    "500": {"status": 500},
    "503 html": {"status": 503, "body": "<html>try later</html>"},
    "cut": {"drop": True},
    "201 that is no json": {"status": 201, "body": "<html>hello</html>"},
    "429 of a proxy": {"status": 429, "body": "slow down", "content_type": "text/plain"},
}
ACCEPTED = {name: {**how, "accept_first": True} for name, how in NOT_ACCEPTED.items()}


@pytest.mark.rows(73, 79)
@pytest.mark.faults("F9")
@pytest.mark.parametrize(
    "how",
    [
        {"status": 429},
        {"status": 429, "retry_after": 1},
        {"code": 20429},
        {"code": 21611},
        {"status": 429, "times": 3},
    ],
    ids=["429", "429 with Retry-After", "20429", "21611: queue full", "three times"],
)
async def test_what_twilio_certainly_did_not_take_is_sent_again(stage: Stage, how: dict[str, Any]) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", **how)
    ts = await stage.staff_types("Hello!")
    await pass_time(stage, 5, seconds=10)
    assert stage.phone() == ["Hello!"]
    assert stage.marks(ts) == ["heavy_check_mark"]
    assert stage.said() == ["Hello?"]


@pytest.mark.rows(80)
@pytest.mark.faults("F9")
async def test_a_twilio_that_stays_busy_for_hours_is_told_in_one_sentence(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", code=20429, times=100)
    ts = await stage.staff_types("Hello!")
    await pass_time(stage, 9, minutes=30)
    assert stage.said() == ["Hello?", Refusal.STALE.sentence]
    assert stage.marks(ts) == ["no_entry"]
    stage.twilio.heal()
    await stage.staff_says("Better now?")
    assert stage.phone() == ["Better now?"]


@pytest.mark.rows(75)
@pytest.mark.faults("F9")
async def test_texts_that_were_taken_unseen_are_settled_by_their_receipts(stage: Stage) -> None:
    stamps = await each_in_its_way(stage, ACCEPTED)
    await pass_time(stage, 4)
    for phone, ts in stamps.items():
        assert stage.phone(phone) == ["Hello!"]
        assert stage.marks(ts) == ["heavy_check_mark"]
        assert stage.said(phone) == ["Hello?"]
    assert asked_for_a_list(stage) == 0  # the receipts named our messages: nobody had to be asked


@pytest.mark.rows(75)
@pytest.mark.faults("F9", "F10")
async def test_without_receipts_they_are_settled_by_twilios_list(stage: Stage) -> None:
    stage.twilio.lose_status = True
    stamps = await each_in_its_way(stage, ACCEPTED)
    await pass_time(stage, 4)
    for phone, ts in stamps.items():
        assert stage.phone(phone) == ["Hello!"]
        assert stage.marks(ts) == ["white_check_mark"]  # sent; whether it was delivered nobody said
        assert stage.said(phone) == ["Hello?"]
    assert creates(stage) == len(stamps)


@pytest.mark.faults("F9", "F10")
async def test_texts_that_are_nowhere_become_questions(stage: Stage) -> None:
    stamps = await each_in_its_way(stage, NOT_ACCEPTED)
    await pass_time(stage, 4)
    for phone, ts in stamps.items():
        assert stage.said(phone) == ["Hello?", UNSURE]
        assert stage.marks(ts) == ["grey_question"]
        assert "Hello!" in str(stage.thread(phone)[-1]["blocks"])
        assert stage.phone(phone) == []
    assert creates(stage) == len(stamps)


async def each_in_its_way(stage: Stage, ways: dict[str, dict[str, Any]]) -> dict[str, str]:
    """To each of several leads a text that goes wrong in one of these ways; the replies' ts by phone."""
    phones = [f"+141555501{30 + number}" for number in range(len(ways))]
    for phone, how in zip(phones, ways.values(), strict=True):
        await stage.lead_texts("Hello?", phone=phone)
        stage.twilio.fail("create", to=phone, **how)
    return {phone: await stage.staff_types("Hello!", phone=phone) for phone in phones}


@pytest.mark.rows(73, 75)
@pytest.mark.faults("F9")
async def test_a_lead_behind_an_ambiguous_line_gets_each_text_once(stage: Stage) -> None:
    await stage.lead_texts("Hello?", phone=magic.AMBIGUOUS)
    for number in range(3):
        await stage.staff_types(f"Number {number}", phone=magic.AMBIGUOUS)
    await pass_time(stage, 6, seconds=5)
    assert stage.phone(magic.AMBIGUOUS) == [f"Number {number}" for number in range(3)]
    assert creates(stage) == 3


@pytest.mark.faults("F9")
async def test_a_stall_longer_than_our_patience_is_doubt_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twilio_http, "CALL_SECONDS", 1.0)
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", hang=2, accept_first=True)
    stage.twilio.lose_status = True
    ts = await stage.staff_types("Hello!")
    await stage.settle()
    await pass_time(stage, 3)
    assert stage.phone() == ["Hello!"]
    assert stage.marks(ts) == ["white_check_mark"]
    assert creates(stage) == 1


@pytest.mark.faults("F10")
async def test_staff_are_asked_only_when_it_was_absent_twice_a_minute_apart(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", drop=True)
    await stage.staff_types("Hello!")
    await stage.settle(ahead=0)
    stage.skip(minutes=5)  # as if the app had been down: the first look comes late
    await stage.settle()
    assert asked_for_a_list(stage) == 1
    assert stage.said() == ["Hello?"]
    stage.skip(seconds=61)
    await stage.settle()
    assert asked_for_a_list(stage) == 2
    assert stage.said() == ["Hello?", UNSURE]


@pytest.mark.faults("F10")
async def test_a_look_that_fails_proves_nothing(stage: Stage) -> None:
    ts = await taken_unseen(stage, failed_looks=5)
    await pass_time(stage, 5)
    assert stage.said() == ["Hello?"]
    await pass_time(stage, 3)
    assert stage.marks(ts) == ["white_check_mark"]
    assert (stage.phone(), creates(stage)) == (["Hello!"], 1)


@pytest.mark.faults("F10")
async def test_a_twilio_out_of_reach_for_long_is_a_question_too(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", drop=True)
    stage.twilio.fail("list", status=500, times=100)
    await stage.staff_types("Hello!")
    await pass_time(stage, 14)
    assert stage.said() == ["Hello?", UNSURE]
    assert creates(stage) == 1


@pytest.mark.faults("F9")
async def test_the_same_words_sent_before_are_not_taken_for_this_text(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Yes.")
    stage.skip(seconds=5)
    stage.twilio.fail("create", drop=True)
    await stage.staff_types("Yes.")
    await pass_time(stage, 4)
    assert stage.said() == ["Hello?", UNSURE]
    assert stage.phone() == ["Yes."]


@pytest.mark.rows(72)
@pytest.mark.faults("F9")
async def test_doubt_about_one_text_holds_back_its_own_conversation_only(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Hello?", phone=NOAH)
    stage.twilio.fail("create", drop=True, to=MARIA)
    await stage.staff_types("In doubt.")
    await stage.staff_types("Behind it.")
    await stage.staff_types("Elsewhere.", phone=NOAH)
    await stage.until(lambda: stage.phone(NOAH) == ["Elsewhere."])
    assert stage.phone() == []
    await pass_time(stage, 4)
    assert stage.phone() == ["Behind it."]  # once it is a question nobody else need wait for the answer
