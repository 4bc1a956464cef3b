"""What staff see of a text, and of a name."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules import mrkdwn
from tests.rules.anything import ANY_TEXT


@pytest.mark.faults("F22")
@given(ANY_TEXT)
def test_escaped_text_holds_nothing_slack_obeys(body: str) -> None:
    escaped = mrkdwn.escape(body)
    assert "<" not in escaped
    assert ">" not in escaped
    assert escaped.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") == body


@pytest.mark.faults("F21", "F22")
@pytest.mark.parametrize("show", [mrkdwn.literal, mrkdwn.quoted])
@given(body=ANY_TEXT | st.just("<!channel> *b* :wave: &lt; " + "x" * 1_600))
def test_a_text_is_shown_as_it_is(show: Callable[[str], dict[str, Any]], body: str) -> None:
    block = show(body)
    (shown,) = block["elements"][0]["elements"]
    assert shown["type"] == "text"
    assert shown["text"]
    if body.strip():
        assert len(shown["text"]) == len(body)
        assert all(
            a == b or (b == "\0" or "\ud800" <= b <= "\udfff") for a, b in zip(shown["text"], body, strict=True)
        )
    else:
        assert shown["style"] == {"italic": True}
    json.dumps(block, ensure_ascii=False).encode()


def test_which_block_shows_it() -> None:
    assert mrkdwn.literal("hi") == {
        "type": "rich_text",
        "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "hi"}]}],
    }
    assert mrkdwn.quoted("a\n\x00\ud800") == {
        "type": "rich_text",
        "elements": [{"type": "rich_text_quote", "elements": [{"type": "text", "text": "a\n\ufffd\ufffd"}]}],
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Ann Lee", "Ann Lee"),
        ("  Ann\n\tLee\x00 ", "Ann Lee"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("a\u2066b\u2069\u200e\u200f\u061cc", "abc"),
        ("👩‍👧", "👩‍👧"),
        ("<!channel>", "<!channel>"),
        ("x" * 75, "x" * 75),
        ("x" * 76, "x" * 74 + "…"),
        ("x" * 73 + " yz", "x" * 73 + "…"),
        ("\u200b\ufeff", ""),
    ],
)
def test_names_are_one_harmless_line(name: str, expected: str) -> None:
    assert mrkdwn.plain_name(name) == expected


@pytest.mark.faults("F22")
@given(ANY_TEXT, st.integers(1, 80))
def test_names_keep_to_their_limit(name: str, limit: int) -> None:
    line = mrkdwn.plain_name(name, limit)
    assert len(line) <= limit
    assert not set(line) & set("\n\r\t\0\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
    line.encode()


@pytest.mark.faults("F21")
@given(ANY_TEXT)
def test_stored_text_is_what_came(body: str) -> None:
    stored = mrkdwn.clean(body)
    stored.encode()
    assert "\0" not in stored
    kept = [c for c in body if c != "\0"]
    assert all(a == b or "\ud800" <= b <= "\udfff" for a, b in zip(stored, kept, strict=True))


@pytest.mark.faults("F21")
def test_stored_text_is_not_tidied() -> None:
    body = " \t\u202e\u2028 e\u0301\u0301 👩‍👧\r\n"
    assert mrkdwn.clean(body) == body
    assert mrkdwn.clean("a\0b\ud83d") == "ab\ufffd"
