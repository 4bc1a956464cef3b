"""Waiting until all is done; where there is nothing to do but wait, time is skipped."""

import asyncio
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bridge.store import agenda, tables
from tests.faults.world import LEASES_END, LONGEST_CALL, World

IDLE = 0.25  # seconds without any change, after which time is skipped
BETWEEN_MARKS = 0.1  # seconds, for reactions alone
MARKS = ("mark", "unmark")
FOR_EVER = 1200.0  # seconds; thousands of reactions take some minutes
MINUTE = 60.0  # to skip, when all that is left are reactions, which are paced at seconds each


async def settle(world: World, seconds: float = 60.0, *, skips: bool = True) -> None:
    """Until every promise has been kept, and the services have nothing on the way.

    Raises AssertionError when nothing changes for so many seconds, or something does for ever.
    """
    before: Any = None
    began = since = time.monotonic()
    while rows := await _open(world):
        idle, in_all = time.monotonic() - since, time.monotonic() - began
        if idle > seconds or in_all > FOR_EVER:
            raise AssertionError(f"not settled: {rows[:10]} {world.fleet.maker.said()[-3000:]}")
        awaited = [row for row in rows if row.kind not in MARKS] or rows  # reactions come late, and hold nobody up
        if awaited != before:
            before, since = awaited, time.monotonic()
        elif skips:
            await _skip(world, awaited, idle)
        await asyncio.sleep(0.03)
    async with asyncio.timeout(seconds):
        await world.twilio.settled()
        await world.slack.settled()
        await world.stripe.settled()
    if await _open(world):
        await settle(world, seconds, skips=skips)


async def _open(world: World) -> list[Any]:
    o = tables.outbox.c
    query = select(o.id, o.kind, o.state, o.attempts, o.due_at, o.route, o.error)
    return await world.rows(query.where(o.state.in_(("ready", "sending", "unknown"))).order_by(o.id))


async def _skip(world: World, rows: list[Any], idle: float) -> None:
    if all(row.kind in MARKS for row in rows) and idle > BETWEEN_MARKS:
        world.fate.skip(MINUTE)
    if idle < IDLE:
        return
    now = world.fate.clock()
    if any(row.state == "sending" for row in rows):
        if idle > LONGEST_CALL:  # whoever had them is dead
            world.fate.skip(LEASES_END)
        return
    due = min((row.due_at for row in rows if row.due_at > now), default=None)
    if due is None:
        async with world.db.read() as tx:
            due = (await agenda.outlook(tx, now)).next_due
    if due is not None:
        world.fate.skip(max((due - now) / timedelta(seconds=1), 0) + 0.01)
