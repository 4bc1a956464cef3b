"""Which column is what, and what a row says."""

import pytest

from bridge.rules.signups import LIMITS, Signup, guess, read

COLUMNS = {"name": "Name", "phone": "Phone", "email": "Email", "source": "Source"}


@pytest.mark.parametrize(
    ("columns", "found"),
    [
        (["Name", "E-mail", "Phone Number"], {"name": "Name", "email": "E-mail", "phone": "Phone Number"}),
        (["First Name", "LAST_NAME", "mobile"], {"first": "First Name", "last": "LAST_NAME", "phone": "mobile"}),
        (["Cell", "Phone"], {"phone": "Phone"}),
        (["Lead ID", "utm_source"], {"source": "utm_source", "id": "Lead ID"}),
        (["Téléphone"], {"phone": "Téléphone"}),
        (["Amount", ""], {}),
    ],
)
def test_columns_are_guessed_by_what_they_are_called(columns: list[str], found: dict[str, str]) -> None:
    assert guess(columns) == found


def _read(name: str = "", phone: str = "", email: str = "", source: str = "") -> Signup | str:
    return read({"Name": name, "Phone": phone, "Email": email, "Source": source}, COLUMNS)


def test_a_row_is_read() -> None:
    found = _read(" Dana\tExample ", "(415) 555-0123", "dana@example.com", "web")
    assert isinstance(found, Signup)
    assert (found.name.split(), found.phone) == (["Dana", "Example"], "+14155550123")
    assert (found.email, found.source) == ("dana@example.com", "web")


def test_who_has_no_name_is_called_by_what_there_is() -> None:
    named = [
        found.name
        for found in (_read(phone="4155550123"), _read(email="d@example.com"))
        if isinstance(found, Signup)
    ]
    assert named == ["(415) 555-0123", "d@example.com"]
    first = read({"F": "Dana", "L": "Example", "P": "4155550123"}, {"first": "F", "last": "L", "phone": "P"})
    assert isinstance(first, Signup)
    assert first.name == "Dana Example"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"name": "Dana"}, "It has neither a phone number nor an e-mail address."),
        ({"phone": "1234567890"}, "That is no phone number that anybody has."),
        ({"phone": "555", "email": "d@example.com"}, "That is no phone number that anybody has."),
        ({"email": "dana"}, "That is no e-mail address."),
        ({"phone": "4155550123", "name": "x" * 201}, f"The name is longer than {LIMITS['name']} characters."),
    ],
)
def test_what_cannot_be_entered_says_why(row: dict[str, str], why: str) -> None:
    assert _read(**row) == why


def test_the_same_row_has_the_same_origin_and_another_has_another() -> None:
    def origin(found: Signup | str) -> str | None:
        assert isinstance(found, Signup)
        return found.origin

    once = origin(_read("Dana", "4155550123"))
    assert once == origin(_read("DANA ", "+1 (415) 555-0123"))
    assert len({once, origin(_read("Dana", "4155550124")), origin(_read("Dan", "4155550123"))}) == 3
    columns = {**COLUMNS, "id": "Id"}
    by_id = [origin(read({"Id": "7", "Name": name, "Phone": "4155550123"}, columns)) for name in ("Dana", "Dan")]
    assert len(set(by_id)) == 1


def test_a_row_that_ends_early_is_no_mistake() -> None:
    assert isinstance(read({"Name": None, "Phone": "4155550123"}, COLUMNS), Signup)
