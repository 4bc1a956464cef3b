"""A process that was held up for long finds that others have gone on with its work, and leaves it to them."""

import asyncio
from datetime import timedelta

import pytest

from bridge.sandbox.twilio.records import PretendMedia
from bridge.store import tables
from tests.cast import LAW, MARIA
from tests.stage import Stage

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64

pytestmark = [pytest.mark.rows(60, 121), pytest.mark.faults("F3", "F27")]

o = tables.outbox.c


async def take_over(stage: Stage, *, seconds: float) -> None:
    """Time passes while a call hangs, and another worker holds every row that was under way."""
    stage.skip(seconds=seconds)
    held = {"lease": "somebody else's", "lease_until": stage.clock() + timedelta(seconds=60)}
    async with stage.app.deps.db.begin() as tx:
        assert await tx.run(tables.outbox.update().where(o.state == "sending").values(**held)) == 1


async def let_go(stage: Stage) -> None:
    """The other one dies as well."""
    stage.skip(seconds=120)
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.outbox.update().where(o.state == "sending").values(lease_until=stage.clock()))
    stage.app.deps.db.wake.announce()
    await stage.settle()


def calls(stage: Stage, method: str) -> int:
    """How often the app has called this method for the first firm."""
    return sum(call.method == method and call.team_id == LAW.team_id for call in stage.slack.calls)


async def called(stage: Stage, method: str) -> None:
    """Until it has called it once more, and some time has passed."""
    before = calls(stage, method)
    await stage.until(lambda: calls(stage, method) > before)


async def is_searched_for(stage: Stage) -> None:
    """A text may have been posted or not, and the app has begun to look; Slack takes its time to answer."""
    stage.slack.fail("chat.postMessage", status=500)
    stage.slack.fail("conversations.history", hang=0.4)
    searched = asyncio.create_task(called(stage, "conversations.history"))
    await stage.twilio.text(MARIA, LAW.number, "Hi")
    await searched


async def test_a_text_whose_search_took_too_long(stage: Stage) -> None:
    await is_searched_for(stage)
    await take_over(stage, seconds=40)
    await asyncio.sleep(0.6)
    assert calls(stage, "chat.postMessage") == 1, "only the one that failed"
    assert stage.roots() == []

    await let_go(stage)
    assert stage.said() == ["Hi"]
    assert len(stage.roots()) == 1


async def test_who_still_holds_it_goes_on_and_holds_it_longer(stage: Stage) -> None:
    await is_searched_for(stage)
    stage.skip(seconds=40)
    await stage.settle()
    assert stage.said() == ["Hi"]


@pytest.mark.rows(70)
async def test_a_picture_whose_upload_took_too_long(stage: Stage) -> None:
    stage.slack.fail("files.getUploadURLExternal", hang=0.4)
    uploads = asyncio.create_task(called(stage, "files.getUploadURLExternal"))
    await stage.twilio.text(MARIA, LAW.number, "Look", media=[PretendMedia(PNG, "image/png")])
    await uploads
    await take_over(stage, seconds=40)
    await asyncio.sleep(0.6)
    assert calls(stage, "files.completeUploadExternal") == 0

    await let_go(stage)
    assert calls(stage, "files.completeUploadExternal") == 1


async def test_a_reply_whose_author_took_too_long_to_look_up(stage: Stage) -> None:
    """The other one may have refused it meanwhile, and said that it was not sent."""
    await stage.lead_texts("Hello?")
    stage.slack.fail("users.info", hang=0.4)
    asks = asyncio.create_task(called(stage, "users.info"))
    ts = await stage.staff_types("Good morning!")
    await asks
    await take_over(stage, seconds=40)
    await asyncio.sleep(0.6)
    assert await stage.count(tables.messages, tables.messages.c.origin_ts == ts) == 0

    await let_go(stage)
    assert stage.phone() == ["Good morning!"]
