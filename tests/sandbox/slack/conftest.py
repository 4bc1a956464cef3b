"""A pretend Slack with two workspaces, a small app that remembers what it was sent, and Slack's own client."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bridge.sandbox.slack import PretendSlack
from tests.sandbox.served import served

SECRET = "8f742231b10e8888abcd99yyyzzz85a5"


@dataclass
class Received:
    """One request that reached the app."""

    headers: dict[str, str]
    body: bytes
    form: bool

    @property
    def json(self) -> Any:
        """The event, or the payload of an interaction, or the fields of a command."""
        if not self.form:
            return json.loads(self.body)
        fields = {name: values[0] for name, values in parse_qs(self.body.decode(), keep_blank_values=True).items()}
        return json.loads(fields["payload"]) if "payload" in fields else fields

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = self.json["event"]
        return event


@dataclass
class App:
    """The app under our feet: answers 200 and nothing unless told otherwise."""

    url: str = ""
    received: list[Received] = field(default_factory=list)
    answers: list[web.Response] = field(default_factory=list)
    delay: float = 0.0

    async def take(self, request: web.Request) -> web.Response:
        form = request.content_type != "application/json"
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.received.append(Received(headers, await request.read(), form))
        if self.delay:
            await asyncio.sleep(self.delay)
        return self.answers.pop(0) if self.answers else web.Response()

    def will_answer(self, *answers: object) -> None:
        """JSON bodies, or ready responses, for the next requests."""
        self.answers += [a if isinstance(a, web.Response) else web.json_response(a) for a in answers]

    @property
    def events(self) -> list[dict[str, Any]]:
        return [r.event for r in self.received]

    @property
    def last(self) -> Any:
        return self.received[-1].json


@pytest.fixture
async def app() -> AsyncIterator[App]:
    app = App()
    server = web.Application()
    server.router.add_post("/slack/events", app.take)
    async with served(server) as url:
        app.url = f"{url}/slack/events"
        yield app


@pytest.fixture
async def slack(app: App) -> AsyncIterator[PretendSlack]:
    slack = PretendSlack(signing_secret=SECRET, request_url=app.url)
    await slack.start()
    populate(slack)
    yield slack
    await slack.stop()


def populate(slack: PretendSlack) -> None:
    slack.add_workspace("T1", name="Acme Roofing", bot_token="xoxb-1", bot_user_id="U1BOT", bot_id="B1BOT")
    slack.add_workspace("T2", name="Other Firm", bot_token="xoxb-2", bot_user_id="U2BOT", bot_id="B2BOT")
    slack.add_person("T1", "U1ADMIN", "Ada Admin", admin=True)
    slack.add_person("T1", "U1AGENT", "Al Agent", email="al@acme.example")
    slack.add_person("T2", "U2AGENT", "Olga Other")
    slack.add_channel("T1", "C1INBOX", "leads", members=["U1ADMIN", "U1AGENT"])
    slack.add_channel("T1", "G1SECRET", "secret", private=True, members=["U1ADMIN"])
    slack.add_channel("T1", "C1ELSE", "else", bot_member=False)
    slack.add_channel("T2", "C2INBOX", "leads", members=["U2AGENT"])


@pytest.fixture
def client(slack: PretendSlack) -> AsyncWebClient:
    """Slack's own client, with the first firm's token and without retries of its own."""
    return AsyncWebClient("xoxb-1", base_url=slack.api_url, timeout=2, retry_handlers=[])
