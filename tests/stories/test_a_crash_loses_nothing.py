"""kill -9 at every step of both journeys: nothing is lost, nothing comes twice.

Each step is a moment: before the commit, when a call has left but not arrived, when the service has done what was
asked and has not answered, and with the answer in hand but not written down. Then the app starts again, and the
services send again what nobody has answered.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bridge.sandbox.slack.model import PretendFile
from bridge.sandbox.twilio.records import PretendMedia
from bridge.store import tables
from tests.apart import Apart, is_post, is_root, is_text, is_upload
from tests.cast import LAW, MARIA
from tests.store.scratch import only_sqlite

PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20

Moment = Callable[[Apart], None]


def _lead(number: int) -> str:
    return f"+141555501{number:02d}"


async def _nothing_is_open(apart: Apart) -> None:
    await apart.stage.settle()
    assert await apart.stage.count(tables.outbox, tables.outbox.c.state != "done") == 0


async def _shown_once(apart: Apart, phone: str, *bodies: str) -> None:
    await _nothing_is_open(apart)
    digits = f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
    assert [root["text"] for root in apart.stage.roots() if digits in root["text"]] == [digits]
    assert apart.stage.said(phone) == list(bodies)


ON_THE_WAY_INTO_SLACK: dict[str, Moment] = {
    "root not arrived": lambda apart: apart.before(is_root),
    "root not answered": lambda apart: apart.after(is_root),
    "root not written down": lambda apart: apart.unsaved(is_root),
    "text not arrived": lambda apart: apart.before(is_post),
    "text not answered": lambda apart: apart.after(is_post),
    "text not written down": lambda apart: apart.unsaved(is_post),
}


@pytest.mark.rows(60, 61, 64, 71)
@pytest.mark.faults("F1", "F2")
async def test_a_first_text_opens_one_thread_whenever_the_app_dies(apart: Apart) -> None:
    stage = apart.stage

    await apart.locked(stage.twilio.text(_lead(30), LAW.number, "Unheard", sid="SM" + "0" * 32))
    assert await stage.count(tables.messages) == 0
    await apart.begin_again()
    await stage.twilio.text(_lead(30), LAW.number, "Unheard", sid="SM" + "0" * 32)  # Twilio's fallback
    await _shown_once(apart, _lead(30), "Unheard")

    for number, (moment, arm) in enumerate(ON_THE_WAY_INTO_SLACK.items(), start=31):
        arm(apart)
        sid = await stage.twilio.text(_lead(number), LAW.number, moment)
        await apart.begin_again()
        await stage.twilio.text(_lead(number), LAW.number, moment, sid=sid)
        await _shown_once(apart, _lead(number), moment)


@pytest.mark.rows(60, 62, 71)
@pytest.mark.faults("F1", "F2")
async def test_a_second_text_is_posted_once_whenever_the_app_dies(apart: Apart) -> None:
    stage, said = apart.stage, ["First"]
    await stage.twilio.text(MARIA, LAW.number, "First")
    await _shown_once(apart, MARIA, *said)

    await apart.locked(stage.twilio.text(MARIA, LAW.number, "unheard", sid="SM" + "0" * 32))
    await apart.begin_again()
    await stage.twilio.text(MARIA, LAW.number, "unheard", sid="SM" + "0" * 32)
    said.append("unheard")
    await _shown_once(apart, MARIA, *said)

    for moment in [name for name in ON_THE_WAY_INTO_SLACK if name.startswith("text")]:
        ON_THE_WAY_INTO_SLACK[moment](apart)
        sid = await stage.twilio.text(MARIA, LAW.number, moment)
        await apart.begin_again()
        await stage.twilio.text(MARIA, LAW.number, moment, sid=sid)
        said.append(moment)
        await _shown_once(apart, MARIA, *said)


@only_sqlite
@pytest.mark.rows(71)
@pytest.mark.faults("F1")
async def test_a_post_that_arrives_after_its_sender_has_died_is_not_posted_again(apart: Apart) -> None:
    """The next process is there before it. (On PostgreSQL the lease outlives the call.)"""
    stage = apart.stage
    await stage.twilio.text(MARIA, LAW.number, "First")
    await _shown_once(apart, MARIA, "First")
    apart.on_its_way(is_post, seconds=2)
    await stage.twilio.text(MARIA, LAW.number, "Second")
    await apart.begin_again(later=timedelta(0))
    await _shown_once(apart, MARIA, "First", "Second")


async def _says(apart: Apart, text: str, **more: Any) -> str:
    root = apart.stage.root(MARIA)["ts"]
    return await apart.stage.slack.say(LAW.team_id, LAW.channel, LAW.agent, text, thread_ts=root, **more)


async def _introduced(apart: Apart) -> None:
    """Maria has written, and Ben has answered: nobody has to be looked up any more."""
    apart.stage.slack.retry_delays = (0.2,) * 50  # as long as it takes
    await apart.stage.twilio.text(MARIA, LAW.number, "Hi")
    await _nothing_is_open(apart)
    await _says(apart, "Hello!")
    await _nothing_is_open(apart)
    assert apart.stage.phone() == ["Hello!"]


@pytest.mark.rows(73, 121)
@pytest.mark.faults("F1", "F9", "F10")
async def test_a_reply_is_texted_once_or_asked_about_whenever_the_app_dies(apart: Apart) -> None:
    await _introduced(apart)
    stage, texted = apart.stage, ["Hello!"]

    async def back_again() -> None:
        await apart.begin_again()
        await _nothing_is_open(apart)

    await apart.locked(_says(apart, "Unheard"))
    await back_again()
    texted.append("Unheard")
    assert stage.phone() == texted

    for moment, arm in {"Not answered": apart.after, "Not written down": apart.unsaved}.items():
        arm(is_text)
        ts = await _says(apart, moment)
        await back_again()
        texted.append(moment)
        assert stage.phone() == texted
        assert stage.marks(ts) in (["white_check_mark"], ["heavy_check_mark"])

    apart.before(is_text)
    ts = await _says(apart, "Not arrived")
    await apart.begin_again()
    await stage.settle(ahead=0)
    stage.skip(seconds=130)  # Twilio's list has been asked often enough then
    await apart.kill()
    await apart.begin_again()
    await _nothing_is_open(apart)
    assert stage.phone() == texted, "it is never sent again on a guess"
    assert stage.marks(ts) == ["grey_question"]
    assert stage.said()[-1].startswith("It is not known whether this text went out.")


@pytest.mark.rows(70)
@pytest.mark.faults("F1")
async def test_pictures_go_once_each_way_whenever_the_app_dies(apart: Apart) -> None:
    await _introduced(apart)
    stage = apart.stage
    stage.twilio.status_delay = 3.0  # it fetches the picture when the app is back

    apart.after(is_text)
    await _says(apart, "Your door", files=[PretendFile("door.png", PNG)])
    await apart.begin_again()
    await _nothing_is_open(apart)
    assert [text.body for text in stage.twilio.texts_to(MARIA) if text.media_urls] == ["Your door"]

    apart.after(is_upload)
    sid = await stage.twilio.text(MARIA, LAW.number, "My door", media=[PretendMedia(PNG, "image/png")])
    await apart.begin_again()
    await stage.twilio.text(MARIA, LAW.number, "My door", sid=sid)
    await _nothing_is_open(apart)
    assert len([message for message in stage.thread() if message.get("files") and message.get("bot_id")]) == 1
