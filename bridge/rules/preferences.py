"""What a firm may have otherwise than we would have it, what it may be, and what holds where nothing is set."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from bridge.rules.keywords import letters, means_something_else

# V-18: lines that no text reaches. Whoever is willing to try toll-free and internet numbers may.
LINES = frozenset({"landline", "premium", "pager", "sharedCost", "voicemail", "uan", "tollFree"})
MOST_WORDS, WORD_LIMIT = 20, 30  # stop words of a firm, and characters of each


@dataclass(frozen=True)
class Preferences:
    """A firm's choices.

    typed_numbers: whether a number may be texted that no lead has (V-6). time_zone: where the firm is, an IANA
    name; it stands in for recipients whose own cannot be told. quiet_hours: "strict" is nine to eight,
    "federal" eight to nine and each state's own, "off" is the firm's own risk. internet_lines and
    toll_free_lines: whether such recipients are texted (row 112). filtered_limit: texts in a row taken for spam
    before the number is blocked (row 103). success: "playful" or "plain", how a sent text is announced (row
    85). daily_limit and recipient_limit: texts within 24 hours, of the firm as a whole and to one number,
    beyond which somebody must have gone astray. stop_words: what opts a lead out besides the words that always
    do (V-2). country: where the firm's business is (row 22). monthly_cap: texts a month beyond which nothing that
    is paid for goes out, None for no such cap (row 35). billing: "per_message" or "credits", how a text counts;
    count_segments: whether one of several segments counts as so many; long_texts: "segments", "mms" or "block",
    what becomes of it (row 36, V-1). retention_years: for how
    many whole years words are kept, None for ever (row 185).
    """

    typed_numbers: bool = False
    time_zone: str = "America/New_York"
    quiet_hours: str = "strict"
    internet_lines: bool = True
    toll_free_lines: bool = False
    filtered_limit: int = 3
    success: str = "playful"
    daily_limit: int = 10_000
    recipient_limit: int = 100
    stop_words: frozenset[str] = frozenset()
    country: str = "US"
    monthly_cap: int | None = None
    billing: str = "per_message"
    count_segments: bool = False
    long_texts: str = "segments"
    retention_years: int | None = 5

    @property
    def zone(self) -> ZoneInfo:
        """Where the firm is."""
        return ZoneInfo(self.time_zone)

    @property
    def untextable_lines(self) -> frozenset[str]:
        """The kinds of line that are not texted."""
        internet = frozenset[str]() if self.internet_lines else frozenset({"fixedVoip", "nonFixedVoip"})
        return (LINES - {"tollFree"} if self.toll_free_lines else LINES) | internet


OURS = Preferences()


def _switch(typed: str) -> bool:
    if typed not in {"on", "off"}:
        raise ValueError("It is on or off.")
    return typed == "on"


def _one_of(*choices: str) -> Callable[[str], str]:
    def chosen(typed: str) -> str:
        if typed not in choices:
            raise ValueError(f"It is one of: {', '.join(choices)}.")
        return typed

    return chosen


def _zone(typed: str) -> str:
    if typed not in available_timezones():
        raise ValueError("It is a time zone's name, such as America/Chicago.")
    return typed


def _limit(most: int) -> Callable[[str], int]:
    def number(typed: str) -> int:
        if not typed.isascii() or not typed.isdigit() or not 1 <= int(typed[:9]) <= most:
            raise ValueError(f"It is a number from 1 to {most:,}.")
        return int(typed)

    return number


def _country(typed: str) -> str:
    code = typed.upper()
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise ValueError("It is a country's two letters, such as US or CA.")
    return code


def _cap(most: int) -> Callable[[str], int | None]:
    return lambda typed: None if typed == "off" else _limit(most)(typed)


def _years(most: int) -> Callable[[str], int | None]:
    return lambda typed: None if typed == "never" else _limit(most)(typed)


def _words(typed: str) -> list[str]:
    words = sorted({word.strip().lower() for word in typed.split(",") if word.strip()})
    if len(words) > MOST_WORDS or any(len(word) > WORD_LIMIT or not letters(word) for word in words):
        raise ValueError(f"It is at most {MOST_WORDS} words, separated by commas.")
    if taken := next((word for word in words if means_something_else(word)), None):
        raise ValueError(f"“{taken}” means something else already.")
    return words


_READ: Mapping[str, Callable[[str], object]] = {
    "typed_numbers": _switch,
    "time_zone": _zone,
    "quiet_hours": _one_of("strict", "federal", "off"),
    "internet_lines": _switch,
    "toll_free_lines": _switch,
    "filtered_limit": _limit(100),
    "success": _one_of("playful", "plain"),
    "daily_limit": _limit(1_000_000),
    "recipient_limit": _limit(1_000),
    "stop_words": _words,
    "country": _country,
    "monthly_cap": _cap(10_000_000),
    "billing": _one_of("per_message", "credits"),
    "count_segments": _switch,
    "long_texts": _one_of("segments", "mms", "block"),
    "retention_years": _years(100),
}
NAMES = tuple(_READ)


def read(name: str, typed: str) -> object:
    """What somebody typed, as it is kept. Raises ValueError with a sentence, KeyError for an unknown name."""
    return _READ[name](typed.strip())


def of(kept: Mapping[str, Any]) -> Preferences:
    """The choices that were made, and ours for the rest."""
    known = {name: value for name, value in kept.items() if name in _READ}
    return Preferences(**known | {"stop_words": frozenset(known.get("stop_words", ()))})
