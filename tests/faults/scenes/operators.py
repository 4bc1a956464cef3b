"""Scenes that begin with an operator, with an event that nobody wrote, or with a start or a stop."""

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import aiohttp
from sqlalchemy import select

from bridge.store import tables
from tests.cast import DENTAL, LAW, OWN_ACCOUNT, OWN_TOKEN
from tests.faults.play import Play
from tests.faults.world import until

LONG_AGO = datetime(2020, 1, 2, 12, tzinfo=UTC)
SERVICE = "MG" + "5e" * 16


async def a_start(play: Play) -> AsyncIterator[None]:
    """The key is checked, the workspace asked who it is, old claims are taken up, and every sweep runs once."""
    yield
    await play.restart()


async def a_stop_in_the_middle(play: Play) -> AsyncIterator[None]:
    """A call does not end in time and is given back."""
    phone = await play.conversation()
    play.world.slack.fail("chat.postMessage", hang=30, accept_first=True)
    posts = sum(call.method == "chat.postMessage" for call in play.world.slack.calls)
    yield
    await play.text(phone)
    await play.calls("chat.postMessage", posts + 1)
    for member in play.world.fleet.workers:
        if member.process is not None:
            member.process.signal(signal.SIGTERM)


async def a_firm_that_goes_astray(play: Play) -> AsyncIterator[None]:
    """It has sent as many texts in a day as it may, and then may send more."""
    await play.reply(await play.conversation())
    await play.command("firms", "prefer", "daily-limit", "1", LAW.team_id)
    yield
    await play.restart()
    await _capped(play, is_capped=True)
    await play.command("firms", "prefer", "daily-limit", "1000000", LAW.team_id)
    await play.restart()
    await _capped(play, is_capped=False)


async def _capped(play: Play, *, is_capped: bool) -> None:
    f = tables.firms.c
    while bool(await play.world.rows(select(f.id).where(f.capped_at.is_not(None)))) != is_capped:
        await asyncio.sleep(1)
        await play.restart()  # whoever looks may have died or stumbled; the next look is minutes away


async def an_entry_that_is_sealed(play: Play) -> AsyncIterator[None]:
    """A setting was changed a while ago; whoever starts gives that its place in the chain."""
    yield
    await play.command("firms", "two-way", "on", LAW.team_id)
    a = tables.audit.c
    (newest,) = await play.world.rows(select(a.id).order_by(a.id.desc()).limit(1))
    play.world.fate.skip(60)
    await play.restart()
    while not await play.world.rows(select(a.id).where(a.id == newest.id, a.place.is_not(None))):
        await asyncio.sleep(1)
        await play.restart()  # whoever seals may have died or stumbled; the next time is a minute away


async def a_month_that_is_full(play: Play) -> AsyncIterator[None]:
    """The firm has sent as many texts as its own cap allows, until somebody raises that."""
    await play.reply(await play.conversation())
    await play.command("firms", "prefer", "monthly-cap", "1", LAW.team_id)
    yield
    await play.restart()
    await _full(play, is_full=True)
    await play.command("firms", "prefer", "monthly-cap", "off", LAW.team_id)
    await play.restart()
    await _full(play, is_full=False)


async def _full(play: Play, *, is_full: bool) -> None:
    f = tables.firms.c
    while bool(await play.world.rows(select(f.id).where(f.month_full_at.is_not(None)))) != is_full:
        await asyncio.sleep(1)
        await play.restart()  # as above


async def a_question_whether_it_is_ready(play: Play) -> AsyncIterator[None]:
    """Asked by a load balancer, until it is."""
    yield
    async with aiohttp.ClientSession() as session:
        while not await _is_answered(session, f"{play.world.url}/readyz"):
            await asyncio.sleep(0.05)


