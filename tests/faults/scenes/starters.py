"""Scenes in which staff begin a conversation, or look somebody up."""

import asyncio
from collections.abc import AsyncIterator

from bridge.sandbox.slack.model import DeliveryResult
from bridge.store import tables
from bridge.views import blocks, cards, start
from tests.cast import LAW
from tests.faults.load import CANARY
from tests.faults.play import Play
from tests.faults.quiet import settle


async def a_text_to_somebody_new(play: Play) -> AsyncIterator[None]:
    """Written in the modal by somebody whom the app does not know yet, and pressed until it is accepted."""
    await play.command("firms", "prefer", "typed-numbers", "on", LAW.team_id)
    phone, author = play.lead(), play.person()
    yield
    await _begin(play, author, phone)
    given = play.load.history.new("out", LAW.team_id, phone, play.world.fate.clock().timestamp())
    words = {
        start.MESSAGE: f"{CANARY} {given.token}",
        start.SOURCE: "verbal",
        start.EVIDENCE: "Asked at the counter",
    }
    while _is_open(play, author) and _went_wrong(await _submit(play, author, words)):
        await asyncio.sleep(0.1)
    given.acknowledged_at = play.world.fate.clock().timestamp()
    given.answers.append(200)


async def an_empty_thread(play: Play) -> AsyncIterator[None]:
    """Opened from the modal, by somebody who presses until it is there."""
    await play.command("firms", "prefer", "typed-numbers", "on", LAW.team_id)
    phone, author = play.lead(), play.person()
    await _begin(play, author, phone)
    yield
    (view,) = play.world.slack.views(LAW.team_id, author)
    slack = play.world.slack
    while (
        _is_open(play, author)
        and (await slack.click_view(LAW.team_id, author, view["id"], start.OPEN_EMPTY)).problem
    ):
        await asyncio.sleep(0.1)


async def a_search_for_somebody_with_a_thread(play: Play) -> AsyncIterator[None]:
    """Their thread's address is asked for while somebody still types."""
    phone, author = await play.conversation(), play.person()
    await play.command("leads", "add", "--name", "Tamsin", "--phone", phone, LAW.team_id)
    slack = play.world.slack
    while not slack.views(LAW.team_id, author):
        await slack.command(LAW.team_id, author, LAW.channel, "/sms", "new")
    await settle(play.world)
    yield
    (view,) = slack.views(LAW.team_id, author)
    while (await slack.options(LAW.team_id, author, view["id"], start.FOUND, "tamsin")).problem:
        await asyncio.sleep(0.1)


async def a_card_that_leads_to_a_text(play: Play) -> AsyncIterator[None]:
    """The button under the root, and the one in the card."""
    phone, author, slack = await play.conversation(), play.person(), play.world.slack
    await settle(play.world)
    yield
    while len(slack.views(LAW.team_id, author)) < 2:
        await slack.click(LAW.team_id, author, LAW.channel, play.load.root(LAW, phone), cards.OPEN)
        if shown := slack.views(LAW.team_id, author):
            await slack.click_view(LAW.team_id, author, shown[-1]["id"], cards.MESSAGE)


async def a_block_that_is_lifted(play: Play) -> AsyncIterator[None]:
    """By an admin, from the lead's card, who presses until it is."""
    phone, c, slack = await play.conversation(), tables.contacts.c, play.world.slack
    await settle(play.world)
    async with play.world.db.begin() as tx:
        now = play.world.fate.clock()
        await tx.run(tables.contacts.update().where(c.phone == phone).values(blocked_at=now, filtered=3))
    yield
    slack.workspace(LAW.team_id).modals.pop(LAW.admin, None)
    while len(slack.views(LAW.team_id, LAW.admin)) < 2:
        await slack.click(LAW.team_id, LAW.admin, LAW.channel, play.load.root(LAW, phone), cards.OPEN)
        if blocks.LIFT in str(slack.views(LAW.team_id, LAW.admin)):
            shown = slack.views(LAW.team_id, LAW.admin)[-1]["id"]
            await slack.click_view(LAW.team_id, LAW.admin, shown, blocks.LIFT)
    top = slack.views(LAW.team_id, LAW.admin)[-1]["id"]
    while (await slack.submit(LAW.team_id, LAW.admin, top, {blocks.REASON: "They called"})).problem:
        await asyncio.sleep(0.1)


async def a_home_that_is_looked_at(play: Play) -> AsyncIterator[None]:
    """By somebody new."""
    author = play.person()
    yield
    await play.event({"type": "app_home_opened", "user": author, "channel": "D0HOME", "tab": "home"})


async def _begin(play: Play, author: str, phone: str) -> None:
    """Type the command until the second step is open."""
    slack = play.world.slack
    while not slack.views(LAW.team_id, author):
        await slack.command(LAW.team_id, author, LAW.channel, "/sms", f"new {phone}")


async def _submit(play: Play, author: str, words: dict[str, str]) -> DeliveryResult:
    shown = play.world.slack.views(LAW.team_id, author)[-1]
    return await play.world.slack.submit(LAW.team_id, author, shown["id"], words)


def _is_open(play: Play, author: str) -> bool:
    """Else it says what became of the text: the answer to the press that was accepted has been lost."""
    return bool(play.world.slack.views(LAW.team_id, author)[-1]["callback_id"] == start.WRITE)


def _went_wrong(done: DeliveryResult) -> bool:
    return done.problem is not None or bool((done.json or {}).get("errors"))
