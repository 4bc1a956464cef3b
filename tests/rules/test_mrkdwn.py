"""What a lead reads of a Slack message."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules import mrkdwn
from bridge.rules.rich_text import Json
from tests.rules.anything import ANY_TEXT

NAMES = {"U1": "Ann Lee", "W2": "@bob", "S1": "sales", "C1": "general", "U9": "  "}


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def user(who: str) -> Json:
    return {"type": "user", "user_id": who}


def emoji(name: str, **more: object) -> Json:
    return {"type": "emoji", "name": name, **more}


def link(url: str, **more: object) -> Json:
    return {"type": "link", "url": url, **more}


def box(kind: str, *elements: Json, **more: object) -> Json:
    return {"type": f"rich_text_{kind}", "elements": list(elements), **more}


def section(*elements: Json) -> Json:
    return box("section", *elements)


def rich(*boxes: Json) -> list[Json]:
    return [{"type": "rich_text", "block_id": "x", "elements": list(boxes)}]


def sms(words: str, blocks: list[Json] | None = None) -> mrkdwn.Sms:
    return mrkdwn.to_sms(words, blocks or [], NAMES.get)


# Anything that JSON can say, so that no payload of Slack's is a surprise.
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["type", "elements", "text", "url", "user_id", "unicode", "name", "style", "range"]),
            inner
            | st.sampled_from(
                [
                    "rich_text",
                    "rich_text_section",
                    "rich_text_list",
                    "rich_text_quote",
                    "text",
                    "link",
                    "emoji",
                    "user",
                ]
            ),
        )
    ),
)


BLOCKS = st.lists(st.dictionaries(st.sampled_from(["type", "elements"]), JSON | st.just("rich_text")))


@pytest.mark.rows(88)
@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([section(text("Hi "), user("U1"), text("!"))], "Hi @Ann Lee!"),
        ([section(user("W2"), text(" says hi"))], "@bob says hi"),
        ([section({"type": "usergroup", "usergroup_id": "S1"}, text(" will call"))], "@sales will call"),
        ([section(text("in "), {"type": "channel", "channel_id": "C1"})], "in #general"),
        ([section(text("in "), {"type": "channel", "channel_id": "C7"})], "in #channel"),
        ([section({"type": "broadcast", "range": "here"}, text(" hi"))], "@here hi"),
        ([section({"type": "date", "timestamp": 1, "format": "{date}", "fallback": "May 5"})], "May 5"),
        ([section({"type": "color", "value": "#FF0000"})], "#FF0000"),
        ([section({"type": "text", "text": "bold", "style": {"bold": True}}, text(" & <b>"))], "bold & <b>"),
        ([section({"type": "something_new", "text": "kept"})], "kept"),
        # emoji
        ([section(text("ok "), emoji("thumbsup", unicode="1f44d"))], "ok 👍"),
        ([section(emoji("wave", unicode="1f44b-1f3fd", skin_tone=4))], "👋🏽"),
        ([section(emoji("wave", unicode="1f44b", skin_tone=4))], "👋🏽"),
        ([section(emoji("pirate_flag", unicode="1f3f4-200d-2620-fe0f"))], "🏴‍☠️"),
        # links
        ([section(link("https://a.com/x"))], "https://a.com/x"),
        ([section(link("http://example.com", text="example.com"))], "example.com"),
        ([section(link("https://example.com/", text="https://example.com"))], "https://example.com"),
        ([section(link("https://a.com/?a=1&b=2", text="our form"))], "our form (https://a.com/?a=1&b=2)"),
        ([section(link("https://evil.com", text="https://bank.com"))], "https://bank.com (https://evil.com)"),
        ([section(link("mailto:a@b.com", text="a@b.com"))], "a@b.com"),
        ([section(link("mailto:a@b.com", text="Ann"))], "Ann (a@b.com)"),
        ([section(link("tel:+14155550123", text="(415) 555-0123"))], "(415) 555-0123"),
        ([section(link("tel:+14155550123", text="call us"))], "call us (+14155550123)"),
        ([section(link("tel:+14155550123"))], "+14155550123"),
    ],
)
def test_a_typed_message_becomes_plain_text(boxes: list[Json], expected: str) -> None:
    assert sms("ignored", rich(*boxes)).text == expected


@pytest.mark.rows(74, 88)
@pytest.mark.parametrize(
    ("boxes", "expected"),
    [
        ([section(text("one\ntwo\n\nthree"))], "one\ntwo\n\nthree"),
        (
            [
                section(text("Bring:\n")),
                box("list", section(text("ID")), section(text("cash")), style="bullet"),
                section(text("Thanks")),
            ],
            "Bring:\n- ID\n- cash\nThanks",
        ),
        (
            [
                box("list", section(text("a")), style="ordered", indent=0),
                box("list", section(text("b")), style="bullet", indent=1),
                box("list", section(text("c")), section(text("d")), style="ordered", indent=0, offset=1),
            ],
            "1. a\n  - b\n2. c\n3. d",
        ),
        ([box("quote", text("you said\nso")), section(text("yes"))], "> you said\n> so\nyes"),
        ([section(text("code:")), box("preformatted", text("a  b\n  c"))], "code:\na  b\n  c"),
        ([section(text("a\r\nb\rc\u2028d"))], "a\nb\nc\nd"),
    ],
)
def test_line_breaks_arrive(boxes: list[Json], expected: str) -> None:
    assert sms("", rich(*boxes)).text == expected


@pytest.mark.rows(88)
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("<https://a.com>", "https://a.com"),
        ("<http://example.com|example.com> ok", "example.com ok"),
        ("<https://a.com?a=1&amp;b=2|our &lt;form&gt;>", "our <form> (https://a.com?a=1&b=2)"),
        ("write <mailto:a@b.com|a@b.com>", "write a@b.com"),
        ("call <tel:+14155550123|415-555-0123>", "call 415-555-0123"),
        ("<@U1> and <@U1|x>", "@Ann Lee and @Ann Lee"),
        ("<@U7|carl>", "@carl"),
        ("<#C1|old> <#C7|named> <#C7>", "#general #named #channel"),
        ("<!here> <!channel> <!everyone|everyone>", "@here @channel @everyone"),
        ("<!subteam^S1> <!subteam^S7|@ops>", "@sales @ops"),
        ("<!date^1392734382^{date}^https://x.com|Feb 18>", "Feb 18"),
        ("AT&amp;T &lt;3 &amp;lt;", "AT&T <3 &lt;"),
        ("a < b > c <> <nothing known>", "a < b > c <> <nothing known>"),
        ("at 10:30:45 :wave:", "at 10:30:45 :wave:"),
    ],
)
def test_a_message_without_blocks_is_read_from_its_text(words: str, expected: str) -> None:
    assert sms(words).text == expected
    assert sms(words, [{"type": "image"}]).text == expected


@pytest.mark.rows(88)
def test_what_plain_text_cannot_say_is_told() -> None:
    said = sms(
        "", rich(section(user("U7"), text(" "), user("U9"), user("U7"), emoji("acme"), emoji("odd", unicode="zz")))
    )
    assert said == mrkdwn.Sms("@someone @someone@someone:acme::odd:", ("U7", "U9"), ("acme", "odd"))


@pytest.mark.rows(88)
def test_blocks_that_say_nothing_do_not_hide_the_text() -> None:
    assert sms("hello", rich(section(text(" ")))).text == "hello"
    assert sms("hello", rich()).text == "hello"


@pytest.mark.rows(88)
def test_control_characters_do_not_reach_a_phone() -> None:
    assert sms("\x00a\x07\tb\x1b\xa0c\ud83d ") == mrkdwn.Sms("a b c", (), ())
    assert sms("", rich(section(text("a\x00\x9fb\ud83d")))).text == "ab"


@pytest.mark.rows(88)
@given(st.text())
def test_what_was_typed_survives_slacks_escaping(typed: str) -> None:
    assert sms(mrkdwn.escape(typed)).text == sms("", rich(section(text(typed)))).text


@given(ANY_TEXT, BLOCKS)
def test_every_payload_is_read_and_gives_text_that_can_be_sent(words: str, blocks: list[Json]) -> None:
    sent = mrkdwn.to_sms(words, blocks, NAMES.get).text
    assert sent == sent.strip()
    assert not any(ord(c) < 32 and c != "\n" for c in sent)
    sent.encode()
    mrkdwn.is_note(words, blocks)
    mrkdwn.mentions_first(words, blocks)


@pytest.mark.parametrize(
    ("words", "blocks", "expected"),
    [
        ("<@U1> can you take this?", [], "U1"),
        ("  \n<@W2>", [], "W2"),
        ("&gt; <@U1> look", [], "U1"),
        ("*<@U1>* look", [], "U1"),
        ("<!subteam^S1|@sales> yours", [], "S1"),
        ("<!here> anyone?", [], "here"),
        ("x", rich(section(text(" \n"), user("U1"), text(" hi"))), "U1"),
        ("x", rich(box("list", section(user("U1")), style="bullet")), "U1"),
        ("x", rich(section({"type": "usergroup", "usergroup_id": "S1"})), "S1"),
        ("x", rich(section({"type": "broadcast", "range": "channel"})), "channel"),
        ("Hi <@U1>", [], None),
        ("x", rich(section(text("Hi "), user("U1"))), None),
        ("x", rich(section(emoji("wave", unicode="1f44b"), user("U1"))), None),
        ("<#C1> is where", [], None),
        ("", [], None),
    ],
)
def test_whom_a_message_addresses(words: str, blocks: list[Json], expected: str | None) -> None:
    assert mrkdwn.mentions_first(words, blocks) == expected


@pytest.mark.parametrize(
    ("words", "blocks", "expected"),
    [
        ("// he sounds angry", [], True),
        ("  \n// x", [], True),
        ("note: call first", [], True),
        ("NOTE : call first", [], True),
        ("*Note:* call first", [], True),
        ("&gt; // x", [], True),
        ("\u200b//x", [], True),
        ("／／ full width", [], True),
        ("//<http://example.com|example.com>", [], True),
        ("x", rich(section(link("http://example.com", text="//example.com"))), True),
        ("x", rich(section(text("//"), link("http://example.com", text="example.com"))), True),
        ("x", rich(section({"type": "text", "text": "note", "style": {"bold": True}}, text(": x"))), True),
        ("x", rich(box("quote", text("note: x"))), True),
        ("x", rich(box("list", section(text("// x")), style="bullet")), True),
        ("// only in the text", rich(section(text("hello"))), True),
        ("see https://a.com // x", [], False),
        ("<https://a.com>", [], False),
        ("please note: we close at 5", [], False),
        ("notes: none", [], False),
        ("x", rich(section(user("U1"), text("// x"))), False),
        ("/ x", [], False),
        ("", [], False),
    ],
)
def test_what_is_a_note(words: str, blocks: list[Json], expected: bool) -> None:
    assert mrkdwn.is_note(words, blocks) is expected


@given(st.sampled_from(["//", "note:", "Note:", "NOTE:"]), st.text(" \n\t", max_size=3), st.text())
def test_a_marked_note_is_one_in_both_shapes(mark: str, before: str, rest: str) -> None:
    typed = before + mark + rest
    assert mrkdwn.is_note(mrkdwn.escape(typed), [])
    assert mrkdwn.is_note("", rich(section(text(typed))))
