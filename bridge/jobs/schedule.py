"""Every job that the clock starts. The scheduler is only a clock: all state is in tables."""

import asyncio
from datetime import UTC, datetime

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bridge.jobs import sweeps
from bridge.services.deps import Deps

EVERY_MINUTES = (
    (sweeps.entries_to_seal, 1),
    (sweeps.missed_texts, 3),
    (sweeps.missing_receipts, 10),
    (sweeps.caps_reached, 2),
    (sweeps.months_counted, 2),
    (sweeps.usage_to_report, 1),
    (sweeps.subscriptions_to_read, 60),
    (sweeps.usage_to_compare, 60),
    (sweeps.texts_not_shown, 3),
    (sweeps.undecided_words, 30),
    (sweeps.forget, 60),
    (sweeps.words_past_their_time, 24 * 60),
)
# Those that ask Twilio, and the one that rests between its steps: nobody waits until they are done.
THAT_TAKE_TIME = {sweeps.missed_texts, sweeps.missing_receipts, sweeps.words_past_their_time}


def again(clock: AsyncIOScheduler) -> None:
    """The time by which the next runs were planned was set back: they are now, not when it has come again."""
    for job in clock.get_jobs():
        job.modify(next_run_time=datetime.now(UTC))


def scheduler(deps: Deps) -> AsyncIOScheduler:
    """The clock, not started yet. Each job runs once at the start, then at its interval, never twice at a time."""
    clock, turn = AsyncIOScheduler(timezone=UTC), asyncio.Lock()
    for sweep, minutes in EVERY_MINUTES:
        clock.add_job(
            sweeps.safely(sweep, deps, None if sweep in THAT_TAKE_TIME else turn),
            "interval",
            minutes=minutes,
            next_run_time=datetime.now(UTC),
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
            id=sweep.__name__,
        )
    return clock
