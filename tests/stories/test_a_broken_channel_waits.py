"""A broken way into Slack stops alone: its texts wait, an admin hears of it once, and a repair brings all."""

import asyncio

import pytest

from bridge.services import installs
from bridge.store import routes, tables
from tests.cast import DENTAL, LAW, MARIA, NOAH, OMAR
from tests.stage import Stage
from tests.stories.channels import OTHER, second_channel


def alerts(stage: Stage) -> list[str]:
    """What an admin of the first firm was told directly."""
    return [message["text"] for message in stage.slack.dms(LAW.team_id, LAW.admin)]


async def off(stage: Stage) -> list[str]:
    """The ways that are off."""
    async with stage.app.deps.db.read() as tx:
        return [route.name for route in await routes.off(tx)]


async def all_repaired(stage: Stage) -> None:
    """Until every way is on again, and what waited for it has gone."""
    async with asyncio.timeout(5):
        while await off(stage):
            await asyncio.sleep(0.02)
    await stage.settle()


async def break_channel(stage: Stage, how: str) -> None:
    """Something happens to the channel that only people can repair."""
    match how:
        case "archived":
            await stage.slack.archive(LAW.team_id, LAW.channel)
        case "bot removed":
            await stage.slack.remove_bot(LAW.team_id, LAW.channel)
        case _:
            stage.slack.fail("chat.postMessage", error=how, channel=LAW.channel, times=None)


async def repair_channel(stage: Stage, how: str) -> None:
    """And they do."""
    match how:
        case "archived":
            await stage.slack.unarchive(LAW.team_id, LAW.channel)
        case "bot removed":
            await stage.slack.invite_bot(LAW.team_id, LAW.channel)
        case _:
            stage.slack.clear_faults()
            stage.skip(minutes=6)  # no event tells of it: one text tries every few minutes


@pytest.mark.rows(60, 72)
@pytest.mark.faults("F7")
@pytest.mark.parametrize("how", ["archived", "bot removed", "restricted_action"])
async def test_texts_wait_for_a_broken_channel_and_come_in_order(stage: Stage, how: str) -> None:
    await stage.lead_texts("Before")
    await second_channel(stage)
    await stage.lead_texts("Elsewhere", phone=NOAH)
    await installs.set_channel(stage.app.deps, stage.law, LAW.channel, stage.clock())
    await break_channel(stage, how)

    for body in ("One", "Two", "Three"):
        await stage.lead_texts(body)
    await stage.lead_texts("Still here", phone=NOAH)

    assert stage.said() == ["Before"]
    assert await off(stage) == [f"post:{LAW.channel}"]
    elsewhere = [message["text"] for message in stage.slack.messages(LAW.team_id, OTHER)]
    assert elsewhere == ["(415) 555-0112", "Elsewhere", "Still here"]
    assert len(alerts(stage)) == 1
    assert f"<#{LAW.channel}>" in alerts(stage)[0]

    await repair_channel(stage, how)
    await all_repaired(stage)
    assert "\n".join(stage.said()).splitlines() == ["Before", "One", "Two", "Three"]
    assert len(stage.roots()) == 1
    assert len(alerts(stage)) == 1


@pytest.mark.rows(125, 126)
@pytest.mark.faults("F7")
async def test_a_root_in_an_archived_channel_tells_the_truth_again_when_it_can(stage: Stage) -> None:
    await stage.lead_texts("Before")
    await stage.slack.archive(LAW.team_id, LAW.channel)
    await stage.lead_texts("STOP")
    assert ":no_entry:" not in str(stage.root()["blocks"])

    await stage.slack.unarchive(LAW.team_id, LAW.channel)
    await stage.settle()
    assert ":no_entry: opted out" in str(stage.root()["blocks"])
    assert "opted out" in stage.said()[-1]
    assert len(alerts(stage)) == 1


@pytest.mark.faults("F7")
async def test_while_a_channel_is_broken_it_is_tried_now_and_then_and_nobody_is_told_again(stage: Stage) -> None:
    await stage.lead_texts("Before")
    await stage.slack.archive(LAW.team_id, LAW.channel)
    for phone in (MARIA, NOAH, OMAR):
        await stage.lead_texts("Hello?", phone=phone)
    before = len(stage.slack.calls)
    for _ in range(6):
        await stage.wait(minutes=5, seconds=1)

    tried = [call for call in stage.slack.calls[before:] if call.args.get("channel") == LAW.channel]
    assert 5 <= len(tried) <= 9  # one probe in each five minutes
    assert len(alerts(stage)) == 1

    await stage.slack.unarchive(LAW.team_id, LAW.channel)
    await stage.settle()
    await stage.slack.archive(LAW.team_id, LAW.channel)
    await stage.lead_texts("Again?")
    assert len(alerts(stage)) == 2  # it worked in between: this is news


