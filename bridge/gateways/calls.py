"""Every call to a service is counted by how it ended, and timed; and its answer shows how far our clock is off."""

import time
from collections.abc import Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from functools import lru_cache, wraps
from typing import Any, ParamSpec, TypeAlias, TypeVar

import structlog

from bridge import metrics
from bridge.gateways.errors import GatewayError, Retry

P = ParamSpec("P")
T = TypeVar("T")
FAR = 30.0  # seconds; at 300 Slack and we refuse each other's requests
AGAIN = 3600.0  # seconds until it is told once more

log = structlog.get_logger(__name__)
_told: dict[str, float] = {}  # when, by service; the clock is that of the whole process
Call: TypeAlias = Callable[P, Coroutine[Any, Any, T]]


@dataclass(eq=False)
class Absence:
    """How many calls of one task wait for a service. `begins` is called with each that goes out."""

    begins: Callable[[], None]
    calls: int = 0


absence_of_task: ContextVar[Absence | None] = ContextVar("absence_of_task", default=None)


def counted(service: str, name: str | Callable[..., str]) -> Callable[[Call[P, T]], Call[P, T]]:
    """For a function that makes one call. `name` is what the call is named, or finds that in the arguments."""

    def around(call: Call[P, T]) -> Call[P, T]:
        @wraps(call)
        async def measured(*args: P.args, **kwargs: P.kwargs) -> T:
            method = name if isinstance(name, str) else name(*args, **kwargs)
            started, ended, absence = time.perf_counter(), "canceled", absence_of_task.get()
            if absence is not None:
                absence.calls += 1
                absence.begins()
            try:
                answer = await call(*args, **kwargs)
                ended = "ok"
                return answer
            except GatewayError as trouble:
                ended = _outcome(trouble)
                raise
            finally:
                if absence is not None:
                    absence.calls -= 1
                metrics.CALL_TIME.of(service, method).observe(time.perf_counter() - started)
                metrics.CALLS.of(service, method, ended).inc()

        return measured

    return around


def _outcome(trouble: GatewayError) -> str:
    is_busy = trouble.retry is Retry.LATER and trouble.after is not None
    return "busy" if is_busy else trouble.retry.name.lower()


@dataclass
class Skew:
    """Seconds that our clock was ahead of a service's at its last answer."""

    ahead: float = 0.0


def compare_clocks(service: str, headers: Mapping[str, str]) -> float | None:
    """Seconds that our clock is ahead of the service's, by its answer's date; None when that tells nothing."""
    told = _moment(headers.get("Date", ""))
    if told is None:
        return None
    ahead = time.time() - told
    metrics.CLOCK_AHEAD.of(service).set(ahead)
    if abs(ahead) > FAR:
        _tell(service, ahead)
    return ahead


def _tell(service: str, ahead: float) -> None:
    now = time.monotonic()
    if service not in _told or now - _told[service] >= AGAIN:
        _told[service] = now
        log.warning("clock_is_off", service=service, ahead=round(ahead))


@lru_cache(maxsize=16)
def _moment(date: str) -> float | None:
    """Remembered for the answers of the same second: reading it takes longer than everything else here."""
    try:
        return parsedate_to_datetime(date).timestamp()
    except ValueError:
        return None
