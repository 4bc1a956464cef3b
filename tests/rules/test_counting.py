"""As what a text goes out, and for how much it counts."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules import segments
from bridge.rules.content import concerns
from bridge.rules.counting import amount, becomes_mms, is_long, units
from bridge.rules.preferences import OURS, Preferences, of, read

CREDITS = replace(OURS, billing="credits")
BOTH = [OURS, CREDITS]


@pytest.mark.rows(36)
@pytest.mark.parametrize(
    ("billing", "each_segment", "parts", "is_mms", "counts"),
    [
        ("per_message", False, 1, False, 1), ("per_message", False, 7, False, 1),
        ("per_message", False, 1, True, 1),
        ("per_message", True, 1, False, 1), ("per_message", True, 7, False, 7), ("per_message", True, 7, True, 1),
        ("credits", False, 1, False, 1), ("credits", False, 7, False, 1), ("credits", False, 7, True, 3),
        ("credits", True, 2, False, 2), ("credits", True, 2, True, 3),
    ],
)  # fmt: skip
def test_for_how_much_it_counts(billing: str, each_segment: bool, parts: int, is_mms: bool, counts: int) -> None:
    prefers = Preferences(billing=billing, count_segments=each_segment)
    assert units(prefers, parts=parts, is_mms=is_mms) == counts


@pytest.mark.rows(36)
@pytest.mark.parametrize(
    ("body", "long"),
    [
        ("x" * 160, False), ("x" * 161, True), ("€" * 80, False), ("€" * 81, True), ("ł" * 70, False),
        ("ł" * 71, True),
        ("👍" * 35, False), ("👍" * 36, True), ("x" * 70 + "ł", True), ("", False),
    ],
)  # fmt: skip
def test_long_is_what_the_air_says_and_not_the_number_of_characters(body: str, long: bool) -> None:
    assert is_long(body) is long
    mms = replace(OURS, long_texts="mms")
    assert becomes_mms(mms, body, paid_for=True) is long
    assert not any(becomes_mms(each, body, paid_for=True) for each in (OURS, replace(OURS, long_texts="block")))
    assert not becomes_mms(mms, body, paid_for=False)


@given(st.text(max_size=400), st.booleans(), st.sampled_from(BOTH), st.booleans())
def test_a_text_counts_and_a_longer_one_not_for_less(
    body: str, each_segment: bool, prefers: Preferences, is_mms: bool
) -> None:
    prefers = replace(prefers, count_segments=each_segment)
    one, longer = (
        units(prefers, parts=segments.count(words).segments, is_mms=is_mms) for words in (body, body + body)
    )
    assert 1 <= one <= longer


@pytest.mark.rows(36, 186)
@pytest.mark.parametrize(
    ("prefers", "said"),
    [
        (OURS, "2 segments, which count as 1 message."),
        (replace(OURS, count_segments=True), "2 segments, which count as 2 messages."),
        (CREDITS, "2 segments, which count as 1 credit."),
        (replace(CREDITS, long_texts="mms"), "This goes out as an MMS, which counts as 3 credits."),
        (replace(OURS, long_texts="mms"), "This goes out as an MMS, which counts as 1 message."),
    ],
)
def test_its_author_reads_before_for_how_much_it_will_count(prefers: Preferences, said: str) -> None:
    (long,) = concerns("x" * 161, marketing_consent=False, prefers=prefers)
    assert long.sentence == f"{said} Keep messages under 160 characters when possible."
    assert concerns("x" * 160, marketing_consent=False, prefers=prefers) == ()


def test_what_is_refused_is_not_hinted_at() -> None:
    assert concerns("x" * 161, marketing_consent=False, prefers=replace(OURS, long_texts="block")) == ()


@pytest.mark.parametrize(("many", "said"), [(0, "0 credits"), (1, "1 credit"), (1_200, "1,200 credits")])
def test_amounts_read_well(many: int, said: str) -> None:
    assert amount(CREDITS, many) == said


def test_a_firm_chooses_by_words() -> None:
    chosen = {"billing": "credits", "count_segments": "on", "long_texts": "block"}
    kept = {name: read(name, typed) for name, typed in chosen.items()}
    assert of(kept) == Preferences(billing="credits", count_segments=True, long_texts="block")
    for name in chosen:
        with pytest.raises(ValueError, match="It is"):
            read(name, "sometimes")
