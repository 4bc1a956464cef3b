"""For how long words are kept."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.preferences import Preferences, read
from bridge.rules.retention import _first_kept, rule


@pytest.mark.parametrize(
    ("today", "years", "first"),
    [
        ("2026-11-23", 5, "2021-11-23"),
        ("2029-02-28", 5, "2024-02-28"),
        ("2029-03-01", 5, "2024-02-29"),
        ("2029-03-02", 5, "2024-03-02"),
        ("2028-02-29", 4, "2024-02-29"),
        ("2028-02-29", 5, "2023-03-01"),
        ("2028-03-01", 5, "2023-03-01"),
    ],
)
def test_a_day_has_come_again_and_passed(today: str, years: int, first: str) -> None:
    assert _first_kept(date.fromisoformat(today), years) == date.fromisoformat(first)


@given(st.dates(date(2000, 1, 1), date(2200, 1, 1)), st.integers(1, 100))
def test_nothing_goes_too_early_and_nothing_stays_for_a_day_too_long(today: date, years: int) -> None:
    first = _first_kept(today, years)
    assert first <= _first_kept(today + timedelta(days=1), years)
    assert 0 <= (today - first).days - round(365.2425 * years - 1.5) <= 3


@pytest.mark.parametrize(("hour", "day"), [(4, 22), (6, 23)])
def test_days_are_those_of_the_firm(hour: int, day: int) -> None:
    found = rule(Preferences(), datetime(2026, 11, 23, hour, tzinfo=UTC))
    assert found is not None
    assert found.before == datetime(2021, 11, day, 5, tzinfo=UTC)


def test_words_may_be_kept_for_ever() -> None:
    assert read("retention_years", "7") == 7
    assert read("retention_years", "never") is None
    assert rule(Preferences(retention_years=None), datetime(2026, 11, 23, tzinfo=UTC)) is None
    for wrong in ("0", "101", "-1", "1.5", "always"):
        with pytest.raises(ValueError, match="1 to 100"):
            read("retention_years", wrong)
