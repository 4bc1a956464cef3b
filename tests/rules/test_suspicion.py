"""Which messages ask for no more texts in words of their own, and which only resemble that."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.keywords import Keyword, keyword
from bridge.rules.suspicion import APPLY_AFTER, REMIND_AFTER, business_days_after, sounds_like_opt_out
from tests.rules.anything import ANY_TEXT


@pytest.mark.rows(131)
@pytest.mark.parametrize(
    "body",
    [
        "please stop texting me",
        "Please don't text me",
        "remove me",
        "Remove me please.",
        "take me off your list",
        "Take me off of this list!!",
        "take my number off your list",
        "opt me out",
        "I want to opt out",
        "how do I opt out?",
        "opt out please",
        "Pls optout",
        "do not text me again",
        "don't ever text me again",
        "DO NOT CONTACT ME",
        "don't contact me anymore",
        "stop sending me these",
        "stop sending me messages",
        "stop sending texts",
        "stop messaging this number",
        "Stop with the texts",
        "stop all texts",
        "quit texting me",
        "STOP please",
        "please stop",
        "stop it",
        "ok stop now",
        "Stop stop stop",
        "STOP! I already told you",
        "No. Stop.",
        "I said stop",
        "unsubscribe me",
        "Can you unsubscribe me from this",
        "I don't want to receive any more messages",
        "I no longer wish to receive texts",
        "I do not want these texts",
        "don't want to hear from you again",
        "dont want any more texts",
        "I don't want you texting me",
        "no more texts",
        "No more messages please",
        "enough with the texts",
        "leave me alone",
        "lose my number",
        "delete my number",
        "remove my number from your list",
        "remove this number from your system",
        "opt me out of these messages",
        "I'd like to opt out of receiving texts",
        "I revoke my consent",
        "never text me again",
        "don't send me any more texts",
        "Please don’t text me",
        "will you stop texting me",
        "when will you stop texting me",
        "Arrêtez de m'envoyer des messages",
        "Ne m'écrivez plus",
        "désabonnez-moi",
        "je veux me désabonner",
        "STOP texting",
        "stop spamming me",
        "please quit messaging me!!!",
        "remove me from your text list",
        "pls remove me from this group",
        "I am not interested, stop",
        "Wrong number. Stop texting.",
        "please stop these automated messages",
        "I do not wish to be contacted",
        "do not want to be texted",
        "please take me off",
        "please cease texting me",
        "I am opting out",
        "I don't need these texts",
        "unsub",
        "arrêtez de m'écrire",
        "Pls stop",
        "you need to stop texting me",
        "This is the wrong person. Remove me",
        "do not message us",
        "stop harassing me",
        "please cancel these texts",
        "End all messages now",
        "Stop I'm not interested",
        "stop wrong person",
        "Don't text me, call me",
        "do not text me at this number",
    ],
)
def test_wording_that_asks_for_no_more_texts(body: str) -> None:
    assert sounds_like_opt_out(body)
    assert sounds_like_opt_out(f"  {body.upper()}!!\n")


@pytest.mark.rows(130, 131)
@pytest.mark.parametrize(
    "body",
    [
        "can you stop by at 5?",
        "I can't stop laughing",
        "cancel my appointment",
        "Can I stop by your office and drop off the message from my lawyer",
        "I'll stop in tomorrow",
        "please stop by whenever",
        "don't stop texting me lol",
        "why did you stop texting me?",
        "you never text me back",
        "I don't want to text while driving",
        "the bus stop is at 5th",
        "Can I opt out of the dental plan?",
        "I'd like to opt out of the class action",
        "opt in or out?",
        "remove me from the lease",
        "remove my name from the deed",
        "take me off hold",
        "take me off the waiting list",
        "remove the item please",
        "How do I end the contract?",
        "I want to quit my job",
        "what's the end date",
        "please text me again",
        "send me the texts again",
        "Can you message me again",
        "don't forget to text me",
        "please don't cancel",
        "is this your number",
        "Stop signs are red",
        "I have to stop at the bank first",
        "could you stop the payment?",
        "stop the check please",
        "when does it end?",
        "do you need more info",
        "I need help with my order",
        "start time?",
        "yes",
        "I want to receive your messages",
        "we can't wait to hear from you",
        "I do not know",
        "revoke the power of attorney",
        "Should I send my information to this number?",
        "my number has changed",
        "no, that's fine",
        "delete the second invoice",
        "I'll get my info together",
        "text me this number",
        "take me out to lunch",
        "Don't worry about it, text me later",
        "Thanks, I got your text",
        "did not get your message",
        "I have not received the text message",
        "I did not get any messages",
        "I could not get your messages",
        "please stop the auto-pay",
        "stop payment on check 5",
        "get me on the list",
        "Is there no more information?",
        "could you get me out of this mess",
        "The kids will not like texting that late",
        "Stop by anytime!",
        "we had to stop texting because he was driving",
        "arrêtez de manger",
        "What time do you quit?",
        "I can not stop texting you",
        "Please remove my wife from the appointment",
        "Did you get my text messages?",
        "don't call me, text me",
        "Not interested in the blue one",
        "please send no more invoices to the old address",
        "is there a bus stop near you?",
        "end of the month works",
        "optional outing on Friday",
        "How far is it from the stop",
        "don't write it down",
        "I will not text and drive",
        "you don't text me back",
        "I don't want to message you too late",
        "don't text me before 9, call me",
        "Please don't text me while I'm driving",
        "don't text me at work, I'll call you tonight",
        "do not message me until Friday",
        "stop by tomorrow",
        "end of the month",
        "STOP 2",
        "wrong number",
        "Sorry, wrong number?",
        "Can you cancel the text reminder appointment on Friday",
        "when do I get the end message",
    ],
)
def test_wording_that_only_resembles_it(body: str) -> None:
    assert not sounds_like_opt_out(body)
    assert not sounds_like_opt_out(f"  {body.upper()}!!\n")


@pytest.mark.parametrize(
    "word",
    ["stop ", "stop please ", "please ", "do not want to ", "remove me from ", "dont want you ", "opt me ", "a "],
)
def test_a_long_text_is_read_quickly(word: str) -> None:
    started = time.perf_counter()
    sounds_like_opt_out((word * 1_600)[:1_600] + "x")
    assert time.perf_counter() - started < 0.5


ZONE = ZoneInfo("America/New_York")


def _there(year: int, month: int, day: int, hour: int) -> datetime:
    return datetime(year, month, day, hour, tzinfo=ZONE)


@pytest.mark.rows(131)
@pytest.mark.parametrize(
    ("said", "days", "due"),
    [
        (_there(2026, 11, 18, 14), REMIND_AFTER, _there(2026, 11, 25, 14)),  # Wednesday
        (_there(2026, 11, 18, 14), APPLY_AFTER, _there(2026, 12, 1, 14)),  # over Thanksgiving, which counts
        (_there(2026, 11, 21, 9), REMIND_AFTER, _there(2026, 11, 27, 9)),  # Saturday
        (_there(2026, 10, 30, 8), REMIND_AFTER, _there(2026, 11, 6, 8)),  # clocks are set back in between
    ],
)
def test_somebody_has_so_many_business_days_to_decide(said: datetime, days: int, due: datetime) -> None:
    found = business_days_after(said, days, ZONE)
    assert (found, found.tzinfo) == (due, UTC)


def test_the_business_day_is_the_firm_s() -> None:
    """Friday evening in New York is Saturday elsewhere."""
    said = _there(2026, 11, 20, 23)
    assert business_days_after(said, 1, ZONE) == _there(2026, 11, 23, 23)
    assert business_days_after(said, 1, ZoneInfo("Asia/Tokyo")) == _there(2026, 11, 22, 23)


@given(st.integers(0, 100_000), st.sampled_from(["America/New_York", "Asia/Tokyo"]))
def test_it_is_always_sooner_than_the_law_wants(hours: int, where: str) -> None:
    zone, moment = ZoneInfo(where), datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
    remind, apply = (business_days_after(moment, days, zone) for days in (REMIND_AFTER, APPLY_AFTER))
    assert moment < remind < apply < business_days_after(moment, 10, zone)
    assert apply - moment <= timedelta(days=14)
    assert apply.astimezone(zone).weekday() < 5


@given(st.sampled_from(["stop", "STOP ALL", "Opt-out!", "cancel", "End.", "quit", "START", "help", "unsubscribe"]))
def test_a_keyword_acts_at_once_and_is_never_only_suspected(word: str) -> None:
    assert keyword(word, opted_out=False) is not None


@given(st.sampled_from(["me", "us"]), st.sampled_from(["texting", "messaging", "contacting"]), ANY_TEXT)
def test_whatever_stands_behind_it_as_a_sentence_of_its_own(whom: str, doing: str, more: str) -> None:
    """What somebody asks for in so many words is not lost in what else they say."""
    assert sounds_like_opt_out(f"Stop {doing} {whom}. {more}")


@given(
    st.text()
    | st.lists(st.sampled_from(["stop", "please", "do not", "text", "me", "again", "take", "off", "list"])).map(
        " ".join
    )
)
def test_every_text_is_read(body: str) -> None:
    assert sounds_like_opt_out(body) in (True, False)
    assert keyword(body, opted_out=True) in (*Keyword, None)
