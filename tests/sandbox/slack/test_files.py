"""Uploads in three steps, as Slack's own client takes them, and downloads."""

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from bridge.sandbox.slack import PretendFile, PretendSlack
from tests.sandbox.slack.conftest import App

PNG = b"\x89PNG\r\n\x1a\n....."


async def test_a_picture_goes_up_into_a_thread(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    root = (await client.chat_postMessage(channel="C1INBOX", text="root"))["ts"]
    answer = await client.files_upload_v2(
        channel="C1INBOX", thread_ts=root, filename="roof.png", content=PNG, initial_comment="a roof"
    )
    await slack.settled()
    [file] = slack.files("T1")
    assert (file.id, file.name, file.content) == (answer["file"]["id"], "roof.png", PNG)
    assert (file.channel, file.thread_ts) == ("C1INBOX", root)
    shown = slack.thread("T1", "C1INBOX", root)[1]
    assert (shown["text"], shown["files"][0]["id"], shown["bot_id"]) == ("a roof", file.id, "B1BOT")
    assert app.events[-1]["subtype"] == "file_share"
    info = (await client.files_info(file=file.id))["file"]
    assert (info["size"], info["mimetype"]) == (len(PNG), "image/png")


async def test_an_upload_without_a_channel_is_shared_nowhere(slack: PretendSlack, client: AsyncWebClient) -> None:
    await client.files_upload_v2(filename="a.txt", content=b"x")
    assert len(slack.files("T1")) == 1
    assert slack.messages("T1", "C1INBOX") == []


@pytest.mark.parametrize(
    ("channel", "error"),
    [("C1ELSE", "not_in_channel"), ("C0NOWHERE", "channel_not_found"), ("C2INBOX", "channel_not_found")],
)
async def test_where_files_may_not_go(
    slack: PretendSlack, client: AsyncWebClient, channel: str, error: str
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await client.files_upload_v2(channel=channel, filename="a.txt", content=b"x")
    assert caught.value.response["error"] == error
    assert slack.files("T1") == []


async def test_steps_taken_wrongly(slack: PretendSlack, client: AsyncWebClient) -> None:
    ticket = await client.files_getUploadURLExternal(filename="a.txt", length=3)
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}])
    async with aiohttp.ClientSession() as session:
        async with session.post(ticket["upload_url"], data=b"too long") as answer:
            assert answer.status == 400
        form = aiohttp.FormData()
        form.add_field("file", b"abc", filename="a.txt")
        async with session.post(ticket["upload_url"], data=form) as answer:
            assert await answer.text() == "OK - 3"
    assert (await client.files_completeUploadExternal(files=[{"id": ticket["file_id"], "title": "A"}]))["ok"]
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_completeUploadExternal(files=[{"id": ticket["file_id"]}])
    with pytest.raises(SlackApiError, match="file_not_found"):
        await client.files_info(file="F0NONE")


async def test_downloads_want_the_token_of_the_firm(slack: PretendSlack, client: AsyncWebClient) -> None:
    await slack.say("T1", "C1INBOX", "U1AGENT", "look", files=[PretendFile("my roof.png", PNG)])
    url = slack.messages("T1", "C1INBOX")[0]["files"][0]["url_private_download"]
    async with aiohttp.ClientSession() as session:

        async def get(token: str) -> tuple[int, str, bytes]:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            async with session.get(url, headers=headers) as answer:
                return answer.status, answer.content_type, await answer.read()

        assert await get("xoxb-1") == (200, "image/png", PNG)
        for token in ("", "xoxb-2", "wrong"):
            status, content_type, page = await get(token)
            assert (status, content_type, b"Sign in" in page) == (200, "text/html", True)
        slack.workspaces["T1"].scopes.remove("files:read")
        assert (await get("xoxb-1"))[1] == "text/html"
