"""Scenes in which an admin brings in leads from a table."""

from collections.abc import AsyncIterator

from bridge.sandbox.slack.model import PretendFile
from bridge.views import imports as views
from tests.cast import LAW
from tests.faults.play import Play
from tests.faults.quiet import settle
from tests.importing import TABLE, many


async def a_table_that_is_dropped(play: Play) -> AsyncIterator[None]:
    """It is looked through, and the admin asked."""
    admin = await _opened(play)
    yield
    await _drop(play, admin, TABLE)


async def a_table_that_is_entered(play: Play) -> AsyncIterator[None]:
    """All of it, but for the rows that come back."""
    admin = await _opened(play)
    await _drop(play, admin, many(500, wrong=3, by=admin))
    yield
    await _press(play, admin, views.ENTER)


async def a_table_that_takes_its_time(play: Play) -> AsyncIterator[None]:
    """It has more rows than are entered in one go."""
    admin = await _opened(play)
    await _drop(play, admin, many(2300, by=admin))
    yield
    await _press(play, admin, views.ENTER)


async def a_table_that_is_read_otherwise(play: Play) -> AsyncIterator[None]:
    """The admin says which column is which."""
    admin = await _opened(play)
    await _drop(play, admin, TABLE)
    yield
    slack = play.world.slack
    while not (shown := slack.views(LAW.team_id, admin)) or shown[-1]["callback_id"] != views.CHOSEN:
        await _press(play, admin, views.COLUMNS)
    while [each for each in slack.views(LAW.team_id, admin) if each["callback_id"] == views.CHOSEN]:
        await slack.options(LAW.team_id, admin, shown[-1]["id"], views.COLUMN, "")
        done = await slack.submit(LAW.team_id, admin, shown[-1]["id"], {"column:source": "3"})
        if done.json and done.json.get("errors"):
            return  # the answer to the one that was accepted has been lost


async def a_table_that_is_canceled(play: Play) -> AsyncIterator[None]:
    """Nothing is entered."""
    admin = await _opened(play)
    await _drop(play, admin, TABLE)
    yield
    await _press(play, admin, views.CANCEL)


async def a_table_whose_rest_slack_does_not_take(play: Play) -> AsyncIterator[None]:
    """What could not be entered does not come back, and the message says so."""
    admin = await _opened(play)
    await _drop(play, admin, many(3, wrong=1, by=admin))
    play.world.slack.fail("files.getUploadURLExternal", error="file_uploads_disabled", times=3)
    yield
    await _press(play, admin, views.ENTER)


async def _opened(play: Play) -> str:
    """An admin whom the app does not know yet has the modal before them."""
    slack, admin = play.world.slack, play.person()
    slack.person(LAW.team_id, admin).admin = True
    while not slack.views(LAW.team_id, admin):
        await slack.command(LAW.team_id, admin, LAW.channel, "/sms", "import")
    await settle(play.world)
    return admin


async def _drop(play: Play, admin: str, words: str) -> None:
    """Until it was taken, and there is something to press."""
    slack, file = play.world.slack, PretendFile("leads.csv", words.encode())
    while (shown := slack.views(LAW.team_id, admin)[-1])["callback_id"] == views.FILE:
        await slack.submit(LAW.team_id, admin, shown["id"], {views.FILE: [file]})
    await settle(play.world)


async def _press(play: Play, admin: str, action_id: str) -> None:
    """Until the press was taken; what it was about may have moved on by then."""
    slack, channel = play.world.slack, f"D{admin[1:]}"
    while asking := [m for m in slack.messages(LAW.team_id, channel) if action_id in str(m.get("blocks"))]:
        if not (await slack.click(LAW.team_id, admin, channel, asking[-1]["ts"], action_id)).problem:
            return
