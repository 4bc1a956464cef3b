"""When somebody may be texted first: in every zone that they may be in, to the minute, whatever clocks do."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers.tzdata import TIMEZONE_DATA

from bridge.rules import hours
from bridge.rules.hours import Place, Week, opens_at, place_of, read_week
from tests.house.source import ROOT

HERE = ZoneInfo("America/New_York")
ZONES = ["America/Los_Angeles", "America/Phoenix", "America/Denver", "America/Chicago", "America/New_York"]
ZONES += ["America/Halifax", "America/St_Johns", "America/Adak", "Pacific/Honolulu", "America/Havana"]
START = datetime(2026, 1, 1, tzinfo=UTC)


def _near(zones: Sequence[str]) -> bool:
    places = [ZONES.index(zone) for zone in zones]
    return max(places) - min(places) <= 3  # numbers are in one country, or in neighbouring zones of one


MOMENTS = st.integers(0, 3 * 365 * 24 * 3600).map(lambda seconds: START + timedelta(seconds=seconds))
# Around the nights in which clocks are set, here and there.
CHANGES = [datetime(2026, 3, 8, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC), datetime(2027, 3, 14, tzinfo=UTC)]
NEAR_CHANGES = st.builds(
    lambda day, minutes: day + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-2000, 4000)
)
ANY_MOMENT = MOMENTS | NEAR_CHANGES
PLACES = st.builds(
    lambda zones, states, is_certain: Place(tuple(map(ZoneInfo, zones)), frozenset(states), is_certain),
    st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True).filter(_near),
    st.lists(st.sampled_from(sorted(hours._STATES)), max_size=2),
    st.booleans(),
)
PRESETS = st.sampled_from(["strict", "federal"])
EVERY_DAY = read_week({"mon-sun": "9:00-20:00"})


def is_open(moment: datetime, place: Place, preset: str) -> bool:
    """As simply as can be said."""
    weeks = [hours._PRESETS[preset if place.is_certain else "strict"]]
    weeks += [hours._STATES[state] for state in place.states]
    for zone in place.zones:
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        if not all(week[local.weekday()][0] <= minute < week[local.weekday()][1] for week in weeks):
            return False
    return True


@given(ANY_MOMENT, PLACES, PRESETS)
def test_it_is_open_then_and_at_no_minute_before(now: datetime, place: Place, preset: str) -> None:
    at = opens_at(now, place, preset)
    if at is None:
        assert is_open(now, place, preset)
        return
    assert at > now
    assert is_open(at, place, preset)
    minute = now.replace(second=0, microsecond=0)
    step = timedelta(minutes=1)
    while minute < at:
        assert not is_open(minute, place, preset), minute
        minute += step
    assert opens_at(at, place, preset) is None
    assert opens_at(at - timedelta(microseconds=1), place, preset) == at


@given(ANY_MOMENT, PLACES)
def test_off_is_always_open(now: datetime, place: Place) -> None:
    assert opens_at(now, place, "off") is None


ODD_WEEKS = st.lists(
    st.just((0, 0)) | st.tuples(st.integers(0, 1439), st.integers(1, 1440)).filter(lambda day: day[0] < day[1]),
    min_size=7,
    max_size=7,
).filter(lambda days: set(days) != {(0, 0)})


@given(NEAR_CHANGES, st.sampled_from(ZONES), ODD_WEEKS)
def test_hours_that_are_left_out_or_come_twice(now: datetime, name: str, days: list[tuple[int, int]]) -> None:
    """Openings at any minute, also of the hour that a change of clocks takes away or gives."""
    zone, week = ZoneInfo(name), tuple(days)
    waited = hours._closed_for(now.replace(second=0), zone, week)
    for minute in range(int(waited.total_seconds() // 60)):
        assert not _is_open(now.replace(second=0) + timedelta(minutes=minute), zone, week)
    assert waited or _is_open(now, zone, week)


def _is_open(moment: datetime, zone: ZoneInfo, week: Week) -> bool:
    local = moment.astimezone(zone)
    opens, closes = week[local.weekday()]
    return opens <= local.hour * 60 + local.minute < closes


@pytest.mark.parametrize(
    ("phone", "now", "expected"),
    [
        ("+14155550123", "2026-01-15T05:00", "2026-01-15T17:00"),  # 21:00 in California
        ("+14155550123", "2026-03-08T05:00", "2026-03-08T16:00"),  # clocks are set that night
        ("+14155550123", "2026-11-01T05:00", "2026-11-01T17:00"),
        ("+16025550123", "2026-07-01T05:00", "2026-07-01T16:00"),  # Arizona does not set them
        ("+17095550123", "2026-01-15T12:00", "2026-01-15T13:00"),  # Newfoundland, or Labrador: both
        ("+17095550123", "2026-01-15T23:29", None),
        ("+17095550123", "2026-01-15T23:30", "2026-01-16T13:00"),  # eight in St. John's
        ("+12085550123", "2026-01-15T16:30", "2026-01-15T17:00"),  # Boise is open, the north is not
        ("+17135550123", "2026-01-18T16:00", "2026-01-18T18:00"),  # Texas on a Sunday: from twelve
        ("+17135550123", "2026-01-17T16:00", None),
        ("+14015550123", "2026-01-16T23:30", "2026-01-17T15:00"),  # Rhode Island: after six, then a Saturday
        ("+13055550123", "2026-01-16T14:00", None),
        ("+18005550123", "2026-01-16T13:30", "2026-01-16T14:00"),  # anywhere: by the firm's clock
        ("12345", "2026-01-16T13:30", "2026-01-16T14:00"),
    ],
)
def test_where_numbers_are(phone: str, now: str, expected: str | None) -> None:
    at = opens_at(_utc(now), place_of(phone, None, HERE), "strict")
    assert at == (None if expected is None else _utc(expected))


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_federal_hours_are_longer_but_for_states_and_strangers() -> None:
    morning = _utc("2026-01-15T13:30")  # half past eight in New York
    assert opens_at(morning, place_of("+12125550123", None, HERE), "federal") is None
    assert opens_at(morning, place_of("+12035550123", None, HERE), "federal") == _utc("2026-01-15T14:00")
    assert opens_at(morning, place_of("+18885550123", None, HERE), "federal") == _utc("2026-01-15T14:00")
    evening = _utc("2026-01-16T01:30")  # half past eight
    assert opens_at(evening, place_of("+12125550123", None, HERE), "federal") is None
    assert opens_at(evening, place_of("+13055550123", None, HERE), "federal") == _utc("2026-01-16T13:00")


@pytest.mark.parametrize(
    "zone", ["", "Nowhere/City", "../../etc/passwd", "America", "/etc/passwd", "a" * 300, "\0"]
)
def test_a_zone_that_is_none_tells_nothing(zone: str) -> None:
    assert place_of("+12125550123", zone, HERE) == place_of("+12125550123", None, HERE)


def test_what_the_lead_said_counts_before_the_number_and_the_states_law_stays() -> None:
    place = place_of("+13055550123", "America/Los_Angeles", HERE)
    assert place == Place((ZoneInfo("America/Los_Angeles"),), frozenset({"FL"}), is_certain=True)


@pytest.mark.parametrize("names", sorted(set(TIMEZONE_DATA.values())), ids=lambda names: names[0])
def test_every_number_in_the_world_can_be_texted_at_some_time(names: tuple[str, ...]) -> None:
    if len(names) <= hours.TELLING and names != ("Etc/Unknown",):
        place = Place(tuple(map(ZoneInfo, names)), frozenset(), is_certain=True)
        for hour in range(24):
            now = datetime(2026, 3, 7, hour, tzinfo=UTC)
            assert (opens_at(now, place, "strict") or now) - now < timedelta(days=2)


def test_hours_that_contradict_each_other_end_the_search() -> None:
    apart = Place((ZoneInfo("Asia/Tokyo"), HERE), frozenset({"RI"}), is_certain=True)
    with pytest.raises(ValueError, match="no time"):
        opens_at(_utc("2026-01-15T12:00"), apart, "strict")


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        ({"mon-sat": "9:00-20:00"}, "sun is missing"),
        ({"mon-sun": "9:00-20:00", "sun": ""}, "sun stands there twice"),
        ({"mon-sun": "20:00-9:00"}, "ends before it begins"),
        ({"mon-sun": "9:00-25:00"}, "ends before it begins"),
        ({"mon-sun": "9:61-20:00"}, "not written"),
        ({"mon-sun": "nine to five"}, "not written"),
        ({"mon-sun": ""}, "ever"),
        ({"monday": "9:00-20:00"}, "no day"),
        ({"sun-mon": "9:00-20:00"}, "missing"),
    ],
)
def test_what_an_operator_writes_wrongly_is_named(written: dict[str, str], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read_week(written)


def test_a_week_is_read() -> None:
    week = read_week({"mon-fri": "9:00-18:00", "sat": "10:30-24:00", "sun": ""})
    assert week == (*[(540, 1080)] * 5, (630, 1440), (0, 0))
    assert hours.common([week, EVERY_DAY]) == (*[(540, 1080)] * 5, (630, 1200), (0, 0))


AREA_CODES = """
from bridge.rules import hours
from phonenumbers.geodata import GEOCODE_DATA
names = {entry["name"]: state for state, entry in hours._FILE["states"].items()}
names |= {f"{name} State": state for name, state in names.items()}
found = {}
for prefix, told in GEOCODE_DATA.items():
    if prefix[0] == "1" and len(prefix) >= 4 and "en" in told:
        town, _, state = told["en"].rpartition(", ")
        state = state if town else names.get(state)
        if state in names.values():
            found.setdefault(state, set()).add(int(prefix[1:4]))
assert found == {state: set(entry["area_codes"]) for state, entry in hours._FILE["states"].items()}, found
"""


def test_area_codes_are_those_of_the_library() -> None:
    """In a process of its own: where every number of the world is takes a hundred megabytes."""
    subprocess.run([sys.executable, "-c", AREA_CODES], cwd=ROOT, check=True)  # noqa: S603 (our own words)


def test_every_entry_says_where_it_is_from_and_of_when() -> None:
    for entry in [*hours._FILE["presets"].values(), *hours._FILE["states"].values()]:
        assert entry["source"]
        assert entry["as_of"].year >= 2026
