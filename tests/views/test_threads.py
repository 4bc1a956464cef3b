"""Whatever people write or call themselves is shown as it is: it mentions nobody, links nowhere, styles nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bridge.refusals import Refusal
from bridge.sandbox.slack.blocks import check_blocks
from bridge.views import threads as views
from bridge.views.shown import Shown
from bridge.views.threads import Root, Text

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
PHONE = "+14155550111"
HOSTILE = [
    "<!channel>", "<!here|hello>", "<!everyone>", "<@U01ADMIN>", "<#C01LAW>", "<!subteam^S1>", "<!date^1^{time}|x>",
    "<https://evil.example|bank.example>", "<mailto:a@b.example|c>", "a & b < c > d", "&lt;!channel&gt;",
    "&amp;lt;",
]  # fmt: skip
ODD = ["", " ", "\n", "\u202eevil", "x" * 1600, "\u200b", "👩‍👩‍👧‍👦" * 100, "\t|\r\n", "\0", "a\0b"]


def mrkdwn(shown: Shown) -> list[str]:
    """Everything in which Slack looks for markup."""
    return [shown.text, *(part["text"] for part in parts(shown.blocks) if part.get("type") == "mrkdwn")]


def parts(block: Any) -> Iterator[dict[str, Any]]:
    if isinstance(block, dict):
        yield block
        block = list(block.values())
    if isinstance(block, list | tuple):
        for inside in block:
            yield from parts(inside)


def literals(shown: Shown) -> list[str]:
    """Everything that Slack shows as it is."""
    return [part["text"] for part in parts(shown.blocks) if part.get("type") == "text"]


def everything(words: str) -> dict[str, Shown]:
    """Each view with these words in every place where somebody's words or name may stand."""
    facts = Root(words, PHONE, "mobile", False)
    return {
        "root of a name": views.root(facts),
        "root of a strange sender": views.root(Root(None, words, None, True), earlier="https://x.example/p1"),
        "one text": views.texts([Text(words, 0, NOW)]),
        "several texts": views.texts([Text(words, 2, NOW), Text("ok", 0, NOW, late=True), Text(words, 1, NOW)]),
        "recap": views.recap([(words, words), ("Ben", words)]),
        "doubt": views.doubt(7, words),
        "question": views.confirm(7, words),
    }


@pytest.mark.rows(62)
@pytest.mark.faults("F22", "S19")
@pytest.mark.parametrize("words", HOSTILE)
def test_markup_in_peoples_words_is_only_words(words: str) -> None:
    for name, shown in everything(words).items():
        for text in mrkdwn(shown):
            assert words not in text, name
    for name in ("one text", "several texts", "doubt", "question"):
        assert words in literals(everything(words)[name])
    assert words in literals(everything(words)["root of a name"])[0]


@pytest.mark.faults("F22", "S19")
@given(some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40))
def test_no_words_at_all_make_a_bracket_in_markup(words: str) -> None:
    harmless = everything("x")
    for name, shown in everything(words).items():
        brackets = sum(text.count("<") + text.count(">") for text in mrkdwn(shown))
        assert brackets == sum(text.count("<") + text.count(">") for text in mrkdwn(harmless[name])), name


@pytest.mark.faults("F21", "S19")
@pytest.mark.parametrize("words", [*HOSTILE, *ODD])
def test_slack_takes_every_view_whatever_is_in_it(words: str) -> None:
    for name, shown in everything(words).items():
        assert check_blocks(list(shown.blocks), "message") == [], name
        assert shown.text.strip(), name


@pytest.mark.faults("F22")
def test_slack_is_told_to_look_for_nothing_by_itself() -> None:
    """No names become mentions and no words links in our own lines either."""
    for shown in everything("www.evil.example @here").values():
        for part in parts(shown.blocks):
            if part.get("type") == "mrkdwn":
                assert part["verbatim"] is True


@pytest.mark.faults("S19")
def test_a_name_cannot_turn_the_line_around() -> None:
    (title, *_) = literals(views.root(Root("Maria\u202e\u2066 \n\r Lopez\0", PHONE, None, False)))
    assert title == "Maria Lopez · (415) 555-0111"


@pytest.mark.rows(103, 107, 111, 112)
@pytest.mark.parametrize(
    ("line_type", "unreachable", "told"),
    [
        ("mobile", None, "mobile · open · "),
        ("landline", Refusal.LANDLINE, f"landline · :warning: {Refusal.LANDLINE.sentence}"),
        ("tollFree", Refusal.OTHER_LINE, f"toll-free · :warning: {Refusal.OTHER_LINE.sentence}"),
        ("mobile", Refusal.BLOCKED, f"mobile · :warning: {Refusal.BLOCKED.sentence}"),
        ("landline", None, "landline · open · "),  # the firm texts them
        ("unknown", None, "open · "),
        (None, None, "open · "),
    ],
)
def test_the_root_tells_the_line_and_why_it_is_not_texted(
    line_type: str | None, unreachable: Refusal | None, told: str
) -> None:
    shown = views.root(Root("Maria", PHONE, line_type, opted_out=False, unreachable=unreachable))
    assert mrkdwn(shown)[1] == told + (views.ADVICE if unreachable is None else "")
    opted_out = views.root(Root("Maria", PHONE, line_type, opted_out=True, unreachable=unreachable))
    assert ":no_entry: opted out" in mrkdwn(opted_out)[1]
