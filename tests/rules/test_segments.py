"""Segments, against the cases that github.com/TwilioDevEd/message-segment-calculator publishes as its tests."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.segments import LIMIT, Segments, count, too_long

DIGITS = "1234567890" * 40
ESCAPED = "|^€{}[]~\\"


def digits(number: int) -> str:
    return DIGITS[:number]


@pytest.mark.rows(186, 187)
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Segments("GSM-7", 1, 0)),
        (digits(160), Segments("GSM-7", 1, 160)),
        (digits(161), Segments("GSM-7", 2, 161)),
        (digits(306), Segments("GSM-7", 2, 306)),
        (digits(307), Segments("GSM-7", 3, 307)),
        ("€" * 80, Segments("GSM-7", 1, 160)),
        ("€" * 81, Segments("GSM-7", 2, 162)),
        ("😜" + digits(68), Segments("UCS-2", 1, 70)),
        ("😜" + digits(69), Segments("UCS-2", 2, 71)),
        ("😜" + digits(133), Segments("UCS-2", 3, 135)),
        ("🇮🇹" + digits(66), Segments("UCS-2", 1, 70)),
        ("🇮🇹" + digits(67), Segments("UCS-2", 2, 71)),
        ("🏳️🌈" + digits(65), Segments("UCS-2", 1, 70)),
        ("🏳️🌈" + digits(66), Segments("UCS-2", 2, 71)),
        ("😀" + "]" * 68, Segments("UCS-2", 1, 70)),
        ("😀" + "]" * 69, Segments("UCS-2", 2, 71)),
        ("e\u0301\u0301\u0301" + "a" * 66, Segments("UCS-2", 1, 70)),
        ("e\u0301\u0301\u0301" + "a" * 67, Segments("UCS-2", 2, 71)),
        ("😀" * 35, Segments("UCS-2", 1, 70)),
        ("😀" * 36, Segments("UCS-2", 2, 72)),
        ("a" * 69 + "’", Segments("UCS-2", 1, 70)),
        ("a" * 70 + "’", Segments("UCS-2", 2, 71)),
        ("\rabcde\r\n123", Segments("GSM-7", 1, 11)),
        ("naïve", Segments("UCS-2", 1, 5)),
        ("Ç é à ü ñ ¿", Segments("GSM-7", 1, 11)),
        ("a\tb", Segments("UCS-2", 1, 3)),
        ("\ud800", Segments("UCS-2", 1, 1)),
    ],
)
def test_segments(text: str, expected: Segments) -> None:
    assert count(text) == expected


@pytest.mark.rows(186)
@pytest.mark.parametrize("character", ESCAPED)
def test_escaped_characters_take_two(character: str) -> None:
    assert count(character + digits(158)) == Segments("GSM-7", 1, 160)
    assert count(character + digits(159)) == Segments("GSM-7", 2, 161)


@pytest.mark.rows(187)
@pytest.mark.parametrize("character", "ÁÚúçíÍóÓ`“”‘’–—…•→\u00a0")
def test_other_characters_make_everything_unicode(character: str) -> None:
    assert count(character * 70) == Segments("UCS-2", 1, 70)
    assert count(character * 71) == Segments("UCS-2", 2, 71)


@pytest.mark.rows(186)
def test_no_character_is_split_between_segments() -> None:
    assert count("a" * 152 + "€" * 77).segments == 3  # 306 septets, but one is lost at the end of the first part
    assert count("a" * 66 + "😀" * 34).segments == 3  # 134 units likewise


@pytest.mark.rows(186, 187)
@given(st.text("aé€^😀’\n") | st.text())
def test_counts_agree_with_the_plain_division(text: str) -> None:
    counted = count(text)
    alone, joined = (160, 153) if counted.encoding == "GSM-7" else (70, 67)
    if counted.units <= alone:
        assert counted.segments == 1
    else:
        # A part that ends before a character of two units wastes one.
        assert -(-counted.units // joined) <= counted.segments <= -(-counted.units // (joined - 1))


@given(st.text("a€😀"), st.text("a€😀"))
def test_more_text_never_takes_fewer_segments(text: str, more: str) -> None:
    assert count(text).segments <= count(text + more).segments


@pytest.mark.faults("F21")
@pytest.mark.parametrize(
    ("text", "expected"),
    [("a" * LIMIT, False), ("a" * (LIMIT + 1), True), ("😀" * 800, False), ("😀" * 801, True), ("", False)],
)
def test_twilios_longest_body(text: str, expected: bool) -> None:
    assert too_long(text) is expected


@given(st.text())
def test_nothing_within_the_limit_is_longer_by_another_count(text: str) -> None:
    text *= 200
    if not too_long(text):
        assert len(text) <= LIMIT
        assert len(text.encode("utf-16-le")) // 2 <= LIMIT
