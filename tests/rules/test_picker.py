"""Who is found by what."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.rules.picker import LEAST, MOST_WORDS, TERM_LIMIT, terms, wanted

DANA = terms("Dana Zoë O'Brien-Example", "dana.obrien@mail.example.com", "+14155550123")


def _finds(query: str, found: set[str]) -> bool:
    words = wanted(query)
    return bool(words) and all(any(term.startswith(word) for term in found) for word in words)


@pytest.mark.parametrize(
    "query",
    [
        "da", "DANA", "dana exa", "exa dana", "zoe", "ZOË", "o'brien", "obrien", "brien", "O’Brien",
        "dana.obrien@mail", "mail.example.com", "dana.obrien",
        "(415) 555", "415-555-0123", "+1 415 555 0123", "1 (415) 555.0123", "tel:+14155550123", "5550123", "0123",
        "555-0123", "dana 0123", "  dana  ", "dana e",
    ],
)  # fmt: skip
def test_a_lead_is_found_by(query: str) -> None:
    assert _finds(query, DANA)


@pytest.mark.parametrize("query", ["ana", "dana smith", "dana@", "9999", "d", "", " ", "-", "+1", "'", "x" * 200])
def test_and_not_by(query: str) -> None:
    assert not _finds(query, DANA)


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("Łukasz Żak", "lukasz zak"),
        ("Søren", "soren"),
        ("Straße", "strasse"),
        ("ÆGIR", "aegir"),
        ("李小龙", "李小"),
        ("İpek", "ipek"),
        ("J.R. Example", "j.r."),
        ("J.R. Example", "jr"),
    ],
)
def test_letters_of_other_languages(name: str, query: str) -> None:
    assert _finds(query, terms(name, None, None))


def test_who_has_nothing_is_found_by_nothing() -> None:
    assert terms("", None, None) == set()
    assert terms("?!", "", "") == set()


@given(
    name=st.text(max_size=300), email=st.text(max_size=320), phone=st.from_regex(r"\+[1-9]\d{6,14}", fullmatch=True)
)
def test_terms_are_short_and_found_by_themselves(name: str, email: str, phone: str) -> None:
    found = terms(name, email, phone)
    assert all(LEAST <= len(term) <= TERM_LIMIT for term in found)
    assert _finds(phone, found)


@given(query=st.text(max_size=500))
def test_whatever_is_typed_becomes_few_short_words(query: str) -> None:
    words = wanted(query)
    assert len(words) <= MOST_WORDS
    assert all(LEAST <= len(word) <= TERM_LIMIT for word in words)
    assert words == sorted(words, key=len, reverse=True)


@given(name=st.text(max_size=60))
def test_a_lead_is_found_by_their_whole_name(name: str) -> None:
    found = terms(name, None, None)
    if not any(each.isdecimal() for each in name):
        assert all(any(term.startswith(word) for term in found) for word in wanted(name))
