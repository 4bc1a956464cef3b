"""What people change or delete in Slack after it was texted is kept, before and after: Slack itself may forget."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bridge.jobs import sweeps
from bridge.rules.exports import Edit
from bridge.services import alterations, retention, sending
from bridge.services.alterations import Alteration, Version
from bridge.services.drafts import Draft
from bridge.services.retention import Done
from bridge.store import exports, tables
from bridge.store.database import Database
from bridge.store.exports import Wanted
from bridge.store.firms import Firm
from bridge.store.tx import Tx
from tests.cast import LAW, NOAH
from tests.stage import Stage


async def kept(stage: Stage) -> list[tuple[str | None, bool, str, str | None]]:
    """Of the firm's texts: who, whether it was a deletion, before, after."""
    async with stage.app.deps.db.read() as tx:
        (talk,) = await exports.talks(tx, stage.law.id, Wanted(), 0, 9)
        assert talk.conversation_id is not None
        texts = await exports.texts(tx, stage.law.id, Wanted(), talk.conversation_id, 0, 9)
    found: list[Edit] = [each for text in texts for each in text.edits]
    return [(each.by_id, each.deleted, each.before, each.after) for each in found]


async def change(stage: Stage, ts: str, words: str) -> None:
    await stage.slack.edit(LAW.team_id, LAW.channel, ts, words)
    await stage.settle()


async def delete(stage: Stage, ts: str) -> None:
    await stage.slack.delete(LAW.team_id, LAW.channel, ts)
    await stage.settle()


