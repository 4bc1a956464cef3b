"""A table dropped in Slack cannot be read, is gone, was changed, or Slack does not answer; they are told."""

from typing import Any

import pytest

from bridge.store import tables
from bridge.views import imports as views
from tests.cast import LAW
from tests.importing import TABLE, Importer
from tests.stage import Stage
from tests.stories.dropped import names, of_import

BAD = {
    "an Excel workbook": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xff\xfe\x00", "not_csv"),
    "UTF-16": (TABLE.encode("utf-16"), "not_csv"),
    "Latin 1": ("Phone\nJürgen\n".encode("latin-1"), "not_csv"),
    "one endless line": (b"x" * 2_000_000, "not_csv"),
    "nothing": (b"\n", "empty"),
    "only columns": (b"Name,Phone\n", "empty"),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_file_that_cannot_be_read(stage: Stage, kind: str) -> None:
    content, code = BAD[kind]
    ada = Importer(stage)
    await ada.drops(content)
    assert ada.told() == f":warning: *leads.csv*: {views.WRONG[code]}"
    assert "actions" not in ada.shown()


async def test_slack_does_not_hand_it_out(stage: Stage) -> None:
    ada = Importer(stage)
    stage.slack.workspaces[LAW.team_id].scopes.remove("files:read")
    await ada.drops(TABLE)
    assert ada.told() == f":warning: *leads.csv*: {views.UNREADABLE}"
    stage.slack.workspaces[LAW.team_id].scopes.add("files:read")
    stage.slack.fail("download", status=503, times=2)
    await ada.drops(TABLE)
    assert "3 rows can be entered" in ada.told()


async def test_it_is_deleted_before_it_is_entered(stage: Stage) -> None:
    ada = Importer(stage)
    file = await ada.drops(TABLE)
    del stage.slack.workspaces[LAW.team_id].files[file.id]
    await ada.enters()
    assert ada.told() == f":warning: *leads.csv*: {views.GONE}"


async def test_it_is_changed_before_it_is_entered(stage: Stage) -> None:
    ada = Importer(stage)
    file = await ada.drops(TABLE)
    file.content = b"Name,Mobile\nSomebody else,4155550199\n"
    await ada.enters()
    assert ada.told() == f":warning: *leads.csv*: {views.WRONG['changed']}"
    assert await names(stage) == []


async def test_a_file_from_elsewhere_or_too_large(stage: Stage) -> None:
    ada = Importer(stage)

    async def send(**file: Any) -> Any:
        await ada.command()
        view = ada.modals[-1]
        filled = {
            views.FILE: {views.FILE: {"type": "file_input", "files": [{"id": "F1", "name": "a.csv", **file}]}}
        }
        payload = {"type": "view_submission", "view": view | {"state": {"values": filled}}}
        return (await stage.slack.interact(LAW.team_id, ada.user, payload)).json

    assert (await send(size=5))["errors"] == {views.FILE: views.ONE_FILE}
    large = await send(size=50 * 1024 * 1024 + 1, url_private_download="https://evil.example/a.csv")
    assert large["errors"] == {views.FILE: views.TOO_LARGE}
    assert (await send(size=5, url_private_download="https://evil.example/a.csv"))["response_action"] == "update"
    await stage.settle()
    assert ada.told() == f":warning: *a.csv*: {views.UNREADABLE}"


async def test_the_message_about_it_is_gone(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.drops(TABLE)
    channel = stage.slack.channel(LAW.team_id, f"D{ada.user[1:]}")
    row = await of_import(stage)
    await ada.presses(views.ENTER)
    channel.messages.clear()
    await stage.settle()
    await stage.slack.settled()
    assert await stage.count(tables.leads) == 3
    assert row.ts != (await of_import(stage)).ts
    assert "is in: 3 entered" in ada.told()


async def test_what_could_not_be_entered_cannot_be_given_back(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.drops(TABLE)
    stage.slack.fail("files.getUploadURLExternal", error="file_uploads_disabled", times=9)
    await ada.enters()
    assert "Slack did not take the file with them." in ada.told()


@pytest.mark.parametrize("accept_first", [True, False])
async def test_the_answer_of_the_post_is_lost(stage: Stage, accept_first: bool) -> None:
    """Perhaps there are two messages then; whichever is pressed goes on."""
    ada = Importer(stage)
    stage.slack.fail("chat.postMessage", accept_first=accept_first, drop=True)
    await ada.puts_in(TABLE)
    await stage.settle()
    assert len(ada.messages) == 1 + accept_first
    await ada.presses(views.ENTER, 0)
    await stage.settle()
    assert "3 entered" in ada.told(0)
    assert await stage.count(tables.leads) == 3
