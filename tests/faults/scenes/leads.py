"""Scenes that begin with what a lead sends."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

from bridge.rules.consent import Change
from bridge.sandbox.twilio.records import PretendMedia
from bridge.store import consent, tables
from tests.cast import LAW
from tests.faults.load import CANARY
from tests.faults.play import Play
from tests.faults.quiet import settle
from tests.faults.world import until

PICTURE = PretendMedia(b"\x89PNG\r\n\x1a\n" + b"pixels" * 20, "image/png")


async def a_first_text(play: Play) -> AsyncIterator[None]:
    """A stranger writes, and a thread opens."""
    phone = play.lead()
    yield
    await play.text(phone)


async def a_signup_by_api(play: Play) -> AsyncIterator[None]:
    """Another program hands a lead in, and has it forgotten."""
    _, key = await play.key()
    yield
    signup = {"id": "signup-1", "name": "Lee Example", "email": "lee@example.com"}
    await play.ask("POST", "/api/leads", key, signup)
    await play.ask("DELETE", "/api/leads/signup-1", key)


async def a_post_in_doubt(play: Play) -> AsyncIterator[None]:
    """Slack posts it and answers with an error, so that the thread is searched."""
    phone = await play.conversation()
    play.world.slack.fail("chat.postMessage", status=500, accept_first=True)
    yield
    await play.text(phone)


async def a_root_in_doubt(play: Play) -> AsyncIterator[None]:
    """Slack posts the root and answers with an error, so that the channel is searched."""
    phone = play.lead()
    play.world.slack.fail("chat.postMessage", status=500, accept_first=True)
    yield
    await play.text(phone)


async def a_stop(play: Play) -> AsyncIterator[None]:
    """STOP: the root shows it from then on."""
    phone = await play.conversation()
    yield
    await play.text(phone, words="STOP")


async def words_that_nobody_decided_about(play: Play) -> AsyncIterator[None]:
    """Weeks ago: at the next start they count as an opt-out."""
    phone = await play.conversation()
    await play.text(phone, words="please stop texting me")
    await settle(play.world)
    long_ago = play.world.fate.clock() - timedelta(days=30)
    c, k = tables.contacts, tables.contacts.c
    contacts = await play.world.rows(c.select().where(k.phone == phone))
    async with play.world.db.begin() as tx:
        (doubted,) = await consent.history(tx, contacts[0].firm_id, contacts[0].id)
        anew = [
            replace(doubted, change=Change.DISMISSED),
            replace(doubted, at=long_ago),
        ]  # the ledger is only added to
        await consent.record(tx, contacts[0].firm_id, [(contacts[0].id, event) for event in anew])
        await tx.run(c.update().where(k.id == contacts[0].id).values(suspected_at=long_ago))
    yield
    await play.restart()


async def a_picture(play: Play) -> AsyncIterator[None]:
    """A picture comes into the thread."""
    phone = await play.conversation()
    yield
    await play.text(phone, media=(PICTURE,))


async def a_picture_that_takes_its_time(play: Play) -> AsyncIterator[None]:
    """It is fetched for so long that the claim on it must be renewed before it is shown."""
    phone = await play.conversation()
    play.world.twilio.fail("cdn", hang=0.5)
    asked = len(play.world.twilio.requests)
    yield
    await play.text(phone, media=(PICTURE,))
    operations = play.world.twilio.requests
    await until(lambda: any(each.operation == "cdn" for each in operations[asked:]), what="the fetching")
    play.world.fate.skip(40)


async def a_picture_that_is_gone(play: Play) -> AsyncIterator[None]:
    """Twilio hands out something that is no picture, and the thread says so."""
    phone = await play.conversation()
    yield
    await play.text(phone, media=(PretendMedia(b"<svg/>", "image/svg+xml"),))


async def a_picture_without_a_thread(play: Play) -> AsyncIterator[None]:
    """The thread is deleted while its picture is on the way: it asks for another one."""
    phone = await play.conversation()
    play.world.twilio.fail("cdn", status=500, times=1, hang=0.5)
    asked = len(play.world.twilio.requests)
    yield
    await play.text(phone, media=(PICTURE,))
    requests = play.world.twilio.requests
    await until(lambda: any(each.operation == "cdn" for each in requests[asked:]), what="the fetching")
    await play.delete_root(phone)


async def a_lost_thread(play: Play) -> AsyncIterator[None]:
    """Somebody deletes the root, Slack does not tell, and the next text opens a new thread that links the old."""
    phone = await play.conversation()
    await play.delete_thread(phone)
    yield
    await play.text(phone)


async def a_missed_text(play: Play) -> AsyncIterator[None]:
    """No webhook brought it; the sweep at the next start does, with its picture."""
    phone = await play.conversation()
    given = play.load.history.new("in", LAW.team_id, phone, play.world.fate.clock().timestamp())
    await play.world.twilio.text(
        phone, LAW.number, f"{CANARY} {given.token}", media=(PICTURE,), deliver=False,
        at=play.world.fate.clock() + timedelta(seconds=1),
    )  # fmt: skip
    yield
    await play.restart()


async def a_dead_post(play: Play) -> AsyncIterator[None]:
    """Slack refuses it for good; the thread says so, and the operator has it tried again."""
    phone = await play.conversation()
    play.world.slack.fail("chat.postMessage", error="invalid_arguments")
    yield
    await play.text(phone)
    await play.operator_says("retry", "post")


async def a_text_nobody_would_post(play: Play) -> AsyncIterator[None]:
    """A channel that was archived and is repaired without a word: one row tries after five minutes, then all go."""
    phone = await play.conversation()
    await play.forget_admins()
    channel = play.world.slack.channel(LAW.team_id, LAW.channel)
    channel.archived = True
    yield
    await play.text(phone)
    await play.until_off()
    channel.archived = False


async def a_text_for_an_archived_channel(play: Play) -> AsyncIterator[None]:
    """A channel that was archived; when Slack tells that it is not any more, all go at once."""
    phone = await play.conversation()
    channel = play.world.slack.channel(LAW.team_id, LAW.channel)
    channel.archived = True
    yield
    await play.text(phone)
    await play.until_off()
    await play.world.slack.unarchive(LAW.team_id, LAW.channel)


async def a_line_that_is_lost(play: Play) -> AsyncIterator[None]:
    """Slack refuses a line of ours for good; the operator drops it."""
    phone = await play.conversation()
    play.world.slack.fail("chat.postMessage", error="invalid_arguments")
    yield
    await play.text(phone, words="HELP")
    await play.operator_says("drop", "notice")
