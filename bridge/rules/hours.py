"""When somebody may be texted first, by the clock where they are; what answers somebody comes at any time.

The hours themselves are in quiet_hours.toml, with their sources: an operator may change them.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import resources
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from phonenumbers import NumberParseException, parse
from phonenumbers.timezone import time_zones_for_number

ANSWER_WINDOW = timedelta(hours=24)  # who wrote so lately is answered, not called upon
LONGEST_SEARCH = timedelta(days=15)  # an opening comes within days, or the hours contradict each other
TELLING = 10  # zones; a number that may be in more of them, such as a toll-free one, says nothing

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60  # minutes

# For each weekday the minutes from which and until which texts may go; from is until where none may.
Week: TypeAlias = tuple[tuple[int, int], ...]
CLOSED = (0, 0)
_TIMES = re.compile(r"(\d{1,2}):([0-5]\d)-(\d{1,2}):([0-5]\d)", re.ASCII)


@dataclass(frozen=True)
class Place:
    """Where a recipient is, or may be: all of these zones, under the laws of these states.

    is_certain: off where nothing tells, and the firm's own zone stands in.
    """

    zones: tuple[ZoneInfo, ...]
    states: frozenset[str]
    is_certain: bool


def place_of(phone: str, own_zone: str | None, firm_zone: ZoneInfo) -> Place:
    """Where this number is. `own_zone` is what the lead said, and overrides what the number tells."""
    states = frozenset(_STATES_OF.get(phone[2:5], ())) if phone.startswith("+1") else frozenset[str]()
    zones = [zone] if (zone := _zone(own_zone or "")) else _zones_of(phone)
    is_certain = 1 <= len(zones) <= TELLING
    return Place(tuple(zones) if is_certain else (firm_zone,), states, is_certain)


def _zones_of(phone: str) -> list[ZoneInfo]:
    try:
        names = time_zones_for_number(parse(phone))
    except NumberParseException:
        return []
    return [zone for name in names if (zone := _zone(name)) is not None]


@lru_cache(maxsize=1024)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # no such zone, no name of one, a folder of them
        return None


def opens_at(now: datetime, place: Place, preset: str) -> datetime | None:
    """None when it is day there now, in every zone that it may be in; else the next minute of which that is true.

    `preset` is a firm's choice: strict, federal or off. Nobody is texted by looser hours than the strict ones who
    may be anywhere. Raises ValueError when there is no such minute within LONGEST_SEARCH.
    """
    if preset == "off":
        return None
    week = _week(preset if place.is_certain else "strict", place.states)
    moment = now.astimezone(UTC).replace(second=0, microsecond=0)
    last = moment + LONGEST_SEARCH
    while moment <= last:
        closed = max(_closed_for(moment, zone, week) for zone in place.zones)
        if not closed:
            return moment if moment > now else None
        moment += closed
    raise ValueError("These hours leave no time at all.")


def _closed_for(moment: datetime, zone: ZoneInfo, week: Week) -> timedelta:
    """Nothing when it is open there; else so long it surely stays closed."""
    local = moment.astimezone(zone)
    minute = local.hour * 60 + local.minute
    opens, closes = week[local.weekday()]
    if opens <= minute < closes:
        return timedelta(0)
    wait = timedelta(minutes=_until_opening(local.weekday(), minute, week))
    # Where clocks are changed in between, an hour is left out or comes twice: then minute by minute.
    is_steady = (moment + wait).astimezone(zone).utcoffset() == local.utcoffset()
    return wait if is_steady else timedelta(minutes=1)


def _until_opening(weekday: int, minute: int, week: Week) -> int:
    """Minutes, by a clock that nobody changes."""
    for ahead in range(8):
        opens, closes = week[(weekday + ahead) % 7]
        if opens < closes and ahead * DAY + opens > minute:
            return ahead * DAY + opens - minute
    return 7 * DAY


def _week(preset: str, states: Iterable[str]) -> Week:
    return common([_PRESETS[preset], *(_STATES[state] for state in states)])


def common(weeks: Sequence[Week]) -> Week:
    """The time that all of them allow."""
    days = (
        (max(opens), min(closes)) for opens, closes in (zip(*day, strict=True) for day in zip(*weeks, strict=True))
    )
    return tuple((opens, closes) if opens < closes else CLOSED for opens, closes in days)


def read_week(hours: Mapping[str, str]) -> Week:
    """Hours as the file has them, such as {"mon-fri": "9:00-18:00", "sat-sun": ""}. Raises ValueError."""
    found: dict[str, tuple[int, int]] = {}
    for days, times in hours.items():
        for day in _run(days):
            if day in found:
                raise ValueError(f"{day} stands there twice.")
            found[day] = _times(times)
    if missing := [day for day in DAYS if day not in found]:
        raise ValueError(f"{', '.join(missing)} is missing.")
    if all(times == CLOSED for times in found.values()):
        raise ValueError("Nobody could ever be texted.")
    return tuple(found[day] for day in DAYS)


def _run(days: str) -> Sequence[str]:
    first, _, last = days.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise ValueError(f"“{days}” is no day, and no run of days.")
    return DAYS[DAYS.index(first) : DAYS.index(last or first) + 1]


def _times(times: str) -> tuple[int, int]:
    if not times:
        return CLOSED
    written = _TIMES.fullmatch(times)
    if written is None:
        raise ValueError(f"“{times}” is not written as 9:00-20:00 is.")
    hour, minute, last_hour, last_minute = map(int, written.groups())
    opens, closes = hour * 60 + minute, last_hour * 60 + last_minute
    if not opens < closes <= DAY:
        raise ValueError(f"“{times}” ends before it begins, or after the day.")
    return opens, closes


def _read(table: Mapping[str, Any]) -> dict[str, Week]:
    weeks = {}
    for name, entry in table.items():
        try:
            weeks[name] = read_week(entry["hours"])
        except (ValueError, KeyError) as error:
            raise ValueError(f"quiet_hours.toml, {name}: {error}") from None
    return weeks


def _by_area_code(states: Mapping[str, Any]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for state, entry in states.items():
        for code in entry["area_codes"]:
            found.setdefault(str(code), []).append(state)
    return found


_FILE = tomllib.loads(resources.files("bridge.rules").joinpath("quiet_hours.toml").read_text(encoding="utf-8"))
_PRESETS, _STATES = _read(_FILE["presets"]), _read(_FILE["states"])
_STATES_OF = _by_area_code(_FILE["states"])
if set(common([*_PRESETS.values(), *_STATES.values()])) == {CLOSED}:
    raise ValueError("quiet_hours.toml: there is no time that all of these hours allow.")
