"""What to call somebody."""

import pytest

from bridge.rules.names import first_name, greets


@pytest.mark.rows(145)
@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("Maria Example", "Maria"),
        ("Example, Maria", "Maria"),
        ("Maria Example, PhD", "Maria"),
        ("maria example", "Maria"),
        ("MARIA EXAMPLE", "Maria"),
        ("JP Example", "JP"),
        ("Dr. Maria Example", "Maria"),
        ("Anne-Marie O'Neil", "Anne-Marie"),
        ("Jose\u0301 Example", "José"),
        ("प्रिया Example", "प्रिया"),
    ],
)
def test_a_first_name_is_found(name: str, first: str) -> None:
    assert first_name(name) == first


@pytest.mark.rows(145)
@pytest.mark.parametrize(
    "name",
    [
        None, "", "  ", "(415) 555-0111", "maria@example.com", "Dr. Example", "Mr", "M. Example", "J.R. Example",
        "{{ firm }}", "{{first_name}} Example", "Unknown Caller", "Acme, Inc.", "The Example Company", "Maria😀",
        "https://example.com", "-", "\u202e\u202e",
    ],
)  # fmt: skip
def test_in_doubt_there_is_none(name: str | None) -> None:
    assert first_name(name) is None


@pytest.mark.rows(189)
@pytest.mark.parametrize(
    ("body", "does"), [("hi MARIA!", True), ("Hola María", True), ("Marianne?", False), ("", False)]
)
def test_a_text_greets_by_the_whole_name(body: str, does: bool) -> None:
    assert greets(body, "Maria") is does
