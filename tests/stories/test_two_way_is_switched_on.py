"""A firm switches two-way SMS on from its Home: whoever may, once, having confirmed the note about compliance."""

import asyncio
from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.services import installs, plans
from bridge.store import firms, tables
from bridge.store.firms import Firm
from bridge.views import portal as views
from tests.cast import DENTAL, LAW, MARIA, NOAH
from tests.desk import Desk
from tests.portal import Portal
from tests.stage import Stage

PRICE = "$15/month + $0.06 per outbound message over 250/month"
NOTE = (
    "Make sure your firm is approved to do two-way SMS before turning it on. "
    "If you're unsure, check with your compliance team first."
)
NOT_SOLD = "Available only for US and Canada-based businesses on paid plans."


async def _off(stage: Stage, **values: Any) -> None:
    """As right after the install."""
    async with stage.app.deps.db.begin() as tx:
        await firms.change(tx, stage.law.id, two_way=False, **values)


async def _law(stage: Stage) -> Firm:
    async with stage.app.deps.db.read() as tx:
        return await firms.get(tx, stage.law.id)


async def _switches(stage: Stage) -> list[Any]:
    """What is written down about the switch."""
    return await stage.rows(tables.audit.select().where(tables.audit.c.action == "two_way"))


@pytest.mark.rows(2, 4, 5, 11, 12, 14, 17, 26, 27)
async def test_where_it_is_included_one_press_is_enough(stage: Stage) -> None:
    await stage.signup("Noah Example", NOAH)
    await _off(stage)
    portal = Portal(stage)
    shown = await portal.opens()
    assert portal.home["blocks"][0]["text"]["text"] == "Two-Way SMS"
    assert "No charge, no subscription." in shown
    assert NOTE in shown
    assert "$" not in shown
    pressed = portal.button(views.ENABLE)
    assert pressed is not None
    assert pressed["text"]["text"] == "Enable Two-Way SMS"
    assert pressed["confirm"]["text"]["text"] == NOTE

    await portal.presses(views.ENABLE)

    assert stage.slack.views(LAW.team_id, LAW.admin) == []
    assert "Conversations" in portal.text() or "No conversations yet" in portal.text()
    assert portal.button(views.ENABLE) is None
    (entry,) = await _switches(stage)
    assert (entry.actor, entry.facts) == (LAW.admin, {"on": True, "plan": "included", "confirmed": NOTE})
    await stage.lead_texts("Hello?")
    await stage.staff_says("Hello!")
    assert stage.phone() == ["Hello!"]
    desk = Desk(stage)
    await desk.shortcut()
    await desk.choose((await desk.search("noah"))[0]["value"])
    assert await desk.write("Hello Noah!") == {}
    await stage.settle()
    assert (stage.phone(NOAH), len(stage.roots())) == (["Hello Noah!"], 2)


@pytest.mark.rows(3, 28)
async def test_an_add_on_has_a_price_and_no_button_while_nobody_can_charge(stage: Stage) -> None:
    await _off(stage, plan="add-on")
    portal = Portal(stage)
    shown = await portal.opens()
    assert portal.home["blocks"][0]["text"]["text"] == "Add Two-Way SMS"
    assert PRICE in shown
    assert Refusal.NO_CHARGING.sentence in shown
    assert portal.button(views.ENABLE) is None
    await portal.command("enable")
    assert Refusal.NO_CHARGING.sentence in str(portal.modal["blocks"])
    assert portal.modal["submit"] is None
    assert await plans.enable(stage.app.deps, await _law(stage), LAW.admin, stage.clock()) is Refusal.NO_CHARGING
    assert not (await _law(stage)).two_way


@pytest.mark.rows(22)
@pytest.mark.parametrize(("country", "plan", "sold"), [
    ("US", "included", True), ("CA", "included", True), ("DE", "included", False), ("US", "none", False),
    ("MX", "add-on", False),
])  # fmt: skip
async def test_where_it_is_not_sold_the_reason_stands_in_place_of_the_button(
    stage: Stage, country: str, plan: str, sold: bool
) -> None:
    await _off(stage, plan=plan)
    await stage.prefers(country=country)
    portal = Portal(stage)
    shown = await portal.opens()
    assert (NOT_SOLD in shown, portal.button(views.ENABLE) is None) == (not sold, not sold)
    refused = await plans.enable(stage.app.deps, await _law(stage), LAW.admin, stage.clock())
    assert refused is (None if sold else Refusal.NOT_AVAILABLE)
    assert (await _law(stage)).two_way is sold


async def test_without_a_number_there_is_nothing_to_switch_on(stage: Stage) -> None:
    await _off(stage)
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.numbers.delete().where(tables.numbers.c.firm_id == stage.law.id))
    portal = Portal(stage)
    assert Refusal.NO_NUMBER.sentence in await portal.opens()
    assert portal.button(views.ENABLE) is None


@pytest.mark.rows(26)
@pytest.mark.faults("S12")
async def test_others_read_who_can(stage: Stage) -> None:
    await _off(stage)
    await Portal(stage).opens()
    portal = Portal(stage, LAW.agent)
    shown = await portal.opens()
    assert portal.button(views.ENABLE) is None
    assert f"<@{LAW.admin}>" in shown
    for words in ("enable", "disable"):
        assert (
            await portal.command(words) == f"Only admins of this workspace can turn it on or off: <@{LAW.admin}>."
        )
    assert stage.slack.views(LAW.team_id, LAW.agent) == []
    refused = await plans.enable(stage.app.deps, await _law(stage), LAW.agent, stage.clock())
    assert refused is Refusal.NOT_ADMIN
    assert not (await _law(stage)).two_way


