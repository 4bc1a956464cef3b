"""Nobody but the page itself reads it or acts through it."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from cryptography.fernet import Fernet

from bridge.sandbox.page import Page
from bridge.sandbox.page.server import STATIC
from bridge.sandbox.process import App
from bridge.sandbox.town import BEN, CHANNEL, TEAM, Town
from tests.forked import start

SVG = 'xmlns="http://www.w3.org/2000/svg"'
SAYING = {"team_id": TEAM, "channel_id": CHANNEL, "user_id": BEN, "text": "hello"}


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    town = await Town.founded()
    page = Page(town.slack, town.twilio, town.stripe, App(town.app_url, {}))
    await page.start()
    yield page
    await page.close()
    await town.closed()


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def test_a_form_of_another_site_does_nothing(page: Page, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{page.url}/slack/_/say", data=SAYING) as answer:
        assert answer.status == 415
    async with http.post(f"{page.url}/slack/_/say", json=SAYING) as answer:
        assert answer.status == 200


async def test_a_name_that_leads_here_is_not_answered(page: Page, http: aiohttp.ClientSession) -> None:
    for path in ("/", "/state", "/events", "/slack/_/state", "/static/main.js"):
        for host in ("evil.example", "["):
            async with http.get(page.url + path, headers={"Host": host}) as answer:
                assert answer.status == 403, path


async def test_the_browser_runs_nothing_that_is_not_ours(page: Page, http: aiohttp.ClientSession) -> None:
    async with http.get(page.url) as answer:
        assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        text = await answer.text()
    assert "http://" not in text
    assert "https://" not in text


def test_nothing_comes_from_elsewhere() -> None:
    """It works offline: no file of the page names a host, but for the namespace of SVG."""
    every = {path.name: path.read_text("utf-8").replace(SVG, "") for path in STATIC.rglob("*.*")}
    assert {name: found for name, words in every.items() if (found := re.findall(r"https?://\w+", words))} == {}


async def answers(app: App) -> None:
    """Until it does."""
    async with asyncio.timeout(20):
        while await app.outbox() is None:
            await asyncio.sleep(0.1)


async def test_two_who_start_it_at_once_start_it_once(
    page: Page, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    town = await Town.founded()
    key = Fernet.generate_key().decode()
    app = App(town.app_url, town.environment(str(tmp_path / "bridge.db"), key), start)
    try:
        await asyncio.gather(app.start(), app.start(), app.start())
        await answers(app)
        await asyncio.gather(app.stop(), app.start())
        await app.start()
        await answers(app)
    finally:
        await app.stop()
        await town.closed()
    assert not app.is_running
    assert await app.outbox() is None


async def test_nobody_stops_it_while_it_is_needed(page: Page, http: aiohttp.ClientSession) -> None:
    with page.app.held():
        async with http.post(f"{page.url}/app/start", json={}) as answer:
            assert answer.status == 409
            assert "being filled" in (await answer.json())["error"]


async def test_an_app_that_does_not_start_says_so(page: Page, http: aiohttp.ClientSession) -> None:
    async with http.post(f"{page.url}/app/start", json={}) as answer:
        assert answer.status == 500
        assert "did not start" in (await answer.json())["error"]
    assert not page.app.is_running


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/twilio/_/file?phone=x&sid=y&index=x", None, 404),
        ("POST", "/twilio/_/text", "[]", 400),
        ("POST", "/twilio/_/text", "{", 400),
        ("POST", "/slack/_/say", "[]", 400),
        ("POST", "/trouble/flood/on", "{}", 404),
        ("GET", "/file/T0/F0", None, 404),
    ],
)
async def test_odd_requests_are_answered(
    page: Page, http: aiohttp.ClientSession, method: str, path: str, body: str | None, status: int
) -> None:
    headers = {"Content-Type": "application/json"}
    async with http.request(method, page.url + path, data=body, headers=headers) as answer:
        assert answer.status == status


async def test_no_secret_is_shown(page: Page, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{page.url}/state") as answer:
        told = await answer.text()
    for secret in ("xoxb-demo", "demo-auth-token", "demo-signing-secret", "sk_test_demo"):
        assert secret not in told
