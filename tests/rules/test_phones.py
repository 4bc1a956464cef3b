"""Telephone numbers as typed, stored and shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules import phones

ANY_TEXT = st.text(st.characters(exclude_categories=())) | st.text("0123456789+()- .x")


@pytest.mark.rows(97, 102)
@pytest.mark.parametrize(
    "written",
    [
        "4155550123",
        "415-555-0123",
        "(415) 555-0123",
        "415.555.0123",
        "1 415 555 0123",
        "+1 415 555 0123",
        "+14155550123",
        "  +1 (415) 555\u20110123 ",
        "\u202a+1 415 555 0123\u202c",  # as phones' address books paste it
        "+1\u00a0415\u00a0555\u00a00123",
        "tel:+14155550123",
        "415-555-0123 x12",
    ],
)
def test_ways_to_write_a_number(written: str) -> None:
    assert phones.e164(written) == "+14155550123"


@pytest.mark.rows(102)
@pytest.mark.parametrize(
    "written",
    [
        "",
        " ",
        "555-0123",  # no area code
        "415555012",
        "41555501234",
        "0000000000",
        "5555555555",
        "2222222222",
        "1234567890",
        "2345678901",
        "3456789012",
        "5678901234",
        "6789012345",
        "9876543210",
        "0987654321",
        "+12345678901",
        "1115550123",  # no such area code
        "32665",
        "whatsapp:+14155550123",
        "ACME",
        "call 415 555 0123",
        "415 555 0123 / 415 555 0199",
        "+",
        "٠",
    ],
)
def test_what_is_no_number(written: str) -> None:
    assert phones.e164(written) is None


@pytest.mark.rows(102)
@pytest.mark.parametrize(("start", "step"), [(s, step) for s in range(10) for step in (0, 1, -1)])
def test_no_number_steps_through_all_its_digits_alike(start: int, step: int) -> None:
    digits = "".join(str((start + step * place) % 10) for place in range(10))
    assert phones.e164(digits) is None
    assert not phones.is_phone("+1" + digits)


@pytest.mark.parametrize("last", range(100, 200))
def test_numbers_kept_for_examples_are_accepted(last: int) -> None:
    assert phones.e164(f"+1 415 555 0{last}") == f"+14155550{last}"


def test_a_number_written_without_country_belongs_to_the_firms() -> None:
    assert phones.e164("020 7946 0018", "GB") == "+442079460018"
    assert phones.e164("613 555 0123", "CA") == "+16135550123"
    assert phones.e164("+442079460018") == "+442079460018"


@given(ANY_TEXT)
def test_every_text_is_a_number_or_none(text: str) -> None:
    number = phones.e164(text)
    if number is not None:
        assert phones.is_phone(number)
        assert phones.e164(number) == number
        assert phones.e164(phones.national(number)) == number
        assert phones.last4(number) == number[-4:]
    assert isinstance(phones.national(text), str)
    phones.country(text)
    phones.is_toll_free(text)


@pytest.mark.parametrize(
    ("phone", "shown"),
    [
        ("+14155550123", "(415) 555-0123"),
        ("+16135550123", "(613) 555-0123"),
        ("+18005550123", "(800) 555-0123"),
        ("+442079460018", "+44 20 7946 0018"),
        ("32665", "32665"),
        ("ACME", "ACME"),
        ("whatsapp:+14155550123", "whatsapp:+14155550123"),
        ("", ""),
    ],
)
def test_numbers_as_people_read_them(phone: str, shown: str) -> None:
    assert phones.national(phone) == shown


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("+14155550123", True),
        ("+442079460018", True),
        ("+11115550123", True),  # an area code nobody told the library about
        ("4155550123", False),
        ("+1415555012", False),
        ("+15550123", False),
        ("+141555501234", False),
        ("+12345678901", False),
        ("32665", False),
        ("ACME", False),
        ("whatsapp:+14155550123", False),
        ("rcs:acme_agent", False),
        ("+1 415 555 0123", False),
        ("+14155550123\n", False),
        ("", False),
    ],
)
def test_which_addresses_can_be_texted(address: str, expected: bool) -> None:
    assert phones.is_phone(address) is expected


@pytest.mark.parametrize(
    ("text", "expected"), [("+14155550123", "0123"), ("32665", "2665"), ("ACME", "ACME"), ("+1", "1"), ("", "")]
)
def test_the_part_that_may_be_shown(text: str, expected: str) -> None:
    assert phones.last4(text) == expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        ("+14155550123", "US"),
        ("+16135550123", "CA"),
        ("+442079460018", "GB"),
        ("+80012345678", None),
        ("+11115550123", None),
        ("32665", None),
        ("", None),
    ],
)
def test_the_country_of_a_number(phone: str, expected: str | None) -> None:
    assert phones.country(phone) == expected


@pytest.mark.parametrize(
    ("phone", "expected"),
    [
        *((f"+1{code}5550123", True) for code in (800, 833, 844, 855, 866, 877, 888)),
        ("+14155550123", False),
        ("+18225550123", False),
        ("8005550123", False),
    ],
)
def test_toll_free(phone: str, expected: bool) -> None:
    assert phones.is_toll_free(phone) is expected