async def _is_answered(session: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with session.get(url) as answer:
            await answer.read()
    except aiohttp.ClientError:
        return False
    return True


async def a_command_about_the_firm(play: Play) -> AsyncIterator[None]:
    """Every setting of a firm, to what it is already."""
    token = play.world.folder / "token"
    token.write_text(OWN_TOKEN)
    signups = play.world.folder / "leads.csv"
    signups.write_text("name,email\nMaria,maria@example.com\n")
    yield
    await play.command("firms", "two-way", "on", LAW.team_id)
    await play.command("firms", "set-plan", "included", LAW.team_id)
    await play.command("firms", "set-channel", LAW.channel, LAW.team_id)
    await play.command("firms", "set-help", "Call us.", LAW.team_id)
    await play.command("firms", "prefer", "typed-numbers", "on", LAW.team_id)
    await play.command("firms", "reply-mode", LAW.channel, "send", LAW.team_id)
    await play.command("firms", "set-twilio", OWN_ACCOUNT, DENTAL.team_id, "--token-file", str(token))
    await play.command("leads", "add", "--name", "Maria", LAW.team_id)
    await play.command("leads", "import", str(signups), "--yes", "--team", LAW.team_id)


async def a_key(play: Play) -> AsyncIterator[None]:
    """Made for another program, and revoked. One that was made and never shown is no use, and its name is taken."""
    yield
    name, _ = await play.key()
    await play.command("keys", "revoke", name, LAW.team_id)


async def a_number_that_is_taken_off(play: Play) -> AsyncIterator[None]:
    """By a list, by somebody's word, and put back; its signup is deleted."""
    phone, other = play.lead(), play.lead()
    listed = play.world.folder / "stopped.csv"
    listed.write_text(f"number,scope\n{other},marketing\n")
    await play.command("leads", "add", "--name", "Maria", "--phone", phone, LAW.team_id)
    yield
    await play.command("optouts", "import", str(listed), "--yes", "--team", LAW.team_id)
    await play.command("optouts", "add", phone, "--reason", "asked", LAW.team_id)
    await play.command("optouts", "undo", phone, "--reason", "a mistake", LAW.team_id)
    await play.command("optouts", "agree", phone, "--text", "yes please", LAW.team_id)
    await play.command("leads", "delete", phone, "--yes", LAW.team_id)


async def a_signup(play: Play) -> AsyncIterator[None]:
    """Twilio is asked what kind of line the number is."""
    phone = play.lead()
    yield
    await play.command("leads", "add", "--name", "Maria", "--phone", phone, LAW.team_id)
    await until(lambda: play.world.twilio.looked_up(phone) > 0, what="a look-up")


async def a_number_that_was_blocked(play: Play) -> AsyncIterator[None]:
    """It is looked up once more, and may be texted again."""
    phone, c = await play.conversation(), tables.contacts.c
    async with play.world.db.begin() as tx:
        now = play.world.fate.clock()
        await tx.run(tables.contacts.update().where(c.phone == phone).values(blocked_at=now, filtered=3))
    yield
    await play.command("leads", "check", phone, LAW.team_id)
    await play.command("leads", "lift-block", phone, "--reason", "They called.", LAW.team_id)


async def words_whose_time_is_over(play: Play) -> AsyncIterator[None]:
    """What was said long ago is held, and let go; then the words of it go, and what was given up long ago."""
    phone, t, c = await play.conversation(), tables.conversations, tables.contacts.c
    (talk,) = await play.world.rows(select(t).join(tables.contacts, c.id == t.c.contact_id).where(c.phone == phone))
    whose = {"firm_id": talk.firm_id, "conversation_id": talk.id, "number_id": talk.number_id}
    text = {"direction": "in", "state": "received", "body": "of long ago", "sid": uuid.uuid4().hex}
    given_up = {"lane": "old", "service": "slack", "route": "old", "kind": "tell", "state": "dead", "payload": {}}
    async with play.world.db.begin() as tx:
        await tx.run(t.update().where(t.c.id == talk.id).values(created_at=LONG_AGO))
        await tx.run(tables.messages.insert().values(**whose, **text, created_at=LONG_AGO))
        at = {"due_at": LONG_AGO, "created_at": LONG_AGO, "done_at": LONG_AGO}
        await tx.run(tables.outbox.insert().values(firm_id=talk.firm_id, **given_up, **at))
    yield
    said = (await play.command("hold", "add", "--number", phone, "--why", "a matter", LAW.team_id)).said
    await play.command("hold", "lift", said.split()[0], "--why", "over", LAW.team_id)
    await play.command("retention", "--delete", LAW.team_id)


async def words_that_are_handed_out(play: Play) -> AsyncIterator[None]:
    """To a new folder, until one is complete."""
    await play.text(play.lead())
    yield
    folder = play.world.folder / "none"
    while not (folder / "manifest.json").exists():
        folder = play.world.folder / uuid.uuid4().hex
        await play.world.fleet.maker.run("export", "--to", str(folder), LAW.team_id)
        await asyncio.sleep(0.05)


async def a_copy_that_was_put_back(play: Play) -> AsyncIterator[None]:
    """Of the very moment, so that nothing was done since."""
    yield
    await play.command("restored")


async def a_number_in_a_service(play: Play) -> AsyncIterator[None]:
    """A number is connected that is in a messaging service, whose word would win."""
    twilio = play.world.twilio
    if SERVICE not in twilio.services:
        twilio.add_service(OWN_ACCOUNT, SERVICE)
        twilio.numbers[DENTAL.number].service_sid = SERVICE
    yield
    await play.command("firms", "set-number", DENTAL.number, DENTAL.team_id)


async def a_doctor(play: Play) -> AsyncIterator[None]:
    """It looks into everything, the channel too."""
    yield
    await play.examine()


async def a_channel_with_another_id(play: Play) -> AsyncIterator[None]:
    """Slack converts a channel and tells."""
    event = {"type": "channel_id_changed", "old_channel_id": "C0OLD", "new_channel_id": "C0NEW"}
    yield
    await play.event({**event, "event_ts": play.world.slack.new_ts()})


async def a_token_that_is_revoked(play: Play) -> AsyncIterator[None]:
    """Everything towards this workspace waits, until the app is installed anew."""
    phone = await play.conversation()
    yield
    await play.event({"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [LAW.bot_user]}})
    await play.text(phone)
    await play.restart()


async def a_promise_of_a_newer_version(play: Play) -> AsyncIterator[None]:
    """Nobody here knows how to keep it; after a day it is given up, and the operator drops it."""
    o, now = tables.outbox, play.world.fate.clock()
    firms = await play.world.rows(tables.firms.select().where(tables.firms.c.team_id == LAW.team_id))
    yield
    async with play.world.db.begin() as tx:
        await tx.run(o.insert().values(
            firm_id=firms[0].id, lane="polka", service="slack", route="polka", kind="polka", payload={},
            attempts=6, due_at=now, created_at=now.replace(year=now.year - 1),
        ))  # fmt: skip
        tx.wakes = True
    play.world.fate.skip(0.001)
    await play.operator_says("drop", "polka")
