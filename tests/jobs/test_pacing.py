"""A way is never used faster than its pace, however rows arrive; and one that is broken is tried by one row."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.jobs.pacing import OF_ONE_SERVICE, UNPACED, Pace, Traffic, pace_of, paces
from bridge.store.claims import Candidate
from bridge.store.outbox import Row

START = datetime(2026, 11, 22, 12, tzinfo=UTC)


def _candidate(
    route: str = "post:C1", free_at: datetime | None = None, *, route_off: bool = False, service_off: bool = False
) -> Candidate:
    row = Row(1, 1, "lane", "slack", route, "post", {}, "ready", 0, None, None, None, START, START)
    return Candidate(row, free_at, route_off, service_off)


def _departures(pace: Pace, waits: list[float], greed: list[int]) -> list[float]:
    """When rows leave, if the outbox is looked at after these waits and so many rows are always there."""
    moment, free_at, left = START, None, []
    for wait, rows in zip(waits, greed, strict=False):
        moment += timedelta(seconds=wait)
        traffic = Traffic({"post": pace}, {}, {}, moment)
        is_free = free_at is None or free_at <= moment  # others are not even candidates
        admitted = sum(is_free and traffic.admits(_candidate(free_at=free_at)) for _ in range(rows))
        left += [(moment - START).total_seconds()] * admitted
        free_at = traffic.free_at.get((1, "post:C1"), free_at)
    return left


@given(
    st.sampled_from([0.5, 1.0, 3.0]), st.integers(1, 5), st.lists(st.floats(0, 10), min_size=1, max_size=40),
    st.lists(st.integers(0, 8), min_size=1, max_size=40),
)  # fmt: skip
def test_in_any_span_of_time_no_more_than_the_burst_and_the_rate(
    rate: float, burst: int, waits: list[float], greed: list[int]
) -> None:
    pace = Pace(timedelta(seconds=1 / rate), burst, at_once=1000)  # a third of a second is cut to microseconds
    left = _departures(pace, waits, greed)
    for first, begins in enumerate(left):
        for last in range(first, len(left)):
            span = left[last] - begins
            assert last - first + 1 <= burst + span / pace.every.total_seconds() + 1e-6


def test_a_pace_of_three_a_second_is_kept_to_the_microsecond() -> None:
    left = _departures(Pace(timedelta(seconds=1 / 3), 1, at_once=1000), [0.0, 1 / 3, 1 / 3], [2, 2, 2])
    assert left == [0.0, 0.333333, 0.666666]


@given(st.integers(1, 6), st.floats(0.1, 3))
def test_a_busy_way_is_used_to_the_full(burst: int, rate: float) -> None:
    """Whoever always has something to send gets the burst at once and then the rate, not less."""
    every = timedelta(seconds=1 / rate)
    left = _departures(Pace(every, burst, at_once=1000), [0.0] + [every.total_seconds() + 1e-5] * 20, [10] * 21)
    assert len(left) == burst + 20


def test_slack_gets_one_post_a_second_and_channel_with_small_bursts() -> None:
    table = paces(1.0)
    assert pace_of("post:C1", table) == Pace(timedelta(seconds=1), burst=4)
    assert pace_of("post:C1", paces(0)) == UNPACED
    assert pace_of("sms:7", table) == UNPACED


def test_ways_do_not_share_their_pace() -> None:
    traffic = Traffic(paces(1.0), {}, {}, START)
    admitted = [traffic.admits(_candidate(route)) for route in ["post:C1"] * 6 + ["post:C2"] * 6]
    assert admitted == [True] * 4 + [False] * 2 + [True] * 4 + [False] * 2


def test_calls_under_way_are_bounded() -> None:
    way = (1, "sms:7")
    traffic = Traffic(paces(1.0), {way: UNPACED.at_once - 6}, {}, START)
    assert [traffic.admits(_candidate("sms:7")) for _ in range(8)] == [True] * 6 + [False] * 2
    assert traffic.closed == {way}


def test_a_service_that_hangs_leaves_room_for_the_other() -> None:
    traffic = Traffic(paces(0), {}, {"slack": OF_ONE_SERVICE - 2, "twilio": 3}, START)
    assert [traffic.admits(_candidate(f"post:C{n}")) for n in range(5)] == [True] * 2 + [False] * 3
    assert (traffic.closed, traffic.closed_services) == (set(), {"slack"})


@pytest.mark.parametrize("off", [{"route_off": True}, {"service_off": True}])
def test_a_broken_way_is_tried_by_one_row_and_again_after_five_minutes(off: dict[str, Any]) -> None:
    traffic = Traffic(paces(1.0), {}, {}, START)
    assert [traffic.admits(_candidate(**off)) for _ in range(5)] == [True] + [False] * 4
    (way, moment), = traffic.free_at.items()  # fmt: skip
    assert way == (1, "slack" if "service_off" in off else "post:C1")
    assert moment == START + timedelta(minutes=5)


def test_a_kind_of_way_that_nobody_knows_stops_nobody() -> None:
    assert Traffic(paces(1.0), {}, {}, START).admits(_candidate("pigeon:7"))
