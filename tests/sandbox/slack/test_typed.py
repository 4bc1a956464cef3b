"""What people type becomes Slack's markup and rich_text."""

import pytest

from bridge.sandbox.slack.typed import typed


@pytest.mark.parametrize(
    ("raw", "text", "element"),
    [
        ("a < b & c", "a &lt; b &amp; c", {"type": "text", "text": "a < b & c"}),
        ("<@U1AGENT>", "<@U1AGENT>", {"type": "user", "user_id": "U1AGENT"}),
        ("@U1AGENT", "<@U1AGENT>", {"type": "user", "user_id": "U1AGENT"}),
        ("@UNKNOWN", "@UNKNOWN", {"type": "text", "text": "@UNKNOWN"}),
        ("@here", "<!here>", {"type": "broadcast", "range": "here"}),
        ("<#C1INBOX>", "<#C1INBOX>", {"type": "channel", "channel_id": "C1INBOX"}),
        (
            "https://x.example/?a=1&b",
            "<https://x.example/?a=1&amp;b>",
            {"type": "link", "url": "https://x.example/?a=1&b"},
        ),
        (
            "x.example",
            "<http://x.example|x.example>",
            {"type": "link", "url": "http://x.example", "text": "x.example"},
        ),
        (
            "me@x.example",
            "<mailto:me@x.example|me@x.example>",
            {"type": "link", "url": "mailto:me@x.example", "text": "me@x.example"},
        ),
        (":wave:", ":wave:", {"type": "emoji", "name": "wave", "unicode": "1f44b"}),
        (
            ":wave::skin-tone-3:",
            ":wave::skin-tone-3:",
            {"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fc", "skin_tone": 3},
        ),
        ("👋", ":wave:", {"type": "emoji", "name": "wave", "unicode": "1f44b"}),
        (
            "👋🏽",
            ":wave::skin-tone-4:",
            {"type": "emoji", "name": "wave", "unicode": "1f44b-1f3fd", "skin_tone": 4},
        ),
        (":shipit:", ":shipit:", {"type": "emoji", "name": "shipit"}),
        (":not_an_emoji:", ":not_an_emoji:", {"type": "text", "text": ":not_an_emoji:"}),
        ("10:30:45", "10:30:45", {"type": "text", "text": "10:30:45"}),
        ("*bold*", "*bold*", {"type": "text", "text": "bold", "style": {"bold": True}}),
        ("2 * 3 * 4", "2 * 3 * 4", {"type": "text", "text": "2 * 3 * 4"}),
        ("snake_case_name", "snake_case_name", {"type": "text", "text": "snake_case_name"}),
        ("one\ntwo", "one\ntwo", {"type": "text", "text": "one\ntwo"}),
        ("// a note", "// a note", {"type": "text", "text": "// a note"}),
    ],
)
def test_one_thing(raw: str, text: str, element: dict[str, object]) -> None:
    assert typed(raw, people={"U1AGENT"}, custom_emoji={"shipit"}) == (text, [element])


def test_a_sentence() -> None:
    text, elements = typed("See https://x.example/a. Thanks, <@U1AGENT>!")
    assert text == "See <https://x.example/a>. Thanks, <@U1AGENT>!"
    assert [e["type"] for e in elements] == ["text", "link", "text", "user", "text"]


def test_nothing() -> None:
    assert typed("") == ("", [])
