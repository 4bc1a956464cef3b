"""How fast each way out may be used, by the beginning of its name.

Slack's published tiers are per method and workspace; a channel takes about one post a second, with bursts
(facts of November 2026: docs.slack.dev, rate limits). Slack's own word, a 429 with Retry-After, always wins.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.services.repairs import PROBE
from bridge.store.claims import OF_ONE_WAY, Candidate

OF_ONE_SERVICE = 128  # rows in flight; what hangs at one service leaves room for the other

Way = tuple[int, str]  # a firm's id and the name of a route or service


@dataclass(frozen=True)
class Pace:
    """One call each `every`, with up to `burst` saved up while it was quiet. At most `at_once` in flight.

    No more than OF_ONE_WAY, or what is beyond waits for the next look.
    """

    every: timedelta
    burst: int
    at_once: int = 8

    def next_free(self, free_at: datetime | None, now: datetime) -> datetime:
        """When the route is free again after a call now; in the past while saved-up calls are left."""
        saved_up = now - self.every * (self.burst - 1)
        return max(free_at or saved_up, saved_up) + self.every


UNPACED = Pace(every=timedelta(0), burst=1, at_once=OF_ONE_WAY)


def paces(posts_per_second: float) -> dict[str, Pace]:
    """The pace of each kind of route. `posts_per_second` of 0 leaves posts unpaced."""
    minute = timedelta(minutes=1)
    posts = Pace(timedelta(seconds=1 / posts_per_second), burst=4) if posts_per_second else UNPACED
    return {
        "post": posts,
        "update": Pace(minute / 50, burst=25),
        "react": Pace(minute / 25, burst=25),  # together at most 50 in any minute
        "unreact": Pace(minute / 10, burst=10),  # and 20
        "tell": Pace(minute / 100, burst=50),
        "links": Pace(minute / 100, burst=50),
        "views": Pace(minute / 100, burst=50),
        "homes": Pace(minute / 80, burst=40),
        "people": Pace(minute / 100, burst=50),
        "imports": Pace(timedelta(0), burst=1, at_once=1),  # of several tables some rows each, in turn
        "replies": UNPACED,  # they wait for each other, not for Slack
        "files": Pace(minute / 50, burst=20),
        "lookup": Pace(timedelta(seconds=0.1), burst=20),
        "sms": UNPACED,  # Twilio queues by itself, and says so when its queue is full
    }


def pace_of(route: str, table: Mapping[str, Pace]) -> Pace:
    """The pace of a route, which is named like "post:C01"; that of a kind nobody here knows is free."""
    return table.get(route.partition(":")[0], UNPACED)


class Traffic:
    """Decides which rows may leave now.

    `free_at`: until when each way that is used rests. `closed`: ways that take no more rows this time, and
    `closed_services` whole services, of all firms.

    `in_flight` counts calls under way, by firm and route; `by_service`, by service.
    """

    def __init__(
        self, table: Mapping[str, Pace], in_flight: Mapping[Way, int], by_service: Mapping[str, int], now: datetime
    ) -> None:
        self._table = table
        self._now = now
        self._busy = Counter(in_flight)
        self._of_service = Counter(by_service)
        self.free_at: dict[Way, datetime] = {}
        self.closed: set[Way] = set()
        self.closed_services = {service for service, rows in self._of_service.items() if rows >= OF_ONE_SERVICE}

    def admits(self, candidate: Candidate) -> bool:
        """Whether this row may go; if so its way is used by it. A way that is full is `closed` from then on."""
        row = candidate.row
        if row.service in self.closed_services:
            return False
        way = (row.firm_id, row.service if candidate.is_service_off else row.route)
        if candidate.is_service_off or candidate.is_route_off:
            admitted = self._probe(way)
        else:
            admitted = self._use(way, pace_of(row.route, self._table), candidate.free_at)
        if not admitted:
            self.closed.add(way)
            return False
        self._of_service[row.service] += 1
        if self._of_service[row.service] >= OF_ONE_SERVICE:
            self.closed_services.add(row.service)
        return True

    @property
    def rest_ends(self) -> datetime | None:
        """When the first of the ways that are closed, because they are used so often, is free again."""
        rests = [self.free_at[way] for way in self.closed if way in self.free_at]
        return min((moment for moment in rests if moment > self._now), default=None)

    def _use(self, way: Way, pace: Pace, stored_free_at: datetime | None) -> bool:
        free_at = self.free_at.get(way, stored_free_at)
        if (free_at is not None and free_at > self._now) or self._busy[way] >= pace.at_once:
            return False
        self._busy[way] += 1
        if pace.every:
            self.free_at[way] = pace.next_free(free_at, self._now)
        return True

    def _probe(self, way: Way) -> bool:
        """Of everything that waits for a broken way, one row tries it."""
        if way in self.free_at:
            return False
        self.free_at[way] = self._now + PROBE
        return True
