"""A bug costs one request, never the app: whoever asked hears at once, the log has the details, nothing is lost."""

import asyncio
import json
import time
from typing import Any

import pytest

from bridge.handlers import twilio as doors
from bridge.services import inbound, installs, overview, replies
from bridge.store.lines import Line
from tests.cast import LAW, MARIA
from tests.handlers.knock import SMS, STATUS, knock, receipt, slack, text, twilio
from tests.stage import Stage


class Bug:
    """Something that always goes wrong, in a way nobody thought of."""

    def __init__(self) -> None:
        self.times = 0

    async def __call__(self, *_: object, **__: object) -> Any:
        self.times += 1
        raise KeyError("canary words of +14155550111")


def incidents(stage: Stage) -> list[str]:
    """The ids under which bugs were logged."""
    return [entry["incident"] for entry in stage.logs if entry["log_level"] == "error"]


@pytest.mark.faults("F14", "S22")
async def test_a_bug_behind_a_webhook_is_told_by_its_number_only(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.expects_incidents = True
    form = text(Body="Not lost")
    with monkeypatch.context() as patch:
        patch.setattr(inbound, "receive_all", Bug())
        started = time.perf_counter()
        answer = await twilio(stage, form)
        assert time.perf_counter() - started < 1
    (incident,) = incidents(stage)
    assert (answer.status, answer.text) == (500, f"incident {incident}")
    assert (await twilio(stage, form, SMS + "?fb=1")).status == 200
    await stage.settle()
    assert stage.said() == ["Not lost"]


@pytest.mark.faults("F14")
async def test_a_bug_behind_an_event_makes_slack_bring_it_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.expects_incidents = True
    await stage.lead_texts("Hello?")
    stage.slack.retry_delays = (0.3, 0.3, 0.3)
    with monkeypatch.context() as patch:
        bug = Bug()
        patch.setattr(replies, "relay", bug)
        await stage.staff_types("Not lost")
        await stage.until(lambda: bug.times == 1)
        await stage.until(lambda: stage.slack.deliveries[-1].status == 500)
    await stage.settle()
    assert stage.phone(MARIA) == ["Not lost"]
    assert len(incidents(stage)) == 1


@pytest.mark.faults("F14", "S22")
async def test_a_person_reads_the_number_of_the_incident_and_nothing_of_its_inside(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.expects_incidents = True
    monkeypatch.setattr(overview, "status", Bug())
    result = await stage.slack.command(LAW.team_id, LAW.agent, LAW.channel, "/sms", "status")
    (incident,) = incidents(stage)
    assert (result.status, result.problem) == (200, None)
    assert json.loads(result.text) == {
        "response_type": "ephemeral",
        "text": "Something went wrong on our side, and nothing was changed. "
        f"Tell your operator: incident {incident}.",
    }


@pytest.mark.faults("F14")
async def test_a_bug_in_one_listener_leaves_the_others_alone(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.expects_incidents = True
    await stage.lead_texts("Hello?")
    monkeypatch.setattr(installs, "channel_works_again", Bug())
    unarchived = {"type": "channel_unarchive", "channel": LAW.channel, "user": LAW.admin}
    sent = {"type": "event_callback", "team_id": LAW.team_id, "event_id": "Ev1", "event": unarchived}
    assert (await slack(stage, sent)).status == 500
    await stage.staff_says("Still here")
    assert stage.phone(MARIA) == ["Still here"]


@pytest.mark.faults("F14")
async def test_a_writer_that_breaks_fails_everybody_soon_and_nobody_for_ever(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without supervision one database error made every later request hang."""
    stage.expects_incidents = True
    monkeypatch.setattr(doors, "PATIENCE", 0.5)
    forms = [text(Body=f"Text {n}") for n in range(10)]
    with monkeypatch.context() as patch:
        patch.setattr(Line, "commit", Bug())
        started = time.perf_counter()
        answers = await asyncio.gather(*(twilio(stage, form) for form in forms))
        assert {answer.status for answer in answers} == {503}
        assert (await twilio(stage, receipt("SM" + "1" * 32), STATUS)).status == 503
        assert time.perf_counter() - started < 3
        assert (await knock(stage, "/readyz", method="GET")).status == 503
        assert (await knock(stage, "/healthz", method="GET")).status == 200
    assert {(await twilio(stage, form)).status for form in forms} == {200}
    assert (await knock(stage, "/readyz", method="GET")).status == 200
    await stage.settle()
    said = "\n".join(stage.said()).split("\n")  # some may have been posted together
    assert sorted(said) == sorted(form["Body"] for form in forms)


@pytest.mark.faults("F14")
async def test_a_bug_is_no_busy_database(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """An OSError of our own making must not pass for trouble that goes away by itself."""
    stage.expects_incidents = True

    async def lose(*_: object) -> None:
        raise FileNotFoundError("a bug")

    monkeypatch.setattr(inbound, "receive_all", lose)
    assert (await twilio(stage, text())).status == 500
    assert len(incidents(stage)) == 1
