"""SIGTERM under load: no more work is taken, what is claimed ends or is given back, all within ten seconds."""

import asyncio
from collections import Counter

import pytest

from bridge.sandbox.slack.model import Call
from bridge.store import tables
from tests.apart import Apart
from tests.cast import LAW
from tests.faults.processes import Process
from tests.store.scratch import only_postgres

LEADS = [f"+141555501{number:02d}" for number in range(30, 50)]


async def _stopped(process: Process | None) -> float:
    assert process is not None
    seconds = await process.stop()
    assert process.status == 0, "it was not the emergency exit"
    return seconds


async def _open(apart: Apart) -> Counter[str]:
    o = tables.outbox.c
    return Counter(row.state for row in await apart.stage.rows(tables.outbox.select().where(o.state != "done")))


@pytest.mark.faults("F30")
async def test_a_stop_under_load_ends_what_is_claimed_and_keeps_the_rest(apart: Apart) -> None:
    stage = apart.stage

    async def slowly(_call: Call) -> None:
        await asyncio.sleep(0.3)

    stage.slack.on_call = slowly
    texting = asyncio.gather(*(stage.twilio.text(phone, LAW.number, phone[-2:]) for phone in LEADS))
    while await stage.count(tables.threads) < 3:
        await asyncio.sleep(0.02)
    assert await _stopped(apart.app) < 10
    sids = await texting
    assert "sending" not in await _open(apart)

    stage.slack.on_call = None
    await apart.begin()
    for phone, sid in zip(LEADS, sids, strict=True):  # Twilio repeats what nobody has answered
        await stage.twilio.text(phone, LAW.number, phone[-2:], sid=sid)
    await stage.settle(30)
    assert await _open(apart) == Counter()
    assert len(stage.roots()) == len(LEADS)
    assert {phone: stage.said(phone) for phone in LEADS} == {phone: [phone[-2:]] for phone in LEADS}


@only_postgres
@pytest.mark.faults("F30")
async def test_a_call_that_does_not_end_in_time_is_given_back_to_whoever_comes_next(apart: Apart) -> None:
    stage = apart.stage
    stage.slack.fail("chat.postMessage", hang=60, accept_first=True)
    await stage.twilio.text(LEADS[0], LAW.number, "Hi")
    while (await _open(apart))["sending"] == 0:
        await asyncio.sleep(0.02)
    assert await _stopped(apart.app) < 10
    assert await _open(apart) == Counter({"unknown": 1}), "nobody has to wait for the lease"

    await apart.begin()
    await stage.settle()
    assert len(stage.roots()) == 1
    assert stage.said(LEADS[0]) == ["Hi"]
