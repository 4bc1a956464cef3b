"""Scenes that begin with what staff write or press."""

from collections.abc import AsyncIterator

from bridge.sandbox.slack.model import PretendFile
from bridge.views import threads as views
from tests.cast import LAW
from tests.faults.play import Play
from tests.faults.quiet import settle

PICTURE = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20


async def a_reply(play: Play) -> AsyncIterator[None]:
    """It goes out, and its marks follow: sent, and when the first receipt has come, delivered."""
    phone = await play.conversation()
    play.world.twilio.status_delay = 0.3
    yield
    await play.reply(phone)


async def a_reply_by_somebody_new(play: Play) -> AsyncIterator[None]:
    """Slack is asked who that is."""
    phone = await play.conversation()
    author = play.person()
    yield
    await play.reply(phone, author=author)


async def a_reply_by_nobody_knows_whom(play: Play) -> AsyncIterator[None]:
    """Slack will not say who that is, so it does not go out."""
    phone = await play.conversation()
    author = play.person()
    play.world.slack.fail("users.info", error="access_denied", times=2)
    yield
    await play.reply(phone, author=author)


async def a_picture(play: Play) -> AsyncIterator[None]:
    """A reply with a picture, which Twilio fetches from us."""
    phone = await play.conversation()
    yield
    await play.reply(phone, files=(PretendFile("door.png", PICTURE, "image/png"),))


async def an_edit(play: Play) -> AsyncIterator[None]:
    """It was texted already, and the author is told so."""
    phone = await play.conversation()
    ts = await play.reply(phone)
    await settle(play.world)
    yield
    await play.world.slack.edit(LAW.team_id, LAW.channel, ts, "something else")


async def a_reply_that_twilio_refuses(play: Play) -> AsyncIterator[None]:
    """For good: the thread says why."""
    phone = await play.conversation()
    play.world.twilio.fail("create", status=400, code=21614)
    yield
    await play.reply(phone)


async def a_reply_while_twilio_is_busy(play: Play) -> AsyncIterator[None]:
    """It is tried again a little later."""
    phone = await play.conversation()
    play.world.twilio.fail("create", status=429, code=20429)
    yield
    await play.reply(phone)


async def a_reply_that_is_told_when(play: Play) -> AsyncIterator[None]:
    """Twilio says how long to wait."""
    phone = await play.conversation()
    play.world.twilio.fail("create", status=429, code=20429, retry_after=30)
    yield
    await play.reply(phone)


async def a_reply_that_a_stop_overtakes(play: Play) -> AsyncIterator[None]:
    """It waits for Twilio, and when it may go it must not any more: the thread says why."""
    phone = await play.conversation()
    play.world.twilio.fail("create", status=429, code=20429, retry_after=30)
    await play.reply(phone)
    await play.until_postponed()
    yield
    await play.text(phone, words="STOP")


async def a_text_whose_time_comes(play: Play) -> AsyncIterator[None]:
    """It was put off for a moment, and joins the others when that is over."""
    phone = await play.conversation()
    play.world.twilio.fail("create", status=429, code=20429, times=1_000)
    await play.reply(phone)
    await play.put_off()
    play.world.twilio.heal()
    yield
    await play.until_later_is_now()


async def a_reply_in_doubt(play: Play) -> AsyncIterator[None]:
    """It never arrived, but nobody can know: staff are asked, and somebody presses a button."""
    phone = await play.conversation()
    play.world.twilio.fail("create", drop=True)
    yield
    await play.reply(phone)
    await play.press(phone, views.SEND_AGAIN, play.agent())


async def _asked_about(play: Play) -> str:
    """The phone of a lead whom a reply has not reached, though nobody can know; staff have been asked."""
    phone = await play.conversation()
    play.world.twilio.fail("create", drop=True)
    await play.reply(phone)
    await settle(play.world)
    return phone


async def a_press_by_somebody_new(play: Play) -> AsyncIterator[None]:
    """Slack is asked who pressed."""
    phone, author = await _asked_about(play), play.person()
    yield
    await play.press(phone, views.SEND_AGAIN, author)


async def a_press_by_nobody_knows_whom(play: Play) -> AsyncIterator[None]:
    """Slack will not say who pressed, so nothing is done."""
    phone, author = await _asked_about(play), play.person()
    play.world.slack.fail("users.info", error="access_denied", times=2)
    yield
    await play.press(phone, views.IT_ARRIVED, author)


async def a_reply_begun_and_not_marked(play: Play) -> AsyncIterator[None]:
    """Who had claimed it died before the text was marked as sending: it certainly did not go, and goes now."""
    phone = await play.conversation()
    await play.die_at("before commit services.deliveries._begin", play.reply(phone), again=False)
    yield
    play.world.let_leases_end()
    await play.world.fleet.start()


async def a_reply_proved_by_its_receipt(play: Play) -> AsyncIterator[None]:
    """Who sent it died with the answer; a receipt proves it while Twilio's list cannot be had."""
    phone = await play.conversation()
    play.world.twilio.status_delay = 1.0
    play.world.twilio.fail("list", status=500, times=4)
    await play.die_at("after twilio POST Messages", play.reply(phone))
    yield
    await play.until_sent()
    play.world.twilio.heal()


async def a_reply_without_receipts(play: Play) -> AsyncIterator[None]:
    """Twilio is asked what became of it."""
    phone = await play.conversation()
    play.world.twilio.lose_status = True
    await play.reply(phone)
    await settle(play.world)
    play.world.twilio.lose_status = False
    play.world.fate.skip(700)
    yield
    await play.restart()


async def a_mark_that_slack_refuses(play: Play) -> AsyncIterator[None]:
    """It does not matter enough for anybody to hear of it."""
    phone = await play.conversation()
    play.world.slack.fail("reactions.add", error="not_reactable")
    yield
    await play.reply(phone)
