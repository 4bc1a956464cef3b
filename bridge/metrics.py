"""Everything that is counted and measured, on one screen. /metrics shows it; docs/operations.md says what it means.

Labels take their values from closed sets, and whatever else comes counts as "other": no phone, no firm and no
invention of a caller becomes a series. What is stored is counted once it is durable: see `Tx.once_durable`.
"""

from itertools import product
from typing import Any, Generic, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)

OTHER = "other"
DIRECTIONS = ("in", "out")
STATES = (
    "received", "held", "later", "queued", "sending", "unknown", "sent", "delivered", "undelivered", "failed",
    "refused", "canceled",
)  # fmt: skip
REASONS = (
    "two_way_off", "stopped", "no_phone", "landline", "duplicate", "too_fast", "empty", "too_long", "long",
    "bad_file", "custom_emoji", "not_staff", "unknown_author", "stale", "lost_file", "lost_thread", "suspected",
    "other_line", "blocked", "unfilled", "no_marketing_consent", "quiet_hours", "typed_number", "no_consent_source",
    "no_number", "not_yet_known", "recipient_limit", "daily_limit", "not_admin",
    "on_again", "not_available", "no_charging", "monthly_cap", "unpaid",
)  # fmt: skip
KINDS = (
    "post", "notice", "root", "tell", "change", "mark", "unmark", "text", "relay", "press", "picture", "alert",
    "show", "meet", "outcome", "link", "home", "due", "lookup", "import", "progress", "rejected",
    "homes", "roots", "catch_up", "subscribe", "unsubscribe", "subscription", "usage", "told",
)  # fmt: skip
ROW_STATES = ("ready", "sending", "unknown", "dead")
WAYS = (
    "post",
    "files",
    "update",
    "react",
    "unreact",
    "tell",
    "people",
    "links",
    "views",
    "imports",
    "replies",
    "sms",
    "slack",
    "twilio",
    "homes",
    "roots",
    "stripe",
)
SERVICES = ("slack", "twilio", "lookups", "stripe")
METHODS = (
    "auth.test", "users.info", "users.list", "conversations.info", "conversations.replies", "conversations.history",
    "chat.postMessage", "chat.update", "chat.delete", "chat.postEphemeral", "chat.getPermalink", "reactions.add",
    "reactions.remove", "files.getUploadURLExternal", "files.upload", "files.completeUploadExternal",
    "files.download", "views.open", "views.push", "views.update", "views.publish", "response_url",
    "messages.create", "messages.list", "messages.fetch", "media.list", "media.download", "numbers.list",
    "numbers.update", "services.list", "services.numbers", "services.update", "lookups.fetch",
    "account", "customers.create", "customers.retrieve", "customers.update", "customers.cards", "products.create",
    "products.retrieve", "prices.create", "prices.list", "meters.create", "meters.list", "meters.reactivate",
    "meters.sums", "meter_events.create", "meter_events.cancel",
    "subscriptions.create", "subscriptions.list", "subscriptions.retrieve",
    "subscriptions.update", "subscriptions.cancel", "invoices.retrieve", "invoices.list", "invoices.pay",
    "invoices.preview", "portal.list", "portal.create", "portal.open", "endpoints.list", "endpoints.create",
    "endpoints.update", "endpoints.delete", "events.list",
)  # fmt: skip
OUTCOMES = ("ok", "busy", "never", "later", "doubt", "repair", "canceled")
ROUTES = (
    "/slack/events", "/twilio/sms", "/twilio/status", "/media", "/api/leads", "/api/openapi.json", "/api/docs",
    "/healthz", "/readyz", "/metrics",
)  # fmt: skip
STATUSES = (
    "200", "201", "204", "400", "401", "403", "404", "405", "408", "409", "413", "415", "422", "429", "500", "503",
)  # fmt: skip
REPEATABLE = ("text", "receipt", "reply", "edit", "press")
RESULTS = ("happened", "repeated", "asked")

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600)

REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus_client has no types here

M = TypeVar("M", Counter, Gauge, Histogram)


