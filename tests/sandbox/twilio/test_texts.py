"""Segments as Twilio's own calculator counts them, and the table of numbers with a fate."""

import re

import pytest

from bridge.sandbox.twilio import MAGIC, magic
from bridge.sandbox.twilio.texts import segments


@pytest.mark.parametrize(
    ("body", "count"),
    [
        ("", 1),
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 306, 2),
        ("x" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("x" + "€" * 153, 3),  # an escaped character is never split, so each part but the last loses one
        ("ç" * 70, 1),
        ("Ú" * 71, 2),
        ("😜" + "x" * 68, 1),
        ("😜" + "x" * 69, 2),
        ("😜" + "x" * 133, 3),
        ("x" * 66 + "😜" + "x" * 66, 3),
    ],
)
def test_segments(body: str, count: int) -> None:
    assert segments(body) == count


def test_the_table_lists_every_number_with_a_fate() -> None:
    listed = {re.sub(r"\D", "", cell) for cell in re.findall(r"^\| (\+[\d ]+) ", magic.__doc__ or "", re.MULTILINE)}
    assert {phone.removeprefix("+") for phone in [*MAGIC, magic.CANADIAN]} == listed
    assert all(re.fullmatch(r"1(415|416)55501\d\d", phone) for phone in listed)
