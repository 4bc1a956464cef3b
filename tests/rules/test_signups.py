"""Which column is what, and what a row says."""

from datetime import UTC, datetime

import pytest

from bridge.rules.signups import LIMITS, Consent, Signup, guess, read

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


CONSENT = {
    "phone": "Phone",
    "consent": "SMS",
    "consent text": "Words",
    "consent at": "When",
    "consent until": "Ends",
}


@pytest.mark.rows(59)
def test_a_plain_yes_is_consent_with_what_proves_it() -> None:
    row = {"Phone": "4155550123", "SMS": "Yes", "Words": "Text me", "When": "01/02/2026", "Ends": "2026-07-02"}
    found = read(row, CONSENT)
    assert isinstance(found, Signup)
    assert found.consent == Consent(
        "marketing",
        "import",
        {"said": "Yes", "text": "Text me"},
        datetime(2026, 1, 2, tzinfo=UTC),
        datetime(2026, 7, 2, tzinfo=UTC),
    )


@pytest.mark.rows(59)
@pytest.mark.parametrize("said", ["", "no", "opted out", "unknown", "0"])
def test_anything_else_is_no_consent(said: str) -> None:
    found = read({"Phone": "4155550123", "SMS": said, "Words": "Text me"}, CONSENT)
    assert isinstance(found, Signup)
    assert found.consent is None


def test_all_other_columns_are_what_is_known_about_the_lead() -> None:
    row = {"Phone": "4155550123", "Case No.": " 17 ", "Empty": "", "": "nobody's", "Zone": "Central", "T": "a;b"}
    found = read(row, {"phone": "Phone", "time zone": "Zone", "tags": "T"})
    assert isinstance(found, Signup)
    assert (found.attributes, found.time_zone, found.tags) == ({"Case No.": "17"}, "America/Chicago", ("a", "b"))


def test_further_columns_do_not_make_another_signup_of_it() -> None:
    first, second = (
        read({"Phone": "4155550123", "Note": note}, {"phone": "Phone"}) for note in ("called", "called again")
    )
    assert isinstance(first, Signup)
    assert isinstance(second, Signup)
    assert first.origin == second.origin


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"Zone": "Mars"}, "That is no time zone's name, such as America/Chicago."),
        ({"SMS": "yes", "When": "once"}, "That is no date, such as 2026-11-23."),
        ({"SMS": "yes", "Words": "x" * 2001}, "The consent text is longer than 2000 characters."),
        ({"Notes": "x" * 2001}, "The column “Notes” is longer than 2000 characters, or its name than 80."),
        ({f"C{number}": "x" for number in range(51)}, "It has more than 50 further columns."),
    ],
)
def test_further_columns_that_cannot_be_entered_say_why(more: dict[str, str], why: str) -> None:
    assert read({"Phone": "4155550123"} | more, {**CONSENT, "time zone": "Zone"}) == why


def test_a_row_that_ends_early_is_no_mistake() -> None:
    assert isinstance(read({"Name": None, "Phone": "4155550123"}, COLUMNS), Signup)
