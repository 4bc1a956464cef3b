"""Numbers that nobody should text: of cards, and those by which the US and Canada know people."""

import re

# Where such a number begins and ends: no longer one goes on there, as telephone numbers and dates would.
_BEFORE, _AFTER = r"(?<![\w+])(?<![0-9][ .-])", r"(?![ .-]?[0-9])(?!\w)"

# As they are printed on cards, and in one piece.
_CARD = re.compile(
    rf"{_BEFORE}(?:"
    r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,4}(?:\1[0-9]{1,3})?"
    r"|[0-9]{4}([ -])[0-9]{6}\2[0-9]{4,5}"
    r"|[0-9]{13,19}"
    rf"){_AFTER}"
)
# By the length that belongs to each beginning (ISO/IEC 7812).
_ISSUED = re.compile(
    r"4(?:[0-9]{12}|[0-9]{15}|[0-9]{18})"
    r"|(?:5[1-5][0-9]{2}|222[1-9]|22[3-9][0-9]|2[3-6][0-9]{2}|27[01][0-9]|2720)[0-9]{12}"
    r"|3[47][0-9]{13}|3(?:0[0-5]|[689][0-9])[0-9]{11}|35[0-9]{14,17}"
    r"|6(?:011|4[4-9][0-9]|5[0-9]{2}|2[0-9]{2})[0-9]{12,15}|(?:5[06-9]|6[0-9])[0-9]{11,17}"
)
_AREA, _GROUP, _SERIAL = "(?!000|666|9)[0-9]{3}", "(?!00)[0-9]{2}", "(?!0000)[0-9]{4}"
_SOCIAL = re.compile(
    rf"{_BEFORE}{_AREA}([ -]){_GROUP}\1{_SERIAL}{_AFTER}"
    rf"|\b(?:ssn|social security)\b[^0-9]{{0,20}}{_AREA}{_GROUP}{_SERIAL}{_AFTER}",
    re.IGNORECASE,
)
_INSURANCE = re.compile(
    rf"{_BEFORE}[1-79][0-9]{{2}}([ -])[0-9]{{3}}\1[0-9]{{3}}{_AFTER}"
    rf"|\b(?:SIN|(?i:social insurance))\b[^0-9]{{0,20}}[1-79][0-9]{{8}}{_AFTER}"
)


def is_sensitive(body: str) -> bool:
    """Whether a card number stands in it, or a social security or insurance number of the US or Canada."""
    return (
        any(_is_card(found[0]) for found in _CARD.finditer(body))
        or _SOCIAL.search(body) is not None
        or any(_adds_up(_digits(found[0])) for found in _INSURANCE.finditer(body))
    )


def _is_card(written: str) -> bool:
    digits = _digits(written)
    return _ISSUED.fullmatch(digits) is not None and _adds_up(digits)


def _digits(written: str) -> str:
    return re.sub(r"[^0-9]", "", written)


def _adds_up(digits: str) -> bool:
    """By the check of Luhn, which nine of ten numbers fail that are something else."""
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
