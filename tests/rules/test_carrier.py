"""What error codes and statuses of Twilio mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules import carrier
from bridge.rules.carrier import Lesson, State, advance, verdict

# Twilio's MessageStatus, from its OpenAPI description.
STATUSES = ["queued", "sending", "sent", "failed", "delivered", "undelivered", "receiving", "received", "accepted"]
STATUSES += ["scheduled", "read", "partially_delivered", "canceled"]

ANY_STATE = st.sampled_from(State)
ANY_STATUS = st.sampled_from(STATUSES) | st.text()


@pytest.mark.rows(107)
@pytest.mark.parametrize("code", [21614, 21635, 30006])
def test_landlines(code: int) -> None:
    told = verdict(code)
    assert told.sentence == "This number is a landline and can't receive SMS messages"
    assert (told.lesson, told.retry, told.admins) == (Lesson.LANDLINE, False, False)


@pytest.mark.rows(126, 132)
def test_opted_out() -> None:
    told = verdict("21610")
    assert told.sentence == (
        "This lead has opted out of SMS. You can't send messages until they text START to opt back in."
    )
    assert (told.lesson, told.retry, told.admins) == (Lesson.OPTED_OUT, False, False)


@pytest.mark.rows(80, 103)
@pytest.mark.parametrize(
    ("codes", "lesson", "retry", "admins", "word"),
    [
        ([21211, 21217, 21266, 21401], Lesson.INVALID, False, False, "valid"),
        ([30005], Lesson.GONE, False, False, "no longer in service"),
        ([30007], Lesson.FILTERED, False, False, "spam filter"),
        ([30004], Lesson.BLOCKED, False, False, "blocking"),
        ([30003], Lesson.UNREACHABLE, True, False, "off or out of reach"),
        ([21612], Lesson.UNREACHABLE, False, False, "can't reach"),
        ([30008], Lesson.NOTHING, True, False, "no reason"),
        ([30032], Lesson.UNREGISTERED, False, True, "toll-free"),
        ([30034], Lesson.UNREGISTERED, False, True, "10DLC"),
        ([30033, 30035], Lesson.UNREGISTERED, False, True, "registration"),
        ([429, 20429], Lesson.NOTHING, True, False, "busy"),
        ([21611, 30001], Lesson.NOTHING, True, False, "too many messages"),
        ([30017, 30410], Lesson.NOTHING, True, False, "trouble"),
        ([30022, 30023, 30027], Lesson.NOTHING, True, False, "limit"),
        ([30024, 30036, 30450], Lesson.NOTHING, True, False, ""),
        ([21408, 21608, 572002, 572005, 20003, 30002], Lesson.NOTHING, False, True, ""),
        ([21601, 21603, 21606, 21659, 21660, 21212], Lesson.NOTHING, False, True, "SMS number"),
        ([21701, 21702, 21703, 21704, 21705, 21712], Lesson.NOTHING, False, True, "SMS number"),
        ([20404, 21624, 30045, 90007], Lesson.NOTHING, False, True, ""),
        ([21617], Lesson.NOTHING, False, False, "1,600"),
        ([21602, 21619, 21604, 21201], Lesson.NOTHING, False, False, ""),
        ([21620, 21623, 21628, 30019, 30011, 11751], Lesson.NOTHING, False, False, ""),
        ([30610, 30640], Lesson.NOTHING, False, False, "compliance"),
        ([20500, 20503], Lesson.NOTHING, False, False, "Not confirmed"),
    ],
)
def test_verdicts(codes: list[int], lesson: Lesson, retry: bool, admins: bool, word: str) -> None:
    for code in codes:
        told = verdict(code)
        assert (told.lesson, told.retry, told.admins) == (lesson, retry, admins), code
        assert word in told.sentence
        assert verdict(str(code)) == told
        assert verdict(f" {code} ") == told


def test_answers_without_a_code_of_twilios_are_understood() -> None:
    assert verdict("http_429") == verdict(20429)
    assert verdict("http_401") == verdict(20003)


def test_each_code_has_one_verdict() -> None:
    codes = [code for group in carrier._VERDICTS for code in group]
    assert len(codes) == len(set(codes))


def test_sentences_are_short_and_say_what_to_do() -> None:
    for told in carrier._VERDICTS.values():
        assert 20 < len(told.sentence) <= 120
        assert told.sentence[0].isupper()
        assert "\n" not in told.sentence


@pytest.mark.rows(80)
@given(st.text() | st.integers() | st.none())
def test_every_code_has_a_sentence(code: str | int | None) -> None:
    told = verdict(code)
    assert told.sentence
    assert len(told.sentence) < 200


@pytest.mark.rows(80)
@pytest.mark.parametrize("code", [63016, "99999", "timeout", "http_502"])
def test_a_code_nobody_knows_is_named(code: str | int) -> None:
    told = verdict(code)
    assert str(code) in told.sentence
    assert told.lesson is Lesson.NOTHING
    assert not told.retry


@pytest.mark.parametrize("code", [None, "", 0, "<!channel>", "x" * 41, "٣٠٠٠٧", "+14155550123"])
def test_what_is_no_code_is_not_repeated(code: str | int | None) -> None:
    assert verdict(code) == verdict(None)
    assert "no reason" in verdict(None).sentence


@pytest.mark.rows(75)
@pytest.mark.parametrize(
    ("current", "status", "expected"),
    [
        (State.SENDING, "queued", State.SENT),
        (State.SENDING, "accepted", State.SENT),
        (State.SENDING, "sending", State.SENT),
        (State.SENDING, "sent", State.SENT),
        (State.QUEUED, "delivered", State.DELIVERED),  # before our own note that it went out
        (State.DOUBT, "queued", State.SENT),
        (State.DOUBT, "failed", State.FAILED),
        (State.SENT, "queued", State.SENT),
        (State.SENT, "delivered", State.DELIVERED),
        (State.SENT, "undelivered", State.UNDELIVERED),
        (State.SENT, "failed", State.FAILED),
        (State.SENT, "canceled", State.CANCELED),
        (State.SENT, "read", State.DELIVERED),
        (State.DELIVERED, "sent", State.DELIVERED),
        (State.DELIVERED, "undelivered", State.DELIVERED),
        (State.DELIVERED, "read", State.DELIVERED),
        (State.UNDELIVERED, "delivered", State.UNDELIVERED),
        (State.UNDELIVERED, "failed", State.UNDELIVERED),
        (State.FAILED, "delivered", State.FAILED),
        (State.REFUSED, "delivered", State.REFUSED),
        (State.CANCELED, "sent", State.CANCELED),
        (State.SENT, "received", State.SENT),
        (State.SENDING, "DELIVERED", State.SENDING),
        (State.SENDING, "something new", State.SENDING),
        (State.SENDING, "", State.SENDING),
    ],
)
def test_how_far_a_text_has_come(current: State, status: str, expected: State) -> None:
    assert advance(current, status) is expected


@pytest.mark.rows(75)
@given(ANY_STATE, st.lists(ANY_STATUS))
def test_states_only_move_forward(state: State, statuses: list[str]) -> None:
    order = [State.HELD, State.LATER, State.QUEUED, State.SENDING, State.DOUBT, State.SENT]
    for status in statuses:
        after = advance(state, status)
        assert advance(after, status) is after  # twice is once
        if state.final:
            assert after is state
        elif not after.final:
            assert order.index(after) >= order.index(state)
        state = after


@given(st.permutations(["queued", "sending", "sent", "delivered"]))
def test_the_order_of_callbacks_does_not_matter(statuses: list[str]) -> None:
    state = State.SENDING
    for status in statuses:
        state = advance(state, status)
    assert state is State.DELIVERED


def test_which_states_are_final() -> None:
    open_ended = {State.HELD, State.LATER, State.QUEUED, State.SENDING, State.DOUBT, State.SENT}
    assert {state for state in State if not state.final} == open_ended


def test_states_are_stored_as_words() -> None:
    assert State("unknown") is State.DOUBT
    assert [str(state) for state in State][:6] == ["held", "later", "queued", "sending", "unknown", "sent"]
