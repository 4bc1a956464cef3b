"""Scenes in which two-way SMS is switched on and off, and in which somebody looks at Home meanwhile."""

import asyncio
from collections.abc import AsyncIterator

from bridge.store import tables
from bridge.views import inbox, portal
from tests.cast import LAW
from tests.faults.play import Play
from tests.faults.quiet import settle


async def a_firm_that_is_switched_on(play: Play) -> AsyncIterator[None]:
    """By an admin, in Home, who presses until it is on."""
    await play.command("firms", "two-way", "off", LAW.team_id)
    admin = await at_home(play)
    yield
    await press(play, admin, portal.ENABLE)


async def a_firm_that_is_switched_off(play: Play) -> AsyncIterator[None]:
    """By an admin who confirms it until it is off; and on again, for those who come after."""
    admin, slack = await at_home(play), play.world.slack
    while not slack.views(LAW.team_id, admin):
        await slack.command(LAW.team_id, admin, LAW.channel, "/sms", "disable")
    yield
    shown = slack.views(LAW.team_id, admin)[-1]
    while (await slack.submit(LAW.team_id, admin, shown["id"], {portal.WHAT: portal.SILENT})).problem:
        await asyncio.sleep(0.1)
    await settle(play.world)
    await play.command("firms", "two-way", "on", LAW.team_id)


async def a_step_that_is_done(play: Play) -> AsyncIterator[None]:
    """What is to be done next, once it is on."""
    for switch in ("off", "on"):
        await play.command("firms", "two-way", switch, LAW.team_id)
    admin = await at_home(play)
    yield
    await press(play, admin, portal.DONE)


async def a_switch_that_all_roots_show(play: Play) -> AsyncIterator[None]:
    """There are more of them than are changed at once."""
    for _ in range(6):
        await play.conversation()
    yield
    for switch in ("off", "on"):
        await play.command("firms", "two-way", switch, LAW.team_id)


async def a_text_that_came_while_it_was_off(play: Play) -> AsyncIterator[None]:
    """It gets into its thread once it is on."""
    phone = play.lead()
    await play.command("firms", "two-way", "off", LAW.team_id)
    await play.text(phone)
    yield
    await play.command("firms", "two-way", "on", LAW.team_id)


async def a_text_that_crossed_the_switch(play: Play) -> AsyncIterator[None]:
    """It was taken in as if two-way SMS were off; a sweep finds it."""
    phone, m = play.lead(), tables.messages
    await play.command("firms", "two-way", "off", LAW.team_id)
    await play.text(phone)
    async with play.world.db.begin() as tx:
        f = tables.firms
        await tx.run(f.update().where(f.c.team_id == LAW.team_id).values(two_way=True))
    yield
    while await play.world.rows(m.select().where(m.c.unshown)):
        await play.restart()  # who looks may have died; the next look is minutes away
        await asyncio.sleep(1)


async def a_home_that_is_kept_fresh(play: Play) -> AsyncIterator[None]:
    """A text comes while somebody looks."""
    await at_home(play)
    yield
    await play.text(play.lead())


async def a_page_that_is_turned(play: Play) -> AsyncIterator[None]:
    """There are more conversations than fit on one."""
    for _ in range(inbox.PAGE + 1):
        await play.text(play.lead())
    await settle(play.world)
    admin = await at_home(play)
    yield
    await press(play, admin, inbox.OLDER)


async def at_home(play: Play, admin: str = "") -> str:
    """An admin who looks at their Home; a new one, if nobody is named."""
    slack, admin = play.world.slack, admin or play.person()
    slack.person(LAW.team_id, admin).admin = True
    while slack.home(LAW.team_id, admin) is None:
        await slack.open_home(LAW.team_id, admin)
        await settle(play.world)
    return admin


async def press(play: Play, admin: str, action_id: str) -> None:
    """Until it was taken, and Home shows something else."""
    slack = play.world.slack
    while (home := slack.home(LAW.team_id, admin)) and action_id in str(home["blocks"]):
        if (await slack.click_view(LAW.team_id, admin, home["id"], action_id)).problem is None:
            return
        await asyncio.sleep(0.1)
