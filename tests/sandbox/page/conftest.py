"""The demo as somebody has it on their screen: the real app, the pretend services, and a real browser."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
from cryptography.fernet import Fernet
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, expect
from playwright.async_api import Page as Tab

from bridge.sandbox.__main__ import begin
from bridge.sandbox.page import Page as Served
from bridge.sandbox.process import App
from bridge.sandbox.town import FIRMS, HARBOR, Town
from tests import browser as browsers
from tests.forked import start
from tests.sandbox.page.standin import USUAL, Stage, staged

PATIENCE = 10_000  # milliseconds that anything may take to show
OFTEN = (1.0,) * 100  # seconds between Slack's deliveries: an app that is slow to start must not miss the last one
expect.set_options(timeout=PATIENCE)


@dataclass
class Screen:
    """One tab, and what somebody does in it. `complaints` is what its console says."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    @property
    def channel(self) -> Locator:
        return self.page.locator(".middle .messages")

    @property
    def thread(self) -> Locator:
        return self.page.locator(".thread")

    @property
    def phone(self) -> Locator:
        return self.page.locator(".phone")

    async def be(self, name: str) -> None:
        """Be this person."""
        await self.page.get_by_label("You are").select_option(label=name)

    async def open_thread(self, words: str) -> None:
        """The thread whose root says so."""
        await self.channel.locator(".message", has_text=words).locator(".replies").click()
        await expect(self.thread).to_be_visible()

    async def text(self, words: str) -> None:
        """From the phone that is open."""
        await self.phone.locator("textarea").fill(words)
        await self.phone.locator("textarea").press("Enter")

    async def reply(self, words: str) -> None:
        """In the thread that is open."""
        await self.thread.locator("textarea").fill(words)
        await self.thread.locator("textarea").press("Enter")

    def said(self, words: str) -> Locator:
        """What stands in the thread."""
        return self.thread.locator(".message", has_text=words)

    def bubble(self, words: str) -> Locator:
        """What stands on the phone."""
        return self.phone.locator(".bubble", has_text=words)


@dataclass
class Demo:
    """Everything, and how to open one more tab."""

    town: Town
    app: App
    served: Served
    browser: Browser
    screens: list[Screen] = field(default_factory=list)

    async def open(self, where: str = "") -> Screen:
        """A tab of its own, as of another computer."""
        page = await (await self.browser.new_context()).new_page()
        screen = Screen(page)
        self.screens.append(screen)

        def hear(message: ConsoleMessage) -> None:
            if message.type in {"error", "warning"}:
                screen.complaints.append(message.text)

        page.on("console", hear)
        page.on("pageerror", lambda error: screen.complaints.append(str(error)))
        await page.goto(self.served.url + where)
        await expect(page.locator(".slack")).to_be_visible()
        return screen


def new_key() -> str:
    """To seal what is in a new database."""
    return Fernet.generate_key().decode()


@dataclass(frozen=True)
class Begun:
    """A database of an app that has begun, the key of what is sealed in it, and what Twilio knows since then."""

    database: Path
    key: str
    settings: dict[str, str]  # of the firm's number
    app_url: str

    def in_place(self, folder: Path, town: Town) -> Path:
        """The database of an app that has begun in this town."""
        moved = {name: value.replace(self.app_url, town.app_url) for name, value in self.settings.items()}
        town.twilio.numbers[HARBOR.number].settings.update(moved)
        return Path(shutil.copy(self.database, folder / "bridge.db"))


@asynccontextmanager
async def playing(folder: Path, browser: Browser, begun: Begun | None) -> AsyncIterator[Demo]:
    """A demo for as long as the block lasts; no tab may have complained. One that has not begun begins with all."""
    town = await Town.founded()
    town.slack.retry_delays = OFTEN
    database, key = (begun.in_place(folder, town), begun.key) if begun else (folder / "bridge.db", new_key())
    app = App(town.app_url, town.environment(str(database), key), start)
    served = Served(town.slack, town.twilio, town.stripe, app)
    await served.start()
    try:
        await (app.start() if begun else begin(town, app, FIRMS))
        demo = Demo(town, app, served, browser)
        yield demo
        for screen in demo.screens:
            await screen.page.context.close()
        assert [screen.complaints for screen in demo.screens] == [[] for _ in demo.screens]
    finally:
        await served.close()
        await app.stop()
        await town.closed()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those with a browser run in one loop, so that one serves them all."""
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The one browser; each test has windows of its own in it, which know nothing of others."""
    async with browsers.opened() as browser:
        yield browser


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def begun(tmp_path_factory: pytest.TempPathFactory) -> Begun:
    """What a demo is once it has begun: that takes two more processes, and is the same for all."""
    database, key = tmp_path_factory.mktemp("begun") / "bridge.db", new_key()
    town = await Town.founded()
    app = App(town.app_url, town.environment(str(database), key), start)
    try:
        await begin(town, app, [HARBOR])
    finally:
        await app.stop()
        await town.closed()
    return Begun(database, key, town.twilio.numbers[HARBOR.number].settings, town.app_url)


@pytest_asyncio.fixture(loop_scope="session")
async def demo(tmp_path: Path, browser: Browser, begun: Begun) -> AsyncIterator[Demo]:
    """The demo with one firm, in which nobody has texted yet."""
    async with playing(tmp_path, browser, begun) as demo:
        yield demo


@pytest_asyncio.fixture(loop_scope="session")
async def whole_demo(tmp_path: Path, browser: Browser) -> AsyncIterator[Demo]:
    """The demo as it is by itself, with both firms; it takes as long as that takes."""
    async with playing(tmp_path, browser, None) as demo:
        yield demo


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tab(browser: Browser) -> Tab:
    """Ben's. A new one takes several times longer than another address in it."""
    return await browser.new_page(timezone_id="America/New_York", viewport=USUAL)


@pytest_asyncio.fixture(loop_scope="session")
async def stage(tab: Tab) -> AsyncIterator[Stage]:
    """Ben's empty channel, and a stand-in for the app."""
    async with staged(tab) as stage:
        yield stage