class Family(Generic[M]):
    """An instrument and its series, by the values of their labels."""

    def __init__(self, instrument: M, sets: tuple[tuple[str, ...], ...]) -> None:
        self._instrument: Any = instrument
        self._sets = sets
        self._series: dict[tuple[str, ...], M] = {}

    def of(self, *values: str) -> M:
        """The series with these values."""
        return self._series.get(values) or self._admitted(values)

    def clear(self) -> None:
        """No series at all."""
        self._instrument.clear()
        self._series.clear()

    def reset(self) -> None:
        """Every series there can be, at zero: so a first failure is a rise, not a beginning."""
        self.clear()
        for values in product(*self._sets):
            self._admitted(values)

    def _admitted(self, values: tuple[str, ...]) -> M:
        known = tuple(value if value in each else OTHER for value, each in zip(values, self._sets, strict=True))
        series: M = self._instrument.labels(*known)
        self._series[known] = series
        return series


def _counter(name: str, says: str, **sets: tuple[str, ...]) -> Family[Counter]:
    return Family(Counter(f"bridge_{name}", says, list(sets), registry=REGISTRY), tuple(sets.values()))


def _gauge(name: str, says: str, **sets: tuple[str, ...]) -> Family[Gauge]:
    return Family(Gauge(f"bridge_{name}", says, list(sets), registry=REGISTRY), tuple(sets.values()))


def _histogram(name: str, says: str) -> Histogram:
    return Histogram(f"bridge_{name}_seconds", says, registry=REGISTRY, buckets=SECONDS)


def _histograms(name: str, says: str, **sets: tuple[str, ...]) -> Family[Histogram]:
    made = Histogram(f"bridge_{name}_seconds", says, list(sets), registry=REGISTRY, buckets=SECONDS)
    return Family(made, tuple(sets.values()))


TEXTS = _counter("texts", "Texts that came into a state.", direction=DIRECTIONS, state=STATES)
BACKFILLED = Counter("bridge_backfilled", "Leads' texts that no webhook had brought.", registry=REGISTRY)
REFUSALS = _counter("refusals", "Texts that were declined.", reason=REASONS)
DUPLICATES = _counter("duplicates", "What came again and did nothing.", kind=REPEATABLE)
REQUESTS = _counter("requests", "Requests answered.", route=ROUTES, status=STATUSES)
REQUEST_TIME = _histograms("request", "From a request's head to its answer.", route=ROUTES)
TO_THREAD = _histogram("webhook_to_thread", "From a lead's text taken in until Slack has it.")
TO_CARRIER = _histogram("reply_to_carrier", "From a reply taken in until Twilio has it.")
WAITS = _histograms("outbox_wait", "From a promise's due time until somebody claimed it.", kind=KINDS)
RETRIES = _counter("retries", "Promises that were put off.", kind=KINDS, why=("later", "doubt"))
GIVEN_UP = _counter("given_up", "Promises that were given up.", kind=KINDS)
RECONCILED = _counter("reconciliations", "Outcomes nobody saw, settled.", service=SERVICES, result=RESULTS)
CALLS = _counter("calls", "Calls to a service.", service=SERVICES, method=METHODS, outcome=OUTCOMES)
CALL_TIME = _histograms("call", "How long a call took.", service=SERVICES, method=METHODS)
REPORTED = _counter(
    "usage_reported", "Texts that cost something, told to Stripe.", result=("taken", "refused", "lost")
)
COMPARED = _counter(
    "usage_compared", "Subscriptions whose usage was compared with Stripe's sums.", result=("same", "differs")
)
INCIDENTS = Counter("bridge_incidents", "Mistakes of ours, each logged with its id.", registry=REGISTRY)

OUTBOX = _gauge("outbox_rows", "Promises that are not kept yet.", kind=KINDS, state=ROW_STATES)
OLDEST_DUE = _gauge("outbox_oldest_due_seconds", "Since when the oldest could be kept.", kind=KINDS)
ROUTES_OFF = _gauge("routes_off", "Ways out that wait for a repair.", way=WAYS)
CLOCK_AHEAD = _gauge("clock_ahead_seconds", "How far this clock is ahead of the service's.", service=SERVICES)
WORKER_STUCK = Gauge("bridge_worker_stuck", "1: the worker here does not look at the outbox.", registry=REGISTRY)
DATABASE = Gauge("bridge_database_answers", "0: no figures from the database.", registry=REGISTRY)


for _family in (TEXTS, REFUSALS, DUPLICATES, RETRIES, GIVEN_UP, RECONCILED):
    _family.reset()


def shown() -> bytes:
    """All of it, in Prometheus' text format."""
    return generate_latest(REGISTRY)
