"""What a row of a list says."""

from datetime import UTC, datetime

import pytest

from bridge.rules.consent import Scope
from bridge.rules.optouts import OptOut, guess, read
from tests.cast import MARIA

COLUMNS = {"number": "n", "since": "s", "scope": "sc", "by": "b", "source": "so"}


def _read(**said: str) -> OptOut | str:
    named = {"n": MARIA} | {COLUMNS[field]: value for field, value in said.items()}
    return read(named, COLUMNS)


def test_columns_are_guessed_by_what_they_are_called() -> None:
    assert guess(["Phone Number", "Opt-out date", "Notes"]) == {
        "number": "Phone Number", "since": "Opt-out date", "evidence": "Notes",
    }  # fmt: skip


def test_a_row_s_date_is_read_in_any_usual_form() -> None:
    for typed in ("2024-05-01", "05/01/2024", "2024-05-01T00:00:00Z", "5/1/2024"):
        row = _read(since=typed)
        assert isinstance(row, OptOut)
        assert row.since == datetime(2024, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "is_leads"),
    [
        ({}, False),
        ({"by": "operator"}, False),
        ({"by": "U01AGENT", "source": "staff"}, False),
        ({"by": "Lead"}, True),
        ({"by": "carrier"}, True),
        ({"source": "SMS"}, True),
        ({"source": "import", "by": "lead"}, True),
    ],
)
def test_whose_word_it_was(said: dict[str, str], *, is_leads: bool) -> None:
    found = _read(**said)
    assert isinstance(found, OptOut)
    assert found.is_leads is is_leads


@pytest.mark.parametrize(
    ("typed", "scope"), [("", None), ("ALL", Scope.ALL), ("Marketing", Scope.MARKETING), ("some", "The scope is")]
)
def test_what_it_is_about(typed: str, scope: Scope | str | None) -> None:
    found = _read(scope=typed)
    if isinstance(found, str):
        assert found.startswith(str(scope))
    else:
        assert found.scope is scope


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"number": "1234567890"}, "That is no phone number that anybody has."),
        ({"number": ""}, "That is no phone number that anybody has."),
        ({"since": "last week"}, "That is no date, such as 2026-11-23."),
        ({"since": "0001-01-01"}, "That is no date, such as 2026-11-23."),
    ],
)
def test_what_cannot_be_entered_says_why(said: dict[str, str], why: str) -> None:
    assert _read(**said) == why
