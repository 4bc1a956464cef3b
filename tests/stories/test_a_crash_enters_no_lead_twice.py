"""Leads that come in by API while a process dies, or at two processes at once, are entered once."""

import asyncio

import aiohttp
import pytest
from sqlalchemy import select

from bridge.sandbox.ports import free_port
from bridge.store import tables
from tests.apart import Apart
from tests.intake import hand_in, key_of, lead, states, stored
from tests.store.scratch import only_postgres


def face(apart: Apart, port: int) -> None:
    """From now on this process is asked."""
    apart.stage.app.url = f"http://127.0.0.1:{port}"


@only_postgres
@pytest.mark.faults("F27")
async def test_at_two_processes_at_once_it_is_one_and_what_is_counted_is_counted_together(apart: Apart) -> None:
    stage, other = apart.stage, free_port()
    await apart.start(port=other)
    key = await key_of(stage, stage.law)
    rows, answers = [lead(number) for number in range(1, 40)], []
    for number in range(6):
        face(apart, (stage.settings.port, other)[number % 2])
        answers.append(asyncio.create_task(hand_in(stage, key, {"leads": rows[:: (-1) ** number]})))
        await asyncio.sleep(0)
    every = [states(answer)[:: (-1) ** number] for number, answer in enumerate(await asyncio.gather(*answers))]
    for became in zip(*every, strict=True):
        assert sorted(became) == ["created", *["known"] * 5]
    [counted] = await stage.rows(select(tables.api_keys))
    assert (counted.requests, counted.leads) in {(6, 6 * 39), (5, 5 * 39), (4, 4 * 39)}  # a minute may have ended


@pytest.mark.faults("F1")
async def test_who_died_before_the_answer_is_asked_again_and_knows(apart: Apart) -> None:
    stage, several = apart.stage, {"leads": [lead(1), lead(2)]}
    face(apart, stage.settings.port)
    key = await key_of(stage, stage.law)
    for moment, became in (("before", ["created"] * 2), ("after", ["known"] * 2)):
        apart.doom(f"{moment} commit services.leads.enter")
        with pytest.raises(aiohttp.ClientError):
            await hand_in(stage, key, several)
        await apart.begin_again()
        assert states(await hand_in(stage, key, several)) == became
        several = {"leads": [lead(3), lead(4)]}
    assert len(await stored(stage)) == 4
