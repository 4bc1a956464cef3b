"""Ten texts a minute and person; the eleventh is refused in words, and nobody else is held up."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bridge import app as wiring
from bridge.sandbox.ports import free_port
from bridge.sandbox.slack.signing import signature_headers
from bridge.settings import Settings
from bridge.store import tables
from tests.cast import LAW, MARIA, NOAH, OMAR, SIGNING_SECRET, environment
from tests.stage import Stage
from tests.store.scratch import only_postgres

TOO_FAST = "Rate limit: 10 messages per minute. Try again shortly."


@pytest.mark.rows(115, 116)
@pytest.mark.faults("S15")
async def test_the_eleventh_text_of_a_minute_is_refused_in_exactly_these_words(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ten, eleventh = await ten_and_one_more(stage)
    assert stage.phone() == ten
    assert stage.told() == [TOO_FAST]
    stage.skip(seconds=61)  # Slack takes so many reactions only slowly
    await stage.settle()
    assert stage.marks(eleventh) == ["no_entry"]


@pytest.mark.rows(115)
async def test_it_counts_over_all_leads_and_kinds(stage: Stage) -> None:
    for phone in (MARIA, NOAH, OMAR):
        await stage.lead_texts("Hello?", phone=phone)
    for number in range(12):
        await stage.staff_types(f"Number {number}", phone=(MARIA, NOAH, OMAR)[number % 3])
    await stage.settle()
    assert sum(len(stage.phone(phone)) for phone in (MARIA, NOAH, OMAR)) == 10
    assert stage.told() == [TOO_FAST, TOO_FAST]


@pytest.mark.rows(115, 117)
async def test_others_are_not_affected(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await ten_and_one_more(stage)
    await stage.staff_says("I am somebody else.", user=LAW.second_agent)
    assert stage.phone()[-1] == "I am somebody else."
    assert stage.told(LAW.second_agent) == []


@pytest.mark.rows(117)
async def test_the_minute_rolls(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("The first one.")
    stage.skip(seconds=40)
    for number in range(9):
        await stage.staff_types(f"Number {number}")
    await stage.settle()
    await stage.staff_says("One too many.")
    assert stage.told() == [TOO_FAST]
    stage.skip(seconds=21)  # the first one is more than a minute ago, the nine are not
    await stage.staff_says("There is room for this.")
    await stage.staff_says("And again one too many.")
    assert stage.told() == [TOO_FAST, TOO_FAST]
    assert len(stage.phone()) == 11
    stage.skip(seconds=61)
    await stage.staff_says("All is forgotten.")
    assert stage.phone()[-1] == "All is forgotten."


@pytest.mark.rows(115, 116)
async def test_the_count_survives_a_restart(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await ten_and_one_more(stage)
    await stage.stop_app()
    await stage.start_app()
    await stage.staff_says("I thought you forgot.")
    assert len(stage.phone()) == 10
    assert stage.told() == [TOO_FAST, TOO_FAST]


@pytest.mark.rows(115, 120)
async def test_what_was_refused_or_left_out_counts_for_nothing(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_types("Twice.")
    for _ in range(5):
        await stage.staff_types("Twice.")  # within two seconds: one text
    for number in range(5):
        await stage.staff_types("x" * 1601 + str(number))  # refused: too long
    for number in range(9):
        await stage.staff_types(f"Number {number}")
    await stage.settle()
    assert stage.phone() == ["Twice.", *[f"Number {number}" for number in range(9)]]
    assert TOO_FAST not in stage.told()
    await stage.staff_says("The eleventh.")
    assert stage.told()[-1] == TOO_FAST


async def ten_and_one_more(stage: Stage) -> tuple[list[str], str]:
    """Eleven replies in a moment: the first ten, and the ts of the last."""
    words = [f"Number {number}" for number in range(11)]
    stamps = [await stage.staff_types(each) for each in words]
    await stage.settle()
    return words[:10], stamps[10]


# --- two processes at once, on the database that allows it


@only_postgres
@pytest.mark.rows(115, 116, 118, 121)
@pytest.mark.faults("F2", "F27")
async def test_two_processes_together_send_ten(stage: Stage) -> None:
    async with a_second_process(stage) as doors:
        stage.skip(seconds=61)
        replies = [event_of(stage, f"Number {number}") for number in range(20)]
        statuses = await asyncio.gather(
            *(send(stage, doors[number % 2], each) for number, each in enumerate(replies))
        )
        await stage.settle(ahead=0.5)
        stage.skip(seconds=61)  # Slack takes so many reactions only slowly
        await stage.settle()
    assert set(statuses) == {200}
    assert len(stage.phone()) == 1 + 10
    assert stage.told() == [TOO_FAST] * 10


@only_postgres
@pytest.mark.rows(118)
@pytest.mark.faults("F27")
async def test_two_processes_together_send_the_same_words_once(stage: Stage) -> None:
    async with a_second_process(stage) as doors:
        for round_ in range(4):
            same = [event_of(stage, f"Round {round_}") for _ in range(4)]
            await asyncio.gather(*(send(stage, doors[number % 2], each) for number, each in enumerate(same)))
            await stage.settle()
            stage.skip(seconds=10)
    assert stage.phone() == ["Known by now.", *[f"Round {round_}" for round_ in range(4)]]
    assert stage.told() == []


@only_postgres
@pytest.mark.rows(121)
@pytest.mark.faults("F2", "F27")
async def test_two_processes_hear_of_the_same_message_and_send_it_once(stage: Stage) -> None:
    async with a_second_process(stage) as doors:
        for number in range(4):
            event = event_of(stage, f"Number {number}")
            copies = [{**event, "event_id": f"Ev{number}{copy}"} for copy in range(6)]
            await asyncio.gather(*(send(stage, doors[copy % 2], each) for copy, each in enumerate(copies)))
    await stage.settle()
    assert stage.phone() == ["Known by now.", *[f"Number {number}" for number in range(4)]]
    m = tables.messages.c
    assert await stage.count(tables.messages, m.direction == "out") == 5


@asynccontextmanager
async def a_second_process(stage: Stage) -> AsyncIterator[list[str]]:
    """The same app once more, on the same database with a worker of its own; the addresses of both.

    By then a lead has written and the agent, who is known, has answered.
    """
    await stage.lead_texts("Hello?")
    await stage.staff_says("Known by now.")
    url = stage.app.deps.db.url.render_as_string(hide_password=False)
    here = environment(url, free_port(), stage.slack, stage.twilio)
    settings = Settings.load({**here, "PUBLIC_BASE_URL": stage.settings.public_base_url})
    async with wiring.running(
        settings, serve_web=True, work=True, clock=stage.clock, steady=stage.clock.steady
    ) as second:
        yield [str(stage.app.url), str(second.url)]


def event_of(stage: Stage, text: str) -> dict[str, Any]:
    """The whole of what Slack sends about a new reply by the agent."""
    ts = stage.slack.new_ts()
    event = {
        "type": "message", "channel": LAW.channel, "channel_type": "channel", "user": LAW.agent, "text": text,
        "ts": ts, "thread_ts": stage.root()["ts"], "event_ts": ts, "team": LAW.team_id, "client_msg_id": f"c-{ts}",
    }  # fmt: skip
    return {
        "type": "event_callback", "team_id": LAW.team_id, "api_app_id": "A0BRIDGE", "event": event,
        "event_id": f"Ev{ts}", "authorizations": [],
    }  # fmt: skip


async def send(stage: Stage, url: str, envelope: dict[str, Any]) -> int:
    """Bring an event to one of the processes, signed by Slack."""
    body = json.dumps(envelope).encode()
    headers = {"Content-Type": "application/json", **signature_headers(SIGNING_SECRET, body, int(time.time()))}
    door = f"{url}/slack/events"
    async with aiohttp.ClientSession() as session:
        for _ in range(3):  # as Slack does when we were too busy
            async with session.post(door, data=body, headers=headers) as answer:
                if answer.status != 503:
                    break
    return answer.status
