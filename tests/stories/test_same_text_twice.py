"""Twilio may bring a text many times, at once and to several processes: it is one message and one post."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridge import app as wiring
from bridge.jobs import sweeps
from bridge.sandbox.ports import free_port
from bridge.store import tables
from tests.cast import ACCOUNT, LAW, MANY, MARIA, OMAR
from tests.stage import Stage

Params = dict[str, str]


def a_text(body: str, phone: str = MARIA) -> Params:
    """The parameters of a webhook about a new text."""
    sid = f"SM{uuid.uuid4().hex}"
    return {
        "MessageSid": sid, "AccountSid": ACCOUNT, "From": phone, "To": LAW.number, "Body": body, "NumMedia": "0",
    }  # fmt: skip


@asynccontextmanager
async def second_process(stage: Stage) -> AsyncIterator[str]:
    """The same app on the same database once more, with a worker of its own; its address."""
    settings = stage.settings.model_copy(update={"port": free_port()})
    async with wiring.running(
        settings, serve_web=True, work=True, clock=stage.clock, steady=stage.clock.steady
    ) as other:
        assert other.url is not None
        yield other.url


async def bring(stage: Stage, base_url: str, params: Params) -> int:
    """One webhook to one process; the answer's status. It is signed for the public address, as always."""
    signature = stage.twilio.sign(ACCOUNT, f"{stage.settings.public_base_url}/twilio/sms", params)
    status, _ = await stage.twilio.post_webhook(f"{base_url}/twilio/sms", params, signature=signature)
    return status


@pytest.mark.rows(71)
@pytest.mark.faults("F2")
async def test_the_same_webhook_a_hundred_times_is_one_post(stage: Stage) -> None:
    sid = await stage.lead_texts("Only once, please", copies=50)
    for _ in range(50):
        await stage.twilio.text(MARIA, LAW.number, sid=sid)
    await stage.settle()

    assert [hook.status for hook in stage.twilio.webhooks] == [200] * 100
    assert stage.said() == ["Only once, please"]
    assert await stage.count(tables.messages) == 1
    assert len(stage.roots()) == 1


@pytest.mark.rows(71)
@pytest.mark.faults("F2", "S2")
async def test_a_webhook_from_last_week_is_no_new_text(stage: Stage) -> None:
    sid = await stage.lead_texts("Hello")
    stage.skip(days=8)
    await sweeps.forget(stage.app.deps, stage.clock())

    await stage.twilio.text(MARIA, LAW.number, sid=sid)
    await stage.settle()

    assert stage.said() == ["Hello"]
    assert stage.twilio.webhooks[-1].status == 200


@pytest.mark.rows(71)
@pytest.mark.faults("F2")
async def test_a_keyword_twice_is_one_change_and_one_confirmation(stage: Stage) -> None:
    await stage.who_answers_keywords("bridge")
    await stage.lead_texts("STOP", copies=10)

    assert len(stage.said()) == 1
    assert len(stage.twilio.texts_to(MARIA)) == 1
    assert await stage.count(tables.consent_events) == 1


@pytest.mark.rows(71)
@pytest.mark.faults("F2")
async def test_what_the_fallback_address_brings_again_is_not_doubled(stage: Stage) -> None:
    sid = await stage.lead_texts("Hello")
    params = a_text("Hello") | {"MessageSid": sid, "ErrorCode": "11200", "ErrorUrl": "https://example.com/"}

    status, _ = await stage.twilio.post_webhook(f"{stage.app.url}/twilio/sms?fb=1", params)
    await stage.settle()

    assert status == 200
    assert stage.said() == ["Hello"]


@pytest.mark.rows(64, 71)
@pytest.mark.faults("F2", "F27")
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_two_processes_get_the_same_webhooks_and_make_one_thread(stage: Stage) -> None:
    first, texts = str(stage.app.url), [a_text(f"First text {number}", OMAR) for number in range(5)]
    async with second_process(stage) as second:
        both = [bring(stage, url, text) for text in texts for url in (first, second)]
        statuses = await asyncio.gather(*both, *[bring(stage, first, texts[0]) for _ in range(20)])
        await stage.settle()

        assert set(statuses) == {200}
        assert await stage.count(tables.contacts) == await stage.count(tables.conversations) == 1
        assert await stage.count(tables.messages) == 5
        assert len(stage.roots()) == 1
        assert sorted("\n".join(stage.said(OMAR)).splitlines()) == [text["Body"] for text in texts]


@pytest.mark.rows(61, 71, 72)
@pytest.mark.faults("F2", "F27")
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_two_processes_keep_every_conversation_in_order(stage: Stage) -> None:
    phones, first = MANY[:12], str(stage.app.url)

    async def talk(phone: str, urls: tuple[str, str]) -> set[int]:
        statuses = set()
        for number in range(4):
            text = a_text(f"{phone[-3:]} says {number}", phone)
            statuses |= set(await asyncio.gather(*(bring(stage, url, text) for url in urls)))
        return statuses

    async with second_process(stage) as second:
        answers = await asyncio.gather(*(talk(phone, (first, second)) for phone in phones))
        await stage.settle(20)

    assert set().union(*answers) == {200}
    expected = {phone: [f"{phone[-3:]} says {number}" for number in range(4)] for phone in phones}
    assert {phone: "\n".join(stage.said(phone)).splitlines() for phone in phones} == expected
    assert len(stage.roots()) == len(phones)
