"""What becomes of an outbox row whose promise was not kept this time."""

import random
import uuid
from contextlib import suppress
from datetime import datetime, timedelta

import structlog

from bridge import metrics
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.services import repairs
from bridge.services.deps import Deps
from bridge.services.promises import Later, Promise, StillUnknown
from bridge.store import outbox, routes
from bridge.store.outbox import Row
from bridge.store.trouble import StoreUnavailable

FIRST_WAIT, LONGEST_WAIT = 1.0, 300.0  # seconds
MOST_TRIES = 12  # where every try may be one too many
LONGEST_STORY = timedelta(hours=24)
FEWEST_TRIES = 4  # even of a row that is old because it waited for a repair
DOUBT_WAIT = timedelta(seconds=1)  # before a doubtful try is looked into

AFTER_PROBE = timedelta(seconds=1)

BUG = "bug-"  # begins the error code of a row that tripped over our own mistake

log = structlog.get_logger(__name__)


async def record(deps: Deps, promise: Promise, row: Row, error: BaseException) -> None:
    """Write down how a try ended. If even that fails the lease runs out, and the row is settled later."""
    try:
        await deps.keep(lambda: _record(deps, promise, row, error))
    except StoreUnavailable:
        log.warning("outcome_not_stored", row=row.id, kind=row.kind)
    except Exception:
        log.exception("outcome_failed", row=row.id, kind=row.kind, incident=uuid.uuid4().hex[:8])


async def _record(deps: Deps, promise: Promise, row: Row, error: BaseException) -> None:
    now = deps.clock()
    match error:
        case Later():
            await _postpone(deps, row, now + error.wait, "waits", counts=False)
        case StillUnknown():
            async with deps.db.begin() as tx:
                await outbox.doubt(tx, row, now + error.wait, error.found)
        case GatewayError():
            await _trouble(deps, promise, row, error, now)
        case StoreUnavailable():
            await _trouble(deps, promise, row, GatewayError("database", Retry.DOUBT), now)
        case _:
            incident = uuid.uuid4().hex[:8]
            log.error("promise_broken", row=row.id, kind=row.kind, incident=incident, exc_info=error)
            # It may have broken after the outside call had succeeded, so it is no reason to call again.
            await _trouble(deps, promise, row, GatewayError(f"{BUG}{incident}", Retry.DOUBT), now)


async def _trouble(deps: Deps, promise: Promise, row: Row, error: GatewayError, now: datetime) -> None:
    log.info("call_failed", row=row.id, kind=row.kind, code=error.code, retry=error.retry.name, tries=row.attempts)
    match error.retry:
        case Retry.NEVER:
            await _end(deps, promise, row, error, now)
        case Retry.REPAIR:
            await _switch_off(deps, promise, row, error, now)
        case Retry.DOUBT if promise.settle is not None and not _is_hopeless(promise, row, error, now):
            wait = max(DOUBT_WAIT + _backoff(row.attempts), timedelta(seconds=error.after or 0))
            async with deps.db.begin() as tx:
                await outbox.doubt(tx, row, now + wait, error.code)
        case Retry.LATER if error.after is not None:
            await _delay_route(deps, row, error, error.after, now)
        case _:
            await _again_or_never(deps, promise, row, error, now)


async def _postpone(deps: Deps, row: Row, until: datetime, why: str, *, counts: bool) -> None:
    async with deps.db.begin() as tx:
        await outbox.postpone(tx, row, until, why, counts=counts)


async def _delay_route(deps: Deps, row: Row, error: GatewayError, after: float, now: datetime) -> None:
    """The service said how long to wait. That is about the route, so it is not counted against the row."""
    until = now + timedelta(seconds=after)
    async with deps.db.begin() as tx:
        await routes.delay(tx, row.firm_id, row.route, until)
        await outbox.postpone(tx, row, until, error.code, counts=False)


async def _switch_off(deps: Deps, promise: Promise, row: Row, error: GatewayError, now: datetime) -> None:
    """The route, or all of the service, waits for a repair; a call that no repair will help ends here.

    A route without a colon is one of Slack's methods, which all channels share: one channel's trouble is not its.
    """
    is_shared = ":" not in row.route
    if error.scope is Scope.CALL or (error.scope is Scope.CHANNEL and is_shared):
        await _end(deps, promise, row, error, now)
        return
    name = row.service if error.scope is Scope.ACCOUNT else row.route
    async with deps.db.begin() as tx:
        # Who has failed so before lets another row have the next probe: one that will never do proves nothing.
        wait = repairs.PROBE + AFTER_PROBE if row.error == error.code else timedelta(0)
        await outbox.postpone(tx, row, now + wait, error.code, counts=False)
        await repairs.needed(tx, row.firm_id, name, error.code, now)


async def _again_or_never(deps: Deps, promise: Promise, row: Row, error: GatewayError, now: datetime) -> None:
    if _is_hopeless(promise, row, error, now):
        await _end(deps, promise, row, error, now)
    else:
        await _postpone(deps, row, now + _backoff(row.attempts), error.code, counts=True)


def _is_hopeless(promise: Promise, row: Row, error: GatewayError, now: datetime) -> bool:
    """An outage is waited out for a day. A bug is not, nor what could be done twice by every further try."""
    is_harmless = error.retry is Retry.LATER or promise.settle is not None
    if row.attempts >= MOST_TRIES and (not is_harmless or error.code.startswith(BUG)):
        return True
    return row.attempts >= FEWEST_TRIES and now - row.created_at > LONGEST_STORY


async def _end(deps: Deps, promise: Promise, row: Row, error: GatewayError, now: datetime) -> None:
    await _give_up(deps, promise, row, error, now)
    metrics.GIVEN_UP.of(row.kind).inc()


async def _give_up(deps: Deps, promise: Promise, row: Row, error: GatewayError, now: datetime) -> None:
    """A row that breaks even what follows its end is dead all the same, or its lane would wait for ever."""
    if promise.give_up is not None:
        try:
            await promise.give_up(deps, row, error, now)
            return
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("giving_up_failed", row=row.id, kind=row.kind, incident=uuid.uuid4().hex[:8])
    async with deps.db.begin() as tx:
        await outbox.bury(tx, row, now, error.code)


def _backoff(attempts: int) -> timedelta:
    """Full jitter: half of those who failed together try again in the first half of the time."""
    longest = min(FIRST_WAIT * 2 ** min(attempts - 1, 20), LONGEST_WAIT)
    return timedelta(seconds=random.uniform(longest / 10, longest))  # noqa: S311 (no secret)


async def probed(deps: Deps, row: Row, *, asked: bool) -> None:
    """A try on a route that was off has ended well: everything that waited for it may go.

    One that needed nobody outside proves nothing; another row may try at once.
    """
    with suppress(StoreUnavailable):  # the next probe will work too
        await deps.keep(lambda: _probed(deps, row, asked=asked))


async def _probed(deps: Deps, row: Row, *, asked: bool) -> None:
    change = routes.proved if asked else routes.probe_now
    async with deps.db.begin() as tx:
        for name in (row.service, row.route):
            await change(tx, row.firm_id, name)
