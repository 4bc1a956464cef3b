"""What is looked at is really looked at: each kind of harm, done by hand to a good run, is found."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace

import pytest

from bridge.store import tables
from tests.cast import LAW, TOKEN
from tests.faults.evidence import gather
from tests.faults.ground import SQLITE, Ground
from tests.faults.invariants import check
from tests.faults.load import Load, lead, pairs_of
from tests.faults.quiet import settle

pytestmark = pytest.mark.xdist_group("fire")

Harm = Callable[[Load], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def _a_post_is_gone(load: Load) -> AsyncIterator[None]:
    messages = load.world.slack.channel(LAW.team_id, LAW.channel).messages
    ts = next(message.ts for message in messages.values() if message.is_reply and message.body.get("bot_id"))
    gone = messages.pop(ts)
    yield
    messages[ts] = gone


@asynccontextmanager
async def _a_post_stands_twice(load: Load) -> AsyncIterator[None]:
    messages = load.world.slack.channel(LAW.team_id, LAW.channel).messages
    again = next(message for message in messages.values() if message.is_reply and message.body.get("bot_id"))
    messages["again"] = again
    yield
    del messages["again"]


@asynccontextmanager
async def _a_text_went_to_somebody_else(load: Load) -> AsyncIterator[None]:
    log = load.world.twilio.log
    sid = next(message.sid for message in log.values() if message.direction == "outbound-api")
    right, log[sid] = log[sid], replace(log[sid], to=lead(99))
    yield
    log[sid] = right


def _the_log_says(words: Callable[[Load], str]) -> Harm:
    @asynccontextmanager
    async def harm(load: Load) -> AsyncIterator[None]:
        path = load.world.folder / "out-0000"
        before = path.read_text()
        path.write_text(f"{before}{words(load)}\n")
        yield
        path.write_text(before)

    return harm


@asynccontextmanager
async def _a_promise_is_dead(load: Load) -> AsyncIterator[None]:
    o = tables.outbox.c
    async with load.world.db.begin() as tx:
        await tx.run(tables.outbox.update().where(o.id == 1).values(state="dead"))
    yield
    async with load.world.db.begin() as tx:
        await tx.run(tables.outbox.update().where(o.id == 1).values(state="done"))


HARMS: tuple[tuple[str, str, Harm], ...] = (
    ("I1", "a post is gone", _a_post_is_gone),
    ("I2", "a post stands twice", _a_post_stands_twice),
    ("I2", "a text went to somebody else", _a_text_went_to_somebody_else),
    ("I4", "a promise is dead", _a_promise_is_dead),
    ("I6", "the log tells a number", _the_log_says(lambda load: f"from {load.history.inputs[0].phone}")),
    ("I6", "the log tells a token", _the_log_says(lambda _: TOKEN)),
    ("a bug", "the log tells of one", _the_log_says(lambda _: '{"event": "promise_broken", "level": "error"}')),
)


def test_every_kind_of_harm_is_found(ground: Ground) -> None:
    asyncio.run(_every_kind_of_harm(ground))


async def _every_kind_of_harm(ground: Ground) -> None:
    async with ground.world(SQLITE) as world, Load.on(world) as load:
        await world.fleet.start()
        await load.open(pairs_of(world, 2))
        for firm, phone in pairs_of(world, 2):
            await load.reply(firm, phone)
        await settle(world)
        for number, what, harm in HARMS:
            assert check(await gather(load)).problems == []
            async with harm(load):
                problems = check(await gather(load)).problems
            assert [problem for problem in problems if problem.startswith(number)], what
