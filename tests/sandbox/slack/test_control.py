"""The pretend Slack by HTTP: what the page and other processes use."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.slack.control import ACTS, SETTINGS
from tests.sandbox.slack.conftest import App

JSON = {"Content-Type": "application/json"}


class Page:
    """A page that acts and looks."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self.session = session
        self.url = url

    async def act(self, name: str, **arguments: Any) -> Any:
        async with self.session.post(f"{self.url}/_/{name}", json=arguments) as answer:
            assert answer.status == 200, await answer.text()
            return (await answer.json())["result"]

    async def state(self) -> Any:
        async with self.session.get(f"{self.url}/_/state") as answer:
            return await answer.json()


@pytest.fixture
async def page(slack: PretendSlack) -> AsyncIterator[Page]:
    async with aiohttp.ClientSession() as session:
        yield Page(session, slack.url)


HERE = {"team_id": "T1", "channel_id": "C1INBOX"}


async def test_speaking_and_looking(slack: PretendSlack, page: Page, app: App) -> None:
    root = await page.act("say", **HERE, user_id="U1AGENT", text="hi")
    files = [{"name": "a.png", "base64": base64.b64encode(b"\x89PNG").decode()}]
    await page.act("say", **HERE, user_id="U1AGENT", text="", thread_ts=root, files=files)
    await page.act("edit", **HERE, ts=root, text="hello")
    await page.act("settled")
    assert len(app.received) == 3
    state = await page.state()
    [workspace, _] = state["workspaces"]
    inbox = next(c for c in workspace["channels"] if c["id"] == "C1INBOX")
    assert [m["text"] for m in inbox["messages"]] == ["hello", ""]
    assert workspace["files"][0]["content"] == 4
    assert [d["status"] for d in state["deliveries"]] == [200, 200, 200]
    assert "xoxb" not in json.dumps(state)


async def test_commands_and_faults(slack: PretendSlack, page: Page, app: App) -> None:
    app.will_answer({"text": "done"})
    result = await page.act("command", **HERE, user_id="U1AGENT", command="/sms")
    assert (result["status"], result["json"]) == (200, {"text": "done"})
    await page.act("fail", method="auth.test", error="fatal_error")
    async with page.session.post(f"{slack.api_url}auth.test", data={"token": "xoxb-1"}) as answer:
        assert (await answer.json())["error"] == "fatal_error"
    await page.act("archive", **HERE)
    state = await page.state()
    assert state["workspaces"][0]["channels"][0]["archived"]
    assert state["calls"][0]["answer_error"] == "fatal_error"


async def test_settings(slack: PretendSlack, page: Page) -> None:
    await page.act("set", duplicates=2, retry_delays=[0.1], rate_limits=True)
    assert (slack.duplicates, slack.retry_delays, slack.rate_limits) == (2, (0.1,), True)


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("nonsense", "{}", 404),
        ("say", "[]", 400),
        ("say", "{", 400),
        ("say", '{"team_id": "T1"}', 400),
        ("archive", '{"team_id": "T1", "channel_id": "C0"}', 400),
        ("set", '{"signing_secret": "x"}', 400),
    ],
)
async def test_wrong_requests_are_told_what_is_wrong(page: Page, name: str, body: str, status: int) -> None:
    async with page.session.post(f"{page.url}/_/{name}", data=body, headers=JSON) as answer:
        assert answer.status == status
        assert (await answer.json())["error"]


async def test_changes_are_announced(slack: PretendSlack, page: Page) -> None:
    async with page.session.get(f"{page.url}/_/events") as stream:
        assert stream.content_type == "text/event-stream"
        await stream.content.readuntil(b"\n\n")
        ts = await slack.say("T1", "C1INBOX", "U1AGENT", "hi")
        line = await asyncio.wait_for(stream.content.readuntil(b"\n\n"), 2)
        change = json.loads(line.removeprefix(b"data: "))
        assert (change["kind"], change["ts"], change["channel"]) == ("message", ts, "C1INBOX")
        await slack.settled()
        await slack.stop()
        rest = await asyncio.wait_for(stream.read(), 2)
        assert b'"delivery"' in rest


async def test_a_page_that_leaves_is_forgotten(slack: PretendSlack, page: Page) -> None:
    async with page.session.get(f"{page.url}/_/events") as stream:
        await stream.content.readuntil(b"\n\n")
        assert len(slack.watchers) == 1
    async with asyncio.timeout(2):
        while slack.watchers:
            await slack.say("T1", "C1INBOX", "U1AGENT", "hi")
            await asyncio.sleep(0.02)


def test_names_of_acts_and_settings_are_real(slack: PretendSlack) -> None:
    assert all(callable(getattr(slack, name)) for name in ACTS)
    assert all(hasattr(slack, name) for name in SETTINGS)


async def test_no_other_site_reads_or_acts(page: Page) -> None:
    async with page.session.get(f"{page.url}/_/state", headers={"Host": "evil.example"}) as answer:
        assert answer.status == 403
    async with page.session.get(f"{page.url}/_/state", headers={"Host": "["}) as answer:
        assert answer.status == 403
    async with page.session.post(f"{page.url}/_/say", data="{}", headers={"Content-Type": "text/plain"}) as answer:
        assert answer.status == 415
