"""Which messages stop, start and ask for help, and which only have such words in them."""

import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.keywords import (
    Keyword,
    carrier_answers,
    carrier_blocks,
    keyword,
    lifts_carrier_block,
    sounds_like_opt_out,
)

STOP = ["STOP", "STOPALL", "STOP ALL", "CANCEL", "UNSUBSCRIBE", "QUIT", "END", "REVOKE"]
STOP += ["OPTOUT", "OPT OUT", "OPT-OUT", "ARRET", "ARRÊT"]
START = ["START", "JOIN", "UNSTOP"]
HELP = ["HELP", "INFO", "AIDE"]
EVERY = [
    *((w, Keyword.STOP) for w in STOP),
    *((w, Keyword.START) for w in START),
    *((w, Keyword.HELP) for w in HELP),
]

TWILIO_STOP = ["STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"]


@pytest.mark.rows(122, 123, 124)
@pytest.mark.parametrize("opted_out", [True, False])
@pytest.mark.parametrize(("word", "expected"), EVERY)
def test_keywords(word: str, expected: Keyword, opted_out: bool) -> None:
    assert keyword(word, opted_out=opted_out) is expected


@pytest.mark.rows(130)
@given(
    st.sampled_from(EVERY),
    st.text(" \t\n.!?,'\"-*“”…🛑\u200b", max_size=6),
    st.text(" \t\n.!?,'\"-*“”…🛑\u200b", max_size=6),
    st.sampled_from([str.upper, str.lower, str.title, str.swapcase]),
)
def test_case_spaces_and_punctuation_make_no_difference(
    case: tuple[str, Keyword], before: str, after: str, written: Callable[[str], str]
) -> None:
    word, expected = case
    assert keyword(before + written(word) + after, opted_out=False) is expected


@pytest.mark.rows(130)
@pytest.mark.parametrize(
    "body",
    [
        "cancel my appointment",
        "please stop",
        "STOP please",
        "stopped",
        "the end",
        "I need help",
        "more info",
        "can we start at 5",
        "join us",
        "helpful",
        "1",
        "A",
        "",
        " ",
        "🛑",
    ],
)
def test_only_a_whole_message_is_a_keyword(body: str) -> None:
    assert keyword(body, opted_out=False) is None
    assert keyword(body, opted_out=True) is None


@pytest.mark.rows(130)
@given(st.sampled_from(EVERY), st.from_regex(r"\A[a-z]{1,8} [a-z]{1,8}\Z"))
def test_a_keyword_among_other_words_is_none(case: tuple[str, Keyword], words: str) -> None:
    assert keyword(f"{case[0]} {words}", opted_out=True) is None


@pytest.mark.rows(123)
@pytest.mark.parametrize("body", ["YES", "yes", "Yes!"])
def test_yes_is_an_answer_unless_the_lead_is_opted_out(body: str) -> None:
    assert keyword(body, opted_out=False) is None
    assert keyword(body, opted_out=False, opt_out_type="START") is None
    assert keyword(body, opted_out=True) is Keyword.START
    assert keyword(body, opted_out=True, toll_free=True) is None
    assert keyword(body, opted_out=True, toll_free=True, opt_out_type="START") is Keyword.START


@pytest.mark.rows(132)
@pytest.mark.parametrize(
    ("body", "told", "expected"),
    [
        ("BASTA", "STOP", Keyword.STOP),
        ("hola", "START", Keyword.START),
        ("ayuda", "HELP", Keyword.HELP),
        ("STOP", "stop", Keyword.STOP),
        ("INFO", "STOP", Keyword.STOP),
        ("STOP", "", Keyword.STOP),
        ("STOP", None, Keyword.STOP),
        ("hello", "SOMETHING NEW", None),
        ("hello", "", None),
    ],
)
def test_twilios_reading_wins(body: str, told: str | None, expected: Keyword | None) -> None:
    assert keyword(body, opted_out=False, opt_out_type=told) is expected


@pytest.mark.rows(122)
def test_a_firm_may_add_words_but_not_take_any_away() -> None:
    more = frozenset({"Alto", "No más", "start", ""})
    assert keyword("ALTO!", opted_out=False, extra_stop=more) is Keyword.STOP
    assert keyword("no mas", opted_out=False, extra_stop=more) is Keyword.STOP
    assert keyword("start", opted_out=False, extra_stop=more) is Keyword.STOP
    assert keyword("stop", opted_out=False, extra_stop=more) is Keyword.STOP
    assert keyword("...", opted_out=False, extra_stop=more) is None
    assert keyword("alto", opted_out=False) is None


@pytest.mark.rows(123, 132)
@pytest.mark.parametrize(
    ("body", "long_code", "toll_free"),
    [
        ("START", True, True),
        (" start\n", True, True),
        ("UNSTOP", True, True),
        ("YES", True, False),
        ("JOIN", False, False),
        ("START please", False, False),
        ("START.", False, False),
        ("UN STOP", False, False),
        ("STOP", False, False),
        ("", False, False),
    ],
)
def test_what_lifts_the_carriers_block(body: str, long_code: bool, toll_free: bool) -> None:
    assert lifts_carrier_block(body, toll_free=False) is long_code
    assert lifts_carrier_block(body, toll_free=True) is toll_free


@pytest.mark.rows(132)
@pytest.mark.parametrize("toll_free", [True, False])
@pytest.mark.parametrize("word", TWILIO_STOP)
def test_what_makes_the_carrier_block(word: str, toll_free: bool) -> None:
    assert carrier_blocks(word, toll_free=toll_free)
    assert carrier_blocks(f" {word.lower()} ", toll_free=toll_free)
    assert carrier_answers(word, toll_free=toll_free)
    for other in (f"{word} please", f"{word}!", word[:-1], "OPT OUT", "STOP ALL", "ARRET", "START", "HELP"):
        assert not carrier_blocks(other, toll_free=toll_free)


@pytest.mark.rows(124)
@pytest.mark.parametrize(
    ("body", "long_code", "toll_free"),
    [
        ("HELP", True, True),
        ("info", True, True),
        ("START", True, True),
        ("YES", True, False),
        ("AIDE", False, False),
        ("JOIN", False, False),
        ("OPT OUT", False, False),
        ("hello", False, False),
    ],
)
def test_what_the_carrier_answers_itself(body: str, long_code: bool, toll_free: bool) -> None:
    assert carrier_answers(body, toll_free=False) is long_code
    assert carrier_answers(body, toll_free=True) is toll_free


@pytest.mark.rows(122, 123)
@given(st.text(), st.booleans())
def test_whatever_the_carrier_obeys_is_a_keyword_here_too(body: str, toll_free: bool) -> None:
    if carrier_blocks(body, toll_free=toll_free):
        assert keyword(body, opted_out=False) is Keyword.STOP
    if lifts_carrier_block(body, toll_free=toll_free):
        assert keyword(body, opted_out=True, toll_free=toll_free) is Keyword.START


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


@given(
    st.text()
    | st.lists(st.sampled_from(["stop", "please", "do not", "text", "me", "again", "take", "off", "list"])).map(
        " ".join
    )
)
def test_every_text_is_read(body: str) -> None:
    assert sounds_like_opt_out(body) in (True, False)
    assert keyword(body, opted_out=True) in (*Keyword, None)