@pytest.mark.faults("F7")
async def test_a_deleted_channel_is_replaced_when_another_one_is_chosen(stage: Stage) -> None:
    await stage.lead_texts("Before")
    await stage.slack.delete_channel(LAW.team_id, LAW.channel)
    await stage.lead_texts("After")
    assert len(alerts(stage)) == 1

    await stage.lead_texts("STOP")
    await second_channel(stage)
    await stage.settle()

    assert len(alerts(stage)) == 1
    texts = [message["text"] for message in stage.slack.messages(LAW.team_id, OTHER)]
    assert texts[:3] == ["(415) 555-0111", "The earlier thread is gone; here are its last messages.", "After"]
    assert "opted out" in texts[3]
    await stage.lead_texts("START")
    await stage.slack.say(
        LAW.team_id, OTHER, LAW.agent, "Hi", thread_ts=stage.slack.roots(LAW.team_id, OTHER)[0]["ts"]
    )
    await stage.settle()
    assert stage.phone() == ["Hi"]


@pytest.mark.faults("F7")
async def test_without_any_channel_texts_wait_for_one(database_url: str) -> None:
    async with Stage.set(database_url, SLACK_INBOX_CHANNEL="") as stage:
        await stage.lead_texts("Hello?")
        assert stage.slack.messages(LAW.team_id, LAW.channel) == []
        assert len(alerts(stage)) == 1
        assert "No channel is set" in alerts(stage)[0]

        await installs.set_channel(stage.app.deps, stage.law, LAW.channel, stage.clock())
        await stage.settle()
        assert stage.said() == ["Hello?"]


@pytest.mark.faults("F7")
async def test_an_admin_who_has_left_is_not_waited_for(stage: Stage) -> None:
    await stage.lead_texts("Before")
    await stage.staff_says("Hi", user=LAW.admin)
    stage.slack.add_person(LAW.team_id, LAW.admin, "Ada Admin", admin=True, deleted=True)
    await stage.slack.archive(LAW.team_id, LAW.channel)
    await stage.lead_texts("Hello?")

    assert await off(stage) == [f"post:{LAW.channel}"]
    o = tables.outbox.c
    assert await stage.count(tables.outbox, o.kind == "alert", o.state != "done") == 0


@pytest.mark.rows(60)
@pytest.mark.faults("F6")
@pytest.mark.parametrize("error", ["invalid_auth", "token_revoked", "account_inactive"])
async def test_a_revoked_token_stops_only_that_workspace(stage: Stage, error: str) -> None:
    stage.dental_plays = True
    await stage.lead_texts("Before")
    await stage.slack.revoke_token(LAW.team_id, error)
    await stage.settle()
    calls = len(stage.slack.calls)

    for phone in (MARIA, NOAH, OMAR):
        await stage.lead_texts("Waits", phone=phone)
    await stage.twilio.text(NOAH, DENTAL.number, "To the dentists")
    await stage.settle()

    assert {hook.status for hook in stage.twilio.webhooks} == {200}
    assert await stage.count(tables.messages, tables.messages.c.firm_id == stage.law.id) == 4
    assert await off(stage) == ["slack"]
    theirs = stage.slack.messages(DENTAL.team_id, DENTAL.channel)
    assert [message["text"] for message in theirs] == ["(415) 555-0112", "To the dentists"]
    assert sum(call.team_id == LAW.team_id for call in stage.slack.calls[calls:]) <= 1

    await stage.slack.restore_token(LAW.team_id, LAW.bot_token)
    stage.skip(minutes=6)
    await all_repaired(stage)
    assert [stage.said(phone)[-1] for phone in (MARIA, NOAH, OMAR)] == ["Waits"] * 3
    assert stage.said() == ["Before", "Waits"]


@pytest.mark.rows(60)
@pytest.mark.faults("F6")
async def test_a_new_install_with_another_token_brings_what_waited(stage: Stage) -> None:
    await stage.lead_texts("Before")
    await stage.slack.uninstall(LAW.team_id)
    await stage.lead_texts("Waits")
    await stage.stop_app()
    await stage.slack.restore_token(LAW.team_id, "xoxb-law-2")
    stage.settings = stage.settings.model_copy(
        update={"slack_bot_token": type(stage.settings.slack_bot_token)("xoxb-law-2")}
    )
    await stage.start_app()
    await stage.settle()

    assert stage.said() == ["Before", "Waits"]


@pytest.mark.rows(60)
@pytest.mark.faults("F6")
async def test_a_restart_while_the_token_is_dead_still_takes_texts_in(stage: Stage) -> None:
    await stage.lead_texts("Before")
    await stage.slack.revoke_token(LAW.team_id)
    await stage.settle()
    await stage.stop_app()
    await stage.start_app()
    await stage.lead_texts("Waits")
    assert stage.twilio.webhooks[-1].status == 200

    await stage.slack.restore_token(LAW.team_id, LAW.bot_token)
    stage.skip(minutes=6)
    await all_repaired(stage)
    assert stage.said() == ["Before", "Waits"]
