"""How many segments a text takes on the air, which is what carriers count and staff are shown before they send.

Source: the GSM 03.38 alphabet and the rules of github.com/TwilioDevEd/message-segment-calculator. An estimate by
nature: what Twilio bills is the num_segments of the message. The calculator keeps a flag or a combined letter whole
at the border of two segments and so may say one more when there are some two dozen.
"""

from dataclasses import dataclass
from typing import Literal

LIMIT = 1600  # Twilio refuses a longer body: error 21617

_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True)
class Segments:
    """What a text costs to transmit."""

    encoding: Literal["GSM-7", "UCS-2"]
    segments: int
    units: int  # septets of GSM-7, or UTF-16 code units


def count(text: str) -> Segments:
    """One character outside GSM-7 turns the whole text into UCS-2. No character is split between two segments."""
    if all(c in _BASIC or c in _EXTENDED for c in text):
        sizes = [2 if c in _EXTENDED else 1 for c in text]
        return Segments("GSM-7", _parts(sizes, alone=160, joined=153), sum(sizes))
    sizes = [_utf16(c) for c in text]
    return Segments("UCS-2", _parts(sizes, alone=70, joined=67), sum(sizes))


def outside(text: str) -> str | None:
    """The first character that GSM-7 does not have."""
    return next((c for c in text if c not in _BASIC and c not in _EXTENDED), None)


def too_long(text: str) -> bool:
    """Twilio says characters and not which, so they are counted in UTF-16 units, the way that gives the most."""
    return sum(map(_utf16, text)) > LIMIT


def _parts(sizes: list[int], *, alone: int, joined: int) -> int:
    """Segments that belong together are shorter: each carries a header that joins them on the phone."""
    if sum(sizes) <= alone:
        return 1
    parts, used = 1, 0
    for size in sizes:
        if used + size > joined:
            parts, used = parts + 1, 0
        used += size
    return parts


def _utf16(character: str) -> int:
    return 2 if ord(character) > 0xFFFF else 1
