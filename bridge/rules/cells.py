"""What somebody wrote into a cell of a table: yes, a day, a time zone, several words; what we write into one."""

import re
from datetime import UTC, datetime
from zoneinfo import available_timezones

from bridge.rules.picker import folded

# What else people write for it than an IANA name.
_ZONES = {
    **dict.fromkeys(("eastern", "et", "est", "edt"), "America/New_York"),
    **dict.fromkeys(("central", "ct", "cst", "cdt"), "America/Chicago"),
    **dict.fromkeys(("mountain", "mt", "mst", "mdt"), "America/Denver"),
    **dict.fromkeys(("pacific", "pt", "pst", "pdt"), "America/Los_Angeles"),
    **dict.fromkeys(("alaska", "akst", "akdt"), "America/Anchorage"),
    **dict.fromkeys(("hawaii", "hst"), "Pacific/Honolulu"),
}
_YES = frozenset(
    {"1", "x", "y", "yes", "true", "t", "on", "ok", "checked", "agree", "agreed", "iagree", "yesiagree", "accept"}
    | {"accepted", "consent", "consented", "given", "granted", "subscribed", "optin", "optedin", "si", "oui"}
)
_TICKS = frozenset("✓✔☑✅")
_DATES = ("%m/%d/%Y", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%y")
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
_YEARS = range(1990, 2200)


def is_yes(typed: str) -> bool:
    """Whether it plainly says yes. Whatever else stands there does not."""
    return typed.strip("\ufe0f ") in _TICKS or re.sub(r"[\W_]", "", folded(typed)) in _YES


def moment(typed: str) -> datetime | None:
    """A day or a time, as 2026-11-23T09:30 or as Americans write it; in UTC where it names no other zone.

    Raises ValueError, with a sentence.
    """
    if not typed:
        return None
    found = _read(typed)
    if found is None or found.year not in _YEARS:
        raise ValueError("That is no date, such as 2026-11-23.")
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _read(typed: str) -> datetime | None:
    for form in ("", *_DATES):
        try:
            return datetime.strptime(typed, form) if form else datetime.fromisoformat(typed)  # noqa: DTZ007 (moment)
        except ValueError:
            continue
    return None


def zone(typed: str) -> str | None:
    """An IANA name, or what Americans call theirs. Raises ValueError, with a sentence."""
    if not typed:
        return None
    known = _ZONES.get(re.sub(r"\W|time|standard|daylight", "", folded(typed)), typed.replace(" ", "_"))
    if known not in available_timezones():
        raise ValueError("That is no time zone's name, such as America/Chicago.")
    return known


def words(typed: str) -> tuple[str, ...]:
    """Those that stand between commas, semicolons or bars, each once."""
    return tuple(dict.fromkeys(word.strip()[:80] for word in re.split(r"[,;|]", typed) if word.strip()))


def inert(text: str) -> str:
    """As a spreadsheet shows it and does not calculate it. What is called =SUM(...) was not meant for us."""
    return f"'{text}" if text.startswith(_FORMULAS) else text


def bare(text: str) -> str:
    """The same without the sign that inert() put before it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULAS) else text
