"""Which messages ask for no more texts in words of their own, and which only resemble that."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.keywords import (
    Keyword,
    keyword,
    sounds_like_opt_out,
)


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
