"""What changes between a reply and its turn counts: the gate looks again in the moment of sending."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

import pytest

from bridge import app as wiring
from bridge import failpoints
from bridge.refusals import Refusal
from bridge.store import contacts, firms, tables
from tests.cast import LAW, MARIA
from tests.lock import until_somebody_waits, writing_beside
from tests.stage import Stage
from tests.store.scratch import only_postgres, only_sqlite

STOPPED = "This lead has opted out of SMS. You can't send messages until they text START to opt back in."


@pytest.mark.rows(114, 126, 127, 129)
@pytest.mark.faults("F28")
async def test_a_stop_while_a_reply_waits_for_its_turn_keeps_it_back(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Known by now.")
    stage.twilio.fail("create", hang=1)
    await stage.staff_types("This one is leaving.")
    behind = await stage.staff_types("This one waits behind it.")
    await stage.slack.settled()
    await stage.lead_texts("STOP")
    assert stage.said()[-1] == STOPPED
    assert stage.marks(behind) == ["no_entry"]
    assert "This one waits behind it." not in bodies(stage)
    assert "This one waits behind it." not in stage.phone()


@pytest.mark.rows(114, 126, 127)
@pytest.mark.faults("F28")
async def test_a_stop_while_twilio_lets_us_wait_keeps_it_back(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", status=429, retry_after=60)
    ts = await stage.staff_says("Are you coming?")
    tries = len(bodies(stage))
    await stage.lead_texts("STOP")
    stage.skip(seconds=61)
    await stage.settle()
    assert (stage.phone(), len(bodies(stage))) == ([], tries)
    assert stage.said()[-1] == STOPPED
    assert stage.marks(ts) == ["no_entry"]


@only_sqlite
@pytest.mark.faults("F28")
async def test_a_stop_while_this_process_stands_still_keeps_it_back(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a machine that was suspended right after the text was marked, and right before Twilio was called."""
    await stage.lead_texts("Hello?")
    await stage.staff_says("Known by now.")

    def stand_still(moment: str) -> None:
        if moment == "after commit services.deliveries._begin":
            monkeypatch.setattr(failpoints, "armed", None)
            with closing(sqlite3.connect(str(stage.app.deps.db.url.database), isolation_level=None)) as beside:
                beside.execute("UPDATE contacts SET opted_out = 1")
            stage.skip(minutes=1)

    monkeypatch.setattr(failpoints, "armed", stand_still)
    ts = await stage.staff_says("Are you coming?")
    assert failpoints.armed is None
    assert "Are you coming?" not in bodies(stage)
    assert stage.marks(ts) == ["no_entry"]


@only_postgres
@pytest.mark.faults("F27", "F28")
async def test_a_stop_that_another_process_is_storing_is_waited_for(stage: Stage, database_url: str) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", status=429, retry_after=60)
    ts = await stage.staff_says("Are you coming?")
    tries, maria = len(bodies(stage)), await stage.contact()
    async with writing_beside(database_url) as tx:
        await contacts.change(tx, stage.law.id, maria.id, opted_out=True)
        stage.skip(seconds=61)
        await until_somebody_waits(tx)
    await stage.settle()
    assert (stage.phone(), len(bodies(stage))) == ([], tries)
    assert stage.marks(ts) == ["no_entry"]


@pytest.mark.rows(126, 127)
@pytest.mark.faults("F28")
async def test_a_stop_while_its_author_is_looked_up_refuses_it_as_any_reply(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.slack.fail("users.info", hang=1)
    ts = await stage.staff_types("Are you coming?")
    await stage.slack.settled()
    await stage.lead_texts("STOP")
    assert (stage.phone(), bodies(stage)) == ([], [])
    assert stage.told() == [STOPPED]
    assert stage.marks(ts) == ["no_entry"]


@pytest.mark.rows(126, 128)
async def test_a_start_in_time_lets_it_go(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", status=429, retry_after=60)
    await stage.staff_says("Are you coming?")
    await stage.lead_texts("STOP")
    await stage.lead_texts("START")
    stage.skip(seconds=61)
    await stage.settle()
    assert stage.phone() == ["Are you coming?"]


@pytest.mark.rows(114, 126)
@pytest.mark.faults("F28", "F30")
async def test_a_restart_in_between_forgets_neither_the_reply_nor_the_stop(stage: Stage) -> None:
    async with accepting_only(stage):
        held_back = await stage.staff_types("Are you coming?")
        await stage.slack.settled()
        await stage.twilio.text(MARIA, LAW.number, "STOP")
    await stage.start_app()
    await stage.settle()
    assert stage.phone() == ["Known by now."]
    assert STOPPED in stage.said()
    assert stage.marks(held_back) == ["no_entry"]


@pytest.mark.rows(73, 121)
@pytest.mark.faults("F1", "F30")
async def test_a_reply_accepted_just_before_a_restart_goes_out_once_after_it(stage: Stage) -> None:
    async with accepting_only(stage):
        await stage.staff_types("See you then.")
        await stage.slack.settled()
    for _ in range(2):
        await stage.start_app()
        await stage.settle()
        await stage.stop_app()
    await stage.start_app()
    assert stage.phone() == ["Known by now.", "See you then."]


@pytest.mark.rows(107, 109, 114)
@pytest.mark.faults("F28")
async def test_a_landline_learned_in_between_keeps_the_next_reply_back(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", code=21614)
    await stage.staff_types("Are you coming?")
    behind = await stage.staff_types("Hello?")
    await stage.settle()
    assert len(bodies(stage)) == 1
    assert stage.said()[1:] == [Refusal.LANDLINE.sentence, Refusal.LANDLINE.sentence]
    assert stage.marks(behind) == ["no_entry"]


@pytest.mark.rows(20, 114)
@pytest.mark.faults("F28")
async def test_switching_two_way_off_keeps_back_what_has_not_left(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", status=429, retry_after=60)
    await stage.staff_says("Are you coming?")
    async with stage.app.deps.db.begin() as tx:
        await firms.change(tx, stage.law.id, two_way=False)
    stage.skip(seconds=61)
    await stage.settle()
    assert stage.phone() == []
    assert stage.said()[1:] == [Refusal.TWO_WAY_OFF.sentence]


@pytest.mark.rows(126)
@pytest.mark.faults("F28")
async def test_what_was_kept_back_is_written_down(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.fail("create", status=429, retry_after=60)
    await stage.staff_says("Are you coming?")
    async with stage.app.deps.db.begin() as tx:
        contact = await contacts.by_phone(tx, stage.law.id, MARIA)
        assert contact
        await contacts.change(tx, stage.law.id, contact.id, opted_out=True)
    stage.skip(seconds=61)
    await stage.settle()
    m = tables.messages.c
    [text] = await stage.rows(tables.messages.select().where(m.direction == "out"))
    assert (text.state, text.sid) == ("refused", None)
    facts = [row.facts for row in await stage.rows(tables.audit.select().where(tables.audit.c.action == "refuse"))]
    assert [each["refusal"] for each in facts] == ["STOPPED"]


def bodies(stage: Stage) -> list[str]:
    """The words of every text that Twilio was ever asked to send."""
    return [request.params["Body"] for request in stage.twilio.requests if request.operation == "create"]


@asynccontextmanager
async def accepting_only(stage: Stage) -> AsyncIterator[None]:
    """A lead has written and a colleague has answered; now the app takes in what comes, and does nothing."""
    await stage.lead_texts("Hello?")
    await stage.staff_says("Known by now.")
    await stage.stop_app()
    async with wiring.running(
        stage.settings, serve_web=True, work=False, clock=stage.clock, steady=stage.clock.steady
    ):
        yield
