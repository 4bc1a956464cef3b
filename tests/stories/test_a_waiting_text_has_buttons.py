"""Under a text that waits for the morning: it is canceled, or an admin sends it now and says why."""

import asyncio

from bridge.refusals import Refusal
from bridge.rules.carrier import State
from bridge.services.answers import ADMINS_ONLY, ALREADY
from bridge.store import tables
from bridge.views import later as views
from tests.cast import LAW
from tests.stage import Stage
from tests.stories.doubt import creates
from tests.stories.nights import by_clock, first, known_staff, line, press, put_off, state


async def test_canceled_it_never_goes_out_whoever_presses_and_how_often(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    message_id = await put_off(stage)
    shown = line(stage)["ts"]
    clicks = [
        stage.slack.click(LAW.team_id, user, LAW.channel, shown, views.CANCEL)
        for user in (LAW.agent, LAW.admin, LAW.agent, LAW.guest)
    ]
    await asyncio.gather(*clicks)
    await stage.settle()
    assert await state(stage, message_id) == State.CANCELED
    assert stage.slack.find_message(LAW.team_id, LAW.channel, shown).body["text"].endswith("chose: Cancel.")
    assert [*stage.told(), *stage.told(LAW.admin)].count(ALREADY) == 2
    assert stage.told(LAW.guest) == [Refusal.NOT_STAFF.sentence]
    await by_clock(stage, 9)
    await stage.settle()
    assert stage.phone() == []
    assert (await state(stage, message_id), creates(stage)) == (State.CANCELED, 0)


async def say_why(stage: Stage, reason: str) -> None:
    """In the modal; pressed twice."""
    view = stage.slack.views(LAW.team_id, LAW.admin)[-1]
    values = {views.REASON: reason}
    await asyncio.gather(*(stage.slack.submit(LAW.team_id, LAW.admin, view["id"], values) for _ in range(2)))
    await stage.settle()


async def test_only_an_admin_sends_it_now_and_it_is_written_down(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    await put_off(stage)
    await press(stage, views.SEND_NOW)
    assert (stage.phone(), stage.told()[-1]) == ([], ADMINS_ONLY)
    shown = line(stage)["ts"]
    await press(stage, views.SEND_NOW, LAW.admin)
    assert stage.phone() == []
    await say_why(stage, "She called and asked for it")
    assert stage.phone() == ["Good morning"]
    assert (
        stage.slack.find_message(LAW.team_id, LAW.channel, shown).body["text"].startswith(f"<@{LAW.admin}> chose")
    )
    (entry,) = await stage.rows(tables.audit.select().where(tables.audit.c.action == "waive_hours"))
    assert (entry.actor, entry.facts["why"]) == (LAW.admin, "She called and asked for it")
    await by_clock(stage, 9)
    await stage.settle()
    assert stage.phone() == ["Good morning"]


async def test_without_a_reason_or_by_who_is_no_admin_any_more_it_waits_on(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    await put_off(stage)
    await press(stage, views.SEND_NOW, LAW.admin)
    view = stage.slack.views(LAW.team_id, LAW.admin)[-1]
    done = await stage.slack.submit(LAW.team_id, LAW.admin, view["id"], {views.REASON: "  "})
    assert list((done.json or {})["errors"]) == [views.REASON]
    stage.slack.add_person(LAW.team_id, LAW.admin, "Ada Admin")
    async with stage.app.deps.db.begin() as tx:  # as when Slack was asked again
        await tx.run(tables.staff.update().where(tables.staff.c.user_id == LAW.admin).values(role="agent"))
    await say_why(stage, "She called")
    assert (stage.phone(), stage.told(LAW.admin)[-1]) == ([], ADMINS_ONLY)


async def test_send_now_passes_the_gate_like_every_text(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 22)
    message_id = await put_off(stage)
    await stage.lead_texts("STOP")
    await press(stage, views.SEND_NOW, LAW.admin)
    await say_why(stage, "She called")
    assert (stage.phone(), stage.told(LAW.admin)[-1]) == ([], Refusal.STOPPED.sentence)
    await by_clock(stage, 9)
    await stage.settle()
    assert (stage.phone(), await state(stage, message_id)) == ([], State.REFUSED)
    assert stage.said()[-1] == Refusal.STOPPED.sentence


async def test_an_admin_waives_the_hours_and_the_reason_is_kept(stage: Stage) -> None:
    await known_staff(stage)
    await by_clock(stage, 2)
    waived = {"hours_waived_by": LAW.admin, "hours_waived_why": "She is abroad and asked for it"}
    assert isinstance(await first(stage, "Now", **waived), int)
    await stage.settle()
    assert stage.phone() == ["Now"]
    (entry,) = [each for each in await stage.rows(tables.audit.select()) if "hours_waived_by" in each.facts]
    assert entry.facts["hours_waived_why"] == "She is abroad and asked for it"