@pytest.mark.rows(86, 185)
async def test_each_version_is_kept_and_the_text_stays_what_it_was(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("At too, <@U01AGENT2> & I")
    await change(stage, ts, "At two.")
    await change(stage, ts, "At three.")
    await delete(stage, ts)
    (texted,) = stage.phone()
    assert await kept(stage) == [
        (LAW.agent, False, texted, "At two."),
        (LAW.agent, False, "At two.", "At three."),
        (None, True, "At three.", None),
    ]


@pytest.mark.rows(121, 185)
@pytest.mark.faults("F2")
async def test_it_is_kept_once_however_often_slack_tells_it(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("At too.")
    stage.slack.phantom, stage.slack.duplicates = 10, 2
    await change(stage, ts, "At two.")
    assert await kept(stage) == [(LAW.agent, False, "At too.", "At two.")]


def said_and_edited(stage: Stage, ts: str, before: str, after: str, *, at: str) -> list[dict[str, Any]]:
    """The event of a message in the thread, and of its edit at that moment, by somebody else."""
    place = {"type": "message", "channel": LAW.channel, "channel_type": "channel", "team": LAW.team_id}
    said = place | {"user": LAW.agent, "ts": ts, "thread_ts": stage.root()["ts"], "text": before}
    now = said | {"text": after, "edited": {"user": LAW.second_agent, "ts": at}}
    versions = {"subtype": "message_changed", "message": now, "previous_message": said}
    return [said, place | versions | {"ts": at, "event_ts": at, "hidden": True}]


async def comes_late(stage: Stage, words: str, *, comes: bool = True) -> None:
    """Slack tells first that a message was edited, and then what it was, if it tells that at all."""
    said, edited = said_and_edited(stage, stage.slack.new_ts(), words, "At two.", at=stage.slack.new_ts())
    for told in [edited, said] if comes else [edited]:
        assert await stage.slack.send_event(LAW.team_id, told) == [200]
    await stage.settle()


@pytest.mark.rows(185)
@pytest.mark.faults("F4")
async def test_an_edit_that_overtakes_its_message_is_kept_with_the_text(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Known by now.")
    await comes_late(stage, "At too.")
    assert stage.phone()[-1] == "At too."
    assert await kept(stage) == [(LAW.second_agent, False, "At too.", "At two.")]


@pytest.mark.rows(185)
@pytest.mark.faults("F4")
async def test_edits_that_come_in_another_order_are_kept_in_theirs(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("One.")
    first, second = stage.slack.new_ts(), stage.slack.new_ts()
    for before, after, at in (("Two.", "Three.", second), ("One.", "Two.", first)):
        _, edited = said_and_edited(stage, ts, before, after, at=at)
        assert await stage.slack.send_event(LAW.team_id, edited) == [200]
    await stage.settle()
    assert [after for *_, after in await kept(stage)] == ["Two.", "Three."]


@pytest.mark.rows(185)
@pytest.mark.faults("F27")
async def test_an_edit_that_crosses_the_judging_of_its_message_finds_the_text(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process takes the edit in while another has not yet committed what becomes of the message."""
    await stage.lead_texts("Hello?")
    deps, accept = stage.app.deps, sending.accept
    other = replace(deps, db=Database(stage.settings.database_url))

    async def edited_meanwhile(tx: Tx, firm: Firm, talk: Any, draft: Draft, now: datetime, **rest: Any) -> Any:
        accepted = await accept(tx, firm, talk, draft, now, **rest)
        if draft.body == "At too." and not stage.app.deps.db.is_sqlite:
            ts, root, at = str(draft.origin_ts), stage.root()["ts"], stage.slack.new_ts()
            versions = Version("At too."), Version("At two.")
            edit = Alteration(LAW.channel, ts, root, at, False, *versions, LAW.agent)
            await alterations.take_in(other, firm, edit, now)
        return accepted

    monkeypatch.setattr(sending, "accept", edited_meanwhile)
    ts = await stage.staff_says("At too.")
    await other.db.close()
    if deps.db.is_sqlite:  # nobody else writes meanwhile
        await change(stage, ts, "At two.")
    await sweeps.forget(deps, stage.clock() + timedelta(hours=25))
    assert await kept(stage) == [(LAW.agent, False, "At too.", "At two.")]


@pytest.mark.rows(185)
@pytest.mark.faults("F4")
async def test_of_what_stays_inside_nothing_is_kept(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Known by now.")
    await comes_late(stage, "// between us: too dear")
    note = await stage.staff_says("// only us")
    await change(stage, note, "// only you and me")
    stage.slack.fail("users.info", times=50, status=500)
    await stage.staff_types("Whose is this?", user=LAW.second_agent)
    await stage.slack.edit(LAW.team_id, LAW.channel, note, "// only you and me and nobody else")
    await stage.slack.settled()
    assert await stage.count(tables.edits) == 0
    stage.slack.clear_faults()
    await stage.settle(ahead=400)


@pytest.mark.rows(185)
async def test_of_what_is_said_elsewhere_nothing_is_kept_while_a_thread_opens(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    lunch = await stage.slack.say(LAW.team_id, LAW.channel, LAW.agent, "Lunch?")
    below = await stage.slack.say(LAW.team_id, LAW.channel, LAW.agent, "At one?", thread_ts=lunch)
    await stage.settle()
    stage.slack.fail("chat.postMessage", times=50, status=500)
    await stage.twilio.text(NOAH, LAW.number, "Anybody?")
    for ts in (lunch, below):
        await stage.slack.edit(LAW.team_id, LAW.channel, ts, "At two!")
    await stage.slack.settled()
    assert await stage.count(tables.edits) == 0
    stage.slack.clear_faults()
    await stage.settle(ahead=400)


async def test_an_edit_of_what_never_comes_is_gone_after_a_day(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await comes_late(stage, "Slack loses this one.", comes=False)
    assert await stage.count(tables.edits) == 1
    await sweeps.forget(stage.app.deps, stage.clock() + timedelta(hours=23))
    assert await stage.count(tables.edits) == 1
    await sweeps.forget(stage.app.deps, stage.clock() + timedelta(hours=25))
    assert await stage.count(tables.edits) == 0


@pytest.mark.rows(185)
async def test_its_words_go_with_those_of_the_text_and_none_come_back(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("At too.")
    await change(stage, ts, "At two.")
    stage.skip(days=366 * 6)
    async with stage.app.deps.db.read() as tx:
        assert await tx.value(tables.edits.select().with_only_columns(tables.edits.c.before)) == "At too."
    done = await retention.forget(stage.app.deps, stage.law, Done("operator"))
    assert done.messages == 2
    assert await kept(stage) == [(LAW.agent, False, "", None)]
    await change(stage, ts, "At four.")
    assert await kept(stage) == [(LAW.agent, False, "", None)]


@pytest.mark.rows(185)
async def test_an_edit_and_the_deletion_of_words_at_the_same_moment(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says("At too.")
    stage.skip(days=366 * 6)
    await asyncio.gather(
        change(stage, ts, "At two."), retention.forget(stage.app.deps, stage.law, Done("operator"))
    )
    assert {before for _, _, before, _ in await kept(stage)} <= {""}