@pytest.mark.rows(26)
@pytest.mark.faults("S12")
async def test_who_was_an_admin_minutes_ago_is_asked_about_again(stage: Stage) -> None:
    await _off(stage)
    portal = Portal(stage)
    await portal.opens()
    stage.slack.person(LAW.team_id, LAW.admin).admin = False
    stage.skip(minutes=6)
    await portal.presses(views.ENABLE)
    assert "Only admins of this workspace" in str(portal.modal["blocks"])
    assert not (await _law(stage)).two_way


@pytest.mark.parametrize("user", [LAW.guest, LAW.stranger])
async def test_strangers_see_nothing_of_it(stage: Stage, user: str) -> None:
    await stage.lead_texts("Hello?")
    if user == LAW.guest:
        shown = await Portal(stage, user).opens()
        assert "Hello?" not in shown
        assert "(415)" not in shown
    assert await Portal(stage, user).command("usage") == Refusal.NOT_STAFF.sentence


@pytest.mark.rows(25)
@pytest.mark.faults("F31")
async def test_two_admins_and_a_double_click_make_one_change(stage: Stage) -> None:
    await _off(stage)
    stage.slack.person(LAW.team_id, LAW.agent).admin = True
    both = [Portal(stage, LAW.admin), Portal(stage, LAW.agent)]
    for portal in both:
        await portal.opens()
    ids = [(portal.user, portal.home["id"]) for portal in both]
    await asyncio.gather(*(
        stage.slack.click_view(LAW.team_id, user, view_id, views.ENABLE) for user, view_id in ids * 2
    ))  # fmt: skip
    await stage.settle()
    assert len(await _switches(stage)) == 1
    assert all("No conversations yet" in portal.text() for portal in both)


@pytest.mark.rows(1, 4)
async def test_by_command_it_is_the_same_panel(stage: Stage) -> None:
    await _off(stage)
    portal = Portal(stage)
    await portal.opens()
    await portal.command("enable")
    (told,) = stage.slack.ephemerals(LAW.team_id, LAW.channel, LAW.admin)
    done = await stage.slack.click(LAW.team_id, LAW.admin, LAW.channel, told["ts"], views.ENABLE)
    assert done.problem is None
    assert views.IS_ON in str(portal.modal["blocks"])
    await stage.settle()
    assert "No conversations yet" in portal.text()
    assert await portal.command("enable") == views.ON_ALREADY
    assert "*Two-way SMS is on.*" in await portal.command("status")


@pytest.mark.rows(180)
async def test_what_to_do_next_is_shown_to_admins_until_it_is_done(stage: Stage) -> None:
    await _off(stage)
    portal, other = Portal(stage), Portal(stage, LAW.agent)
    await portal.opens()
    await portal.presses(views.ENABLE)
    assert "set this up next — see Setting Up Notification Recipients" in portal.text()
    assert f"<#{LAW.channel}>" in portal.text()
    assert "set this up next" not in await other.opens()
    await portal.presses(views.DONE)
    assert "set this up next" not in portal.text()


@pytest.mark.rows(63, 77)
async def test_home_is_fresh_for_everybody_who_has_it_open(stage: Stage) -> None:
    stage.freeze()
    both = [Portal(stage), Portal(stage, LAW.agent)]
    for portal in both:
        await portal.opens()
    began = stage.clock()
    await stage.lead_texts("Is it still free?")
    assert all("Is it still free?" in portal.text() for portal in both)
    assert (stage.clock() - began).total_seconds() < 3
    published = sum(call.method == "views.publish" for call in stage.slack.calls)
    stage.skip(hours=2)
    await stage.lead_texts("Hello?")
    assert sum(call.method == "views.publish" for call in stage.slack.calls) == published
    assert DENTAL.number not in both[0].text()


async def test_a_flood_of_texts_is_one_refresh(stage: Stage) -> None:
    portal = Portal(stage)
    await portal.opens()
    published = sum(call.method == "views.publish" for call in stage.slack.calls)
    await stage.strangers_text([f"Text {number}" for number in range(20)])
    assert "Text 19" in portal.text()
    assert sum(call.method == "views.publish" for call in stage.slack.calls) - published < 12


@pytest.mark.rows(34)
async def test_usage_is_shown_where_it_is_asked_for(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Hello!")
    portal = Portal(stage)
    await portal.opens()
    for shown in (portal.text(), await portal.command("usage")):
        assert "*1* outbound message this month." in shown
        assert "$" not in shown
    await installs.set_plan(stage.app.deps, stage.law, "add-on", stage.clock())
    await installs.prefer(stage.app.deps, stage.law, "monthly_cap", 10, stage.clock())
    await stage.staff_says("Hello again")
    for shown in (portal.text(), await portal.command("usage")):
        assert "*1 of 250* included outbound messages used this month, 249 left." in shown
        assert "This month comes to $15.00 so far" in shown
        assert PRICE in shown
        assert "2 of 10 this month" in shown
    assert stage.phone(MARIA) == ["Hello!", "Hello again"]
