"""Which messages stop, start and ask for help, and which only have such words in them."""

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
