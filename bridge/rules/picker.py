"""Looking for a lead: the terms that each is found by, and what somebody typed to find one.

A term is found by how it begins. Accents and case count for nothing, and a number is found in any notation.
"""

import re
import unicodedata
from collections.abc import Iterator

from bridge.rules.mrkdwn import clean

MOST_WORDS = 5  # of a query; more would only make it slower
LEAST = 2  # letters or digits, before which nothing is looked for
TERM_LIMIT = 64  # characters of a term, and so of a word that is looked for

# Letters that Unicode does not take apart into a plain one and a mark.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i"})
_PHONE = re.compile(r"(?:tel:)?[\d\s()./+\-\u2010-\u2015]+")
_APART = re.compile(r"[^\w]|_")
_COUNTRY = "1"  # of the numbers that people write without their country


def terms(name: str, email: str | None, phone: str | None) -> set[str]:
    """All that a lead is found by. `phone` is E.164."""
    found = {*_of_name(name), *_of_email(email or ""), *_of_phone(phone or "")}
    return {term[:TERM_LIMIT] for term in found if len(term) >= LEAST}


def wanted(query: str) -> list[str]:
    """The beginnings, each of which must be among a lead's terms, the longest first. None is a single letter."""
    query = clean(query)  # which no term holds, and no database looks for
    words = [_digits(query)] if _PHONE.fullmatch(query.strip()) else [_word(each) for each in folded(query).split()]
    return sorted({word[:TERM_LIMIT] for word in words if len(word) >= LEAST}, key=len, reverse=True)[:MOST_WORDS]


def folded(text: str) -> str:
    """Without accents and case: Zoë and ZOE are the same."""
    apart = unicodedata.normalize("NFKD", text.casefold().translate(_PLAIN))
    return "".join(each for each in apart if not unicodedata.combining(each))


def _of_name(name: str) -> Iterator[str]:
    """O'Brien-Example is found as obrien…, as brien and as example; J.R. as jr and as j.r."""
    for word in folded(name).split():
        yield from (_word(word), *_pieces(word))


def _of_email(email: str) -> Iterator[str]:
    """The whole address, its domain, and the pieces before it."""
    whole = folded(email.strip())
    if whole:
        local, _, domain = whole.partition("@")
        yield from (whole, domain, *_pieces(local))


def _of_phone(phone: str) -> Iterator[str]:
    """All digits, those without the country, and the last seven and four, which people remember."""
    digits = _digits(phone)
    if digits:
        yield from (digits, digits.removeprefix(_COUNTRY), digits[-7:], digits[-4:])


def _pieces(word: str) -> Iterator[str]:
    yield _APART.sub("", word)
    yield from _APART.split(word)


def _word(typed: str) -> str:
    """An address stays as it is; of everything else the letters and digits count."""
    return typed if "@" in typed or "." in typed.strip(".") else _APART.sub("", typed)


def _digits(text: str) -> str:
    return "".join(str(unicodedata.decimal(each)) for each in text if each.isdecimal())
