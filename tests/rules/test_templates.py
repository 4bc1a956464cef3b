"""Texts with gaps: how they are filled, what is wrong with one, and that those of ours are right."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.rules.segments import count
from bridge.rules.sending import _has_gap
from bridge.rules.suggestions import SUGGESTED, by_key
from bridge.rules.templates import Kind, Template, Wrong, lint, put_in, render
from tests.rules.anything import ANY_TEXT

HELLO = 'Hi {{ first_name | default: "there" }}, '
KNOWN = {"first_name": "Maria", "staff_name": "Ben Agent", "firm": "Harbor Law"}


@pytest.mark.rows(145)
@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("Hi {{ first_name }}!", "Hi Maria!"),
        ("Hi {{first_name|default:'you'}}!", "Hi Maria!"),
        ('From "{{ source | default: "our site" }}"', 'From "our site"'),
        ('{{ source | default: "" }}{{ firm }}', '{{ source | default: "" }}Harbor Law'),
        ("No gap at 100% {or less}", "No gap at 100% {or less}"),
    ],
)
def test_gaps_are_filled(body: str, text: str) -> None:
    assert render(body, KNOWN).text == text


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ("{{ source }} {{ source }}", ("source",)),
        ("{{ secret }}", ("secret",)),
        ('{{ secret | default: "x" }}', ("secret",)),
        ("{{ first_name | upcase }}", ("first_name | upcase",)),
        ("{{ first_name.__class__ }}", ("first_name.__class__",)),
        ("{{ }}", ("",)),
    ],
)
def test_what_is_missing_is_named_and_stays_for_the_gate(body: str, missing: tuple[str, ...]) -> None:
    done = render(body, KNOWN | {"secret": "no"})
    assert (done.missing, done.text) == (missing, body)
    assert _has_gap(done.text)


@pytest.mark.rows(145)
@settings(max_examples=60)
@given(ANY_TEXT | st.just("{{ firm }}"), ANY_TEXT)
def test_values_are_never_read_again(value: str, body: str) -> None:
    values = {"name": value, "firm": "Harbor Law"}
    assert render("{{ name }}{{ firm }}", values).text == (value.strip() or "{{ name }}") + "Harbor Law"
    assert render(body.replace("{", ""), values).text == body.replace("{", "")


@pytest.mark.parametrize(
    ("asks", "word"),
    [
        ("Reply CANCEL to cancel your appointment.", "CANCEL"),
        ("Please reply yes or no.", "yes"),
        ("Answer with C to confirm, or STOP to cancel.", "STOP"),
        ("Text us back “End” when you are done.", "End"),
        ("Respond OK/quit", "quit"),
        ("Is the time good? YES or MOVE", "YES"),
        ("Reply OPT OUT to skip it", "OPT OUT"),
        ("Reply INFO and we will tell you more", "INFO"),
        ("Text start to begin", "start"),
        ("Reply ALTO to skip it", "ALTO"),
        ("Is it good? Please type yes to keep it", "yes"),
        ("Your answer: cancel or move", "cancel"),
    ],
)
def test_no_word_is_asked_for_that_phone_companies_take_for_themselves(asks: str, word: str) -> None:
    (flaw,) = lint(Template("t", "T", Kind.SUPPORT, HELLO + asks), extra_stop=frozenset({"alto"}))
    assert flaw.wrong is Wrong.KEYWORD
    assert f"“{word}”" in flaw.sentence


@pytest.mark.parametrize(
    "says",
    [
        "reply OK to keep it or MOVE for another time.",
        "text us to cancel or move it, by the end of the week.",
        "you asked for help to start; we don't stop 'til it's done.",
        "I am glad to say yes to that, and will send start and end.",
        "reply STOP to opt out. Text HELP for help.",
        "reply “STOP” to stop our texts. Text HELP for more.",
    ],
)
def test_other_words_and_ways_out_are_fine(says: str) -> None:
    assert lint(Template("t", "T", Kind.SUPPORT, HELLO + says)) == ()


@pytest.mark.rows(184, 189)
@pytest.mark.parametrize(
    ("kind", "body", "wrong"),
    [
        (Kind.MARKETING, HELLO + "come to our open day", [Wrong.NO_WAY_OUT]),
        (Kind.MARKETING, HELLO + "come! Reply CANCEL to cancel", [Wrong.KEYWORD, Wrong.NO_WAY_OUT]),
        (Kind.SUPPORT, HELLO + "everything is 20% off this week", [Wrong.OFFER]),
        (Kind.SUPPORT, "We missed your call", [Wrong.NO_NAME]),
        (Kind.SUPPORT, HELLO + "{{ secret }}", [Wrong.UNKNOWN]),
        (Kind.SUPPORT, HELLO + "{% if %}", [Wrong.UNKNOWN]),
        (Kind.SUPPORT, HELLO + "x" * 1600, [Wrong.TOO_LONG]),
    ],
)
def test_what_else_is_wrong(kind: Kind, body: str, wrong: list[Wrong]) -> None:
    found = lint(Template("t", "T", kind, body))
    assert [flaw.wrong for flaw in found] == wrong
    assert [flaw.wrong for flaw in found if flaw.is_advice] == [each for each in wrong if each is Wrong.NO_NAME]


@pytest.mark.rows(184, 189)
@pytest.mark.parametrize("template", SUGGESTED, ids=lambda each: each.key)
def test_what_we_suggest_is_right(template: Template) -> None:
    assert lint(template) == ()
    for values in (KNOWN, {}):
        done = render(template.body, values)
        assert done.missing == ()
        assert count(done.text).segments == 1
        assert count(done.text).encoding == "GSM-7"
    assert "Maria" in render(template.body, KNOWN).text
    assert "Harbor Law" in render(template.body, KNOWN).text
    assert by_key(template.key) is template
    assert len(template.title) <= 75


def test_what_somebody_typed_is_not_lost() -> None:
    others = frozenset({"One", "Two"})
    assert put_in(" \n", "One", others) == "One"
    assert put_in("Two ", "One", others) == "One"
    assert put_in("My words\n", "One", others) == "My words\nOne"
    assert put_in("My words\nOne", "One", others) == "My words\nOne"
