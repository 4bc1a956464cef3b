"""As what a text goes out, and for how much it counts (V-1, V-15).

A text is long if it takes more than one segment: 160 units of GSM-7 hold, or 70 of Unicode, whatever number of
characters that is. Only texts that are paid for are treated by a firm's choices; campaigns stay as they are.
"""

from bridge.rules import segments
from bridge.rules.preferences import Preferences

SMS, MMS = 1, 3  # credits, where a firm pays in them
MESSAGE, CREDIT = "message", "credit"


def is_long(body: str) -> bool:
    """Whether one segment does not hold it."""
    return segments.count(body).segments > 1


def becomes_mms(prefers: Preferences, body: str, *, paid_for: bool) -> bool:
    """Whether words alone go out as MMS, where the number can."""
    return paid_for and prefers.long_texts == "mms" and is_long(body)


def units(prefers: Preferences, *, parts: int, is_mms: bool) -> int:
    """For how much a text of so many segments counts. An MMS has none."""
    if is_mms:
        return MMS if prefers.billing == "credits" else 1
    return parts * SMS if prefers.count_segments else SMS


def amount(prefers: Preferences, many: int) -> str:
    """So many messages, or credits."""
    return f"{many:,} {unit(prefers)}{'' if many == 1 else 's'}"


def unit(prefers: Preferences) -> str:
    """What is counted."""
    return CREDIT if prefers.billing == "credits" else MESSAGE
