"""Phones with a fate of their own. Every other number is a mobile phone that receives what it is sent.

| number        | lookup       | what happens to a text sent to it                                   |
|---------------|--------------|---------------------------------------------------------------------|
| +1 4155550190 | landline     | accepted, then undelivered 30006                                    |
| +1 4155550191 | mobile       | accepted, then undelivered 30007: filtered by the carrier           |
| +1 4155550192 | mobile       | accepted, then undelivered 30003: unreachable handset               |
| +1 4155550193 | mobile       | slow: the create answers after 1.5 s, callbacks come after 3 s      |
| +1 4155550194 | mobile       | ambiguous: accepted and delivered, but the create is cut off        |
| +1 4155550195 | mobile       | accepted, then undelivered 30005: unknown handset                   |
| +1 4155550196 | mobile       | accepted, then undelivered 30004: blocked by the recipient          |
| +1 4155550197 | landline     | the create is refused with 21614                                    |
| +1 4155550198 | nonFixedVoip | delivered                                                           |
| +1 4155550199 | mobile       | the create is refused with 21610: opted out before we came          |
| +1 4155550189 | 60608 error  | delivered; the lookup's provider is out of order                    |
| +1 4155550188 | unknown      | delivered; nobody knows what kind of line it is                     |
| +1 4155550187 | 500          | delivered; its lookup always fails                                  |
| +1 4155550186 | slow         | delivered; its lookup takes 3 s                                     |
| +1 4165550101 | 60601 error  | delivered, as every Canadian number: Lookup needs special approval  |
"""

import re
from dataclasses import dataclass

from .texts import words

LANDLINE = "+14155550190"
FILTERED = "+14155550191"
UNREACHABLE = "+14155550192"
SLOW = "+14155550193"
AMBIGUOUS = "+14155550194"
UNKNOWN_HANDSET = "+14155550195"
BLOCKED = "+14155550196"
NOT_MOBILE = "+14155550197"
VOIP = "+14155550198"
OPTED_OUT = "+14155550199"
NO_LOOKUP = "+14155550189"
UNKNOWN_LINE = "+14155550188"
LOOKUP_DOWN = "+14155550187"
LOOKUP_SLOW = "+14155550186"
CANADIAN = "+14165550101"


@dataclass(frozen=True)
class Behaviour:
    """What the network does with a number."""

    line_type: str = "mobile"
    lookup_error: int | None = None
    lookup_down: bool = False
    lookup_slow: bool = False
    refused: int | None = None  # the create fails with this code
    undelivered: int | None = None  # accepted, and then this code
    slow: bool = False
    cut: bool = False  # accepted, but no answer comes


ORDINARY = Behaviour()

MAGIC: dict[str, Behaviour] = {
    LANDLINE: Behaviour(line_type="landline", undelivered=30006),
    FILTERED: Behaviour(undelivered=30007),
    UNREACHABLE: Behaviour(undelivered=30003),
    SLOW: Behaviour(slow=True),
    AMBIGUOUS: Behaviour(cut=True),
    UNKNOWN_HANDSET: Behaviour(undelivered=30005),
    BLOCKED: Behaviour(undelivered=30004),
    NOT_MOBILE: Behaviour(line_type="landline", refused=21614),
    VOIP: Behaviour(line_type="nonFixedVoip"),
    OPTED_OUT: Behaviour(refused=21610),
    NO_LOOKUP: Behaviour(lookup_error=60608),
    UNKNOWN_LINE: Behaviour(line_type="unknown"),
    LOOKUP_DOWN: Behaviour(lookup_down=True),
    LOOKUP_SLOW: Behaviour(lookup_slow=True),
}

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_TOLL_FREE = words("800 833 844 855 866 877 888")
_CANADIAN = words(
    "204 226 236 249 250 257 263 289 306 343 354 365 367 368 382 387 403 416 418 428 431 437 438 450 460 468 474 "
    "506 514 519 537 548 568 579 581 584 587 604 613 639 647 672 683 705 709 742 753 778 780 782 807 819 825 867 "
    "873 879 902 905 942"
)


def is_phone(address: str) -> bool:
    """Whether an address is a telephone number in the international form."""
    return _E164.fullmatch(address) is not None


def is_tollfree(phone: str) -> bool:
    """Whether a number belongs to the North American toll-free codes."""
    return phone.startswith("+1") and phone[2:5] in _TOLL_FREE


def country(address: str) -> str:
    """US, CA or nothing: enough for a product that texts there."""
    if not (is_phone(address) and address.startswith("+1")):
        return ""
    return "CA" if address[2:5] in _CANADIAN else "US"
