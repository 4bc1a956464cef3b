"""What about a text gives reason to think twice before it goes out: its words, its numbers, its links, its length.

Two kinds of concern hold a text back until its author has said that it may go; the others are only hints.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from bridge.rules import counting
from bridge.rules.advertising import is_promotional
from bridge.rules.preferences import OURS, Preferences
from bridge.rules.segments import count, outside
from bridge.rules.sensitive import is_sensitive


class About(StrEnum):
    """What a concern is about."""

    PROMOTIONAL = "promotional"
    SENSITIVE = "sensitive"
    SHORTENER = "shortener"
    SEVERAL_SEGMENTS = "several_segments"
    UNICODE = "unicode"
    SHORTCODE = "shortcode"


HOLDING = frozenset({About.PROMOTIONAL, About.SENSITIVE})

PROMOTIONAL = (
    "Looks promotional, and this lead has not agreed to marketing texts. "
    "Edit it so that the offer is left out, or send it if it only answers what they asked."
)
MARKETING = (
    "This was suggested for marketing, and this lead has not agreed to marketing texts. "
    "Write something else, or send it if it only answers what they asked."
)
SENSITIVE = (
    "This looks like the number of a card or a social security number, and texts are read by others. "
    "Edit it so that the number is left out, or send it if it is something else."
)
SHORTENER = "Carriers often stop texts with short links such as {}. Put in the whole link instead."
SEVERAL = "{} segments, which count as {}. Keep messages under {} characters when possible."
AS_MMS = "This goes out as an MMS, which counts as {}. Keep messages under {} characters when possible."
UNICODE = "Because of “{}” only 70 characters fit into a segment, not 160. Leave it out if you can."

SHORTCODE = "Slack writes the emoji here as “{}”, and that is what the lead would read. Leave it out."

# Free ones, which everybody uses, spammers included.
SHORTENERS = (
    "bit.ly", "tinyurl.com", "goo.gl", "t.co", "ow.ly", "is.gd", "buff.ly", "rebrand.ly", "cutt.ly", "shorturl.at",
)  # fmt: skip
_HOSTS = "|".join(re.escape(host) for host in SHORTENERS)
_SHORTCODE = re.compile(r":(?=[\w+-]*[a-z])[a-z0-9_+-]{2,40}:")
_SHORT_LINK = re.compile(rf"(?<![\w.@'’/-])(?:https?://)?(?:www\.)?({_HOSTS})(?![\w@-]|\.\w)", re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Concern:
    """One reason, and the sentence that the author reads."""

    about: About
    sentence: str

    @property
    def holds(self) -> bool:
        """Whether the text waits for its author's word."""
        return self.about in HOLDING


def shortcode(body: str) -> Concern | None:
    """What modals make of an emoji: its name. In messages Slack tells the character."""
    found = _SHORTCODE.search(body)
    return Concern(About.SHORTCODE, SHORTCODE.format(found[0])) if found else None


def concerns(
    body: str, *, marketing_consent: bool, prefers: Preferences = OURS, is_marketing: bool = False
) -> tuple[Concern, ...]:
    """What to think about before this is texted, what holds it back first.

    is_marketing: it is known to be, whatever its words.
    """
    advertised = () if marketing_consent else _advertised(body, is_marketing=is_marketing)
    return (*advertised, *_found(body, prefers))


def _advertised(body: str, *, is_marketing: bool) -> tuple[Concern, ...]:
    if is_promotional(body):
        return (Concern(About.PROMOTIONAL, PROMOTIONAL),)
    return (Concern(About.PROMOTIONAL, MARKETING),) if is_marketing else ()


def _found(body: str, prefers: Preferences) -> Iterator[Concern]:
    if is_sensitive(body):
        yield Concern(About.SENSITIVE, SENSITIVE)
    if short := _SHORT_LINK.search(body):
        yield Concern(About.SHORTENER, SHORTENER.format(short[1].lower()))
    odd = outside(body)
    if (parts := count(body).segments) > 1 and prefers.long_texts != "block":  # of that the gate tells
        yield Concern(About.SEVERAL_SEGMENTS, _length(prefers, parts, 70 if odd else 160))
    if odd:
        yield Concern(About.UNICODE, UNICODE.format(odd))


def _length(prefers: Preferences, parts: int, fit: int) -> str:
    """What a text of several segments becomes, and for how much it counts."""
    is_mms = prefers.long_texts == "mms"
    counts = counting.amount(prefers, counting.units(prefers, parts=parts, is_mms=is_mms))
    return AS_MMS.format(counts, fit) if is_mms else SEVERAL.format(parts, counts, fit)
