"""200 means stored: what the database cannot do while Twilio waits is told, and comes again."""

import asyncio
from typing import Any

import pytest

from bridge.handlers import twilio as doors
from bridge.store import writer
from tests.cast import LAW, MARIA
from tests.handlers.knock import SMS, STATUS, Answer, knock, receipt, text, twilio
from tests.handlers.silence import ANOTHER_SID, is_silence, stored
from tests.handlers.trouble import cut, frozen, gone, locked
from tests.stage import Stage


@pytest.mark.rows(60)
@pytest.mark.faults("F12", "F13")
async def test_a_text_waits_a_while_for_the_database(stage: Stage) -> None:
    async with locked(stage):
        answer = asyncio.create_task(twilio(stage, text(Body="Patience")))
        await asyncio.sleep(1)
        assert not answer.done()
    assert is_silence(await answer)
    await stage.settle()
    assert stage.said() == ["Patience"]


@pytest.mark.rows(60)
@pytest.mark.faults("F12", "F13")
async def test_what_cannot_be_stored_is_not_taken(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """503, so that Twilio tries again, or its fallback; and then it is there once."""
    assert doors.PATIENCE <= 9
    form = text(Body="Not lost")
    async with locked(stage):
        with monkeypatch.context() as hurried:
            hurried.setattr(doors, "PATIENCE", 0.5)
            assert (await twilio(stage, form)).status == 503
            assert (await twilio(stage, receipt(ANOTHER_SID), STATUS)).status == 503
    assert is_silence(await twilio(stage, form, SMS + "?fb=1"))
    assert (await twilio(stage, receipt(ANOTHER_SID), STATUS)).status == 204
    await stage.settle()
    assert stage.said() == ["Not lost"]


@pytest.mark.rows(60)
@pytest.mark.faults("F13")
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("trouble", [gone, frozen])
async def test_without_a_database_twilio_hears_503_and_the_text_comes_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, trouble: Any
) -> None:
    monkeypatch.setattr(doors, "PATIENCE", 0.5)
    async with trouble(stage):
        assert (await twilio(stage, text())).status == 503
        assert (await twilio(stage, receipt(ANOTHER_SID), STATUS)).status == 503
        assert (await knock(stage, "/healthz", method="GET")).status == 200
        await stage.twilio.text(MARIA, LAW.number, "Not lost")
        assert {webhook.status for webhook in stage.twilio.webhooks} == {503}
        monkeypatch.setattr(doors, "PATIENCE", 9.0)
        late = asyncio.create_task(twilio(stage, text(Body="Just in time")))
        await asyncio.sleep(0.3)
    assert is_silence(await late)
    await stage.settle()
    assert stage.said() == ["Just in time"]
    assert {entry["log_level"] for entry in stage.logs} <= {"info", "warning"}


@pytest.mark.rows(60)
@pytest.mark.faults("F13")
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
async def test_a_cut_connection_costs_no_text(stage: Stage) -> None:
    for n in range(5):
        answers = asyncio.gather(*(twilio(stage, text(Body=f"{n} {m}")) for m in range(5)))
        await cut(stage)
        assert all(is_silence(answer) for answer in await answers)
    await stage.settle(20)
    assert await stored(stage) == 25


@pytest.mark.faults("S18")
async def test_too_many_at_once_hear_so_at_once(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert writer.MOST_WAITING <= 2000
    monkeypatch.setattr(writer, "MOST_WAITING", 5)
    forms = [text(Body=str(n)) for n in range(30)]
    async with locked(stage):
        waiting = [asyncio.create_task(twilio(stage, form)) for form in forms]
        done, late = await asyncio.wait(waiting, timeout=1.5)
        assert len(done) >= 10
        assert {task.result().status for task in done} == {503}
        assert late
    taken = [form for form, task in zip(forms, waiting, strict=True) if is_taken(await task)]
    monkeypatch.undo()
    for form in forms:
        assert is_silence(await twilio(stage, form))
    await stage.settle()
    assert await stored(stage) == 30
    assert 0 < len(taken) <= 20


def is_taken(answer: Answer) -> bool:
    assert answer.status in {200, 503}
    return answer.status == 200
