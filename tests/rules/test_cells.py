"""What somebody wrote into a cell."""

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given

from bridge.rules.cells import bare, inert, is_yes, moment, words, zone
from tests.rules.anything import ANY_TEXT


@pytest.mark.parametrize("typed", ["yes", "Y", " TRUE ", "1", "x", "Opted in", "opt-in", "I agree", "✓", "☑️", "Sí"])
def test_a_plain_yes(typed: str) -> None:
    assert is_yes(typed)


@pytest.mark.parametrize(
    "typed", ["", "no", "N", "0", "false", "opted out", "maybe", "not yet", "pending", "yes?no"]
)
def test_anything_else_is_none(typed: str) -> None:
    assert not is_yes(typed)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", None),
        ("2026-11-23", datetime(2026, 11, 23, tzinfo=UTC)),
        ("2026-11-23T09:30:00-05:00", datetime(2026, 11, 23, 14, 30, tzinfo=UTC)),
        ("11/23/2026", datetime(2026, 11, 23, tzinfo=UTC)),
        ("11/23/26", datetime(2026, 11, 23, tzinfo=UTC)),
        ("11/23/2026 2:05 PM", datetime(2026, 11, 23, 14, 5, tzinfo=UTC)),
    ],
)
def test_a_moment(typed: str, expected: datetime | None) -> None:
    assert moment(typed) == expected


@given(ANY_TEXT)
def test_a_moment_or_a_sentence(typed: str) -> None:
    found: datetime | None = None
    with suppress(ValueError):
        found = moment(typed)
    assert found is None or found.tzinfo is UTC


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("", None),
        ("America/Chicago", "America/Chicago"),
        ("Eastern Time", "America/New_York"),
        ("PST", "America/Los_Angeles"),
        ("Pacific Standard Time", "America/Los_Angeles"),
        ("America/New York", "America/New_York"),
    ],
)
def test_a_time_zone(typed: str, expected: str | None) -> None:
    assert zone(typed) == expected


def test_a_place_that_is_none() -> None:
    with pytest.raises(ValueError, match=r"America/Chicago"):
        zone("Mars")


def test_words_each_once() -> None:
    assert words(" vip, lease;vip | ,") == ("vip", "lease")


@given(ANY_TEXT)
def test_nothing_is_a_formula_and_all_comes_back(text: str) -> None:
    assert inert(text)[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    if not text.startswith("'"):
        assert bare(inert(text)) == text
