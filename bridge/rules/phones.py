"""Telephone numbers as people write them and as carriers want them, after the metadata of libphonenumber."""

import re
from functools import lru_cache
from itertools import pairwise

from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    ValidationResult,
    format_number,
    is_possible_number_with_reason,
    is_valid_number,
    national_significant_number,
    parse,
    region_code_for_number,
)

_WRITTEN = re.compile(
    r"(?:tel:)?[\d\s()./+＋\-\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060\u2066-\u2069]+(?:(?:ext|x)\.?\s*\d{1,7})?",
    re.IGNORECASE,
)
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
KEPT = 4096  # numbers whose answers are kept: the same ones are asked about with each text
# The toll-free codes in use, per fcc.gov, "What Is a Toll-Free Number and How Does it Work?"
_TOLL_FREE = re.compile(r"\+1(?:800|833|844|855|866|877|888)\d{7}", re.ASCII)


def e164(text: str, country: str = "US") -> str | None:
    """The number as +14155550123, None if there can be no such number. `country` is for those written without one.

    Refuses what nobody has, though the library calls some of it valid: 2345678901, 5555555555.
    """
    written = text.strip()
    number = _parsed(written, country) if _WRITTEN.fullmatch(written) else None
    if number is None or not is_valid_number(number) or _made_up(number):
        return None
    return format_number(number, PhoneNumberFormat.E164)


@lru_cache(maxsize=KEPT)
def national(phone: str) -> str:
    """For display: (415) 555-0123, and outside +1 with the country code. Short codes and names stay as they are."""
    number = _parsed(phone) if _E164.fullmatch(phone) else None
    if number is None:
        return phone
    style = PhoneNumberFormat.NATIONAL if number.country_code == 1 else PhoneNumberFormat.INTERNATIONAL
    return format_number(number, style)


@lru_cache(maxsize=KEPT)
def is_phone(text: str) -> bool:
    """May a text be sent to this address? Not to short codes, names, or channel addresses such as whatsapp:+1...

    Looks at the shape and not for an assigned area code: Twilio hands us addresses that exist, and new codes open
    before the library knows them. What people type goes through `e164`.
    """
    number = _parsed(text) if _E164.fullmatch(text) else None
    if number is None or _made_up(number):
        return False
    return is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE


def last4(text: str) -> str:
    """What may be shown of a number where it is masked."""
    return re.sub(r"\W", "", text)[-4:]


def country(phone: str) -> str | None:
    """The two letters of its country, None where the number does not tell."""
    number = _parsed(phone) if _E164.fullmatch(phone) else None
    code = region_code_for_number(number) if number else None
    return code if code and code.isalpha() else None  # "001" stands for numbers of no country


def is_toll_free(phone: str) -> bool:
    return bool(_TOLL_FREE.fullmatch(phone))


def _parsed(text: str, country: str | None = None) -> PhoneNumber | None:
    try:
        return parse(text, country)
    except NumberParseException:
        return None


def _made_up(number: PhoneNumber) -> bool:
    """Do all digits step alike: 5555555555, 2345678901, 9876543210?"""
    digits = [int(digit) for digit in national_significant_number(number)]
    steps = {(after - before) % 10 for before, after in pairwise(digits)}
    return steps in ({0}, {1}, {9})
