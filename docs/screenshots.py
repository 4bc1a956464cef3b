"""`make screenshots`: the page of the demo in its main states, as docs/page*.png."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from cryptography.fernet import Fernet
from playwright.async_api import Page, expect

from bridge.sandbox.__main__ import begin
from bridge.sandbox.page import Page as Served
from bridge.sandbox.process import App
from bridge.sandbox.seeds import sow
from bridge.sandbox.town import FIRMS, Town
from tests import browser as browsers

DOCS = Path(__file__).parent
WIDE, NARROW = (1280, 800), (390, 780)
LONG = "This is what I remember of the accident, from the beginning. " * 26  # 1,600 characters
QUIET = 1500  # milliseconds until all has been drawn

State = Callable[[Page], Awaitable[None]]


async def _thread(page: Page) -> None:
    """A conversation, and the phone at its other end."""
    await page.locator(".phones .entry", has_text="555-0120").click()
    await page.locator(".message", has_text="Dana Example").locator(".replies").click()
    await page.get_by_label("You are").select_option(label="Ben")
    await page.locator(".thread textarea").fill("// she is the client with the harbour lease")
    await page.locator(".thread textarea").press("Enter")


async def _refused(page: Page) -> None:
    """Nobody texts somebody who has said STOP."""
    await page.locator(".phones .entry", has_text="555-0124").click()
    await page.locator(".message", has_text="Lee Example").locator(".replies").click()
    await page.locator(".thread textarea").fill("Are you still there?")
    await page.locator(".thread textarea").press("Enter")
    await expect(page.locator(".ephemeral")).to_be_visible()


async def _glass(page: Page) -> None:
    """What crossed, while the app is stopped, in the dark."""
    await _long(page)
    await page.emulate_media(color_scheme="dark")
    await page.get_by_role("button", name="Behind the glass").click()
    await page.get_by_role("button", name="Stop the app").click()
    await expect(page.get_by_text("The app is stopped")).to_be_visible()


async def _long(page: Page) -> None:
    """A text as long as texts can be."""
    await page.locator(".phones .entry", has_text="555-0121").click()
    await page.locator(".phone textarea").fill(LONG[:1600])
    await page.locator(".phone textarea").press("Enter")
    await page.locator(".message", has_text="Maximiliane").locator(".replies").click()


async def _phone(page: Page) -> None:
    """On a phone there is one side at a time."""
    await page.set_viewport_size({"width": NARROW[0], "height": NARROW[1]})
    await page.locator(".message", has_text="Omar Example").locator(".replies").click()


async def _billing(page: Page) -> None:
    """A firm that pays by itself, a month on."""
    await page.get_by_label("Workspace").select_option(label="Maple Dental")
    await page.get_by_role("link", name="Two-way SMS").click()
    await page.get_by_role("tab", name="Billing").click()
    await _enable(page, "Please add a payment method")
    await page.get_by_role("button", name="Add a good card").click()
    await _enable(page, "Two-way SMS is on.")
    await page.get_by_role("button", name="A month").click()


async def _enable(page: Page, told: str) -> None:
    await page.get_by_role("button", name="Enable Two-Way SMS").click()
    await page.get_by_label("My firm is approved").check()
    await page.get_by_role("button", name="Confirm & Enable").click()
    await expect(page.get_by_role("dialog")).to_contain_text(told)
    await page.get_by_role("dialog").locator("footer").get_by_role("button", name="Close").click()


STATES: dict[str, State] = {
    "": _thread, "-refused": _refused, "-narrow": _phone, "-glass": _glass, "-billing": _billing,
}  # fmt: skip


async def draw() -> None:
    """All of them, of one demo."""
    town = await Town.founded()
    with tempfile.TemporaryDirectory() as folder:
        environment = town.environment(str(Path(folder) / "bridge.db"), Fernet.generate_key().decode())
        app = App(town.app_url, environment)
        served = Served(town.slack, town.twilio, town.stripe, app)
        try:
            await begin(town, app, FIRMS)
            await sow(town, app)
            url = await served.start()
            async with browsers.opened() as browser:
                for name, reach in STATES.items():
                    page = await browser.new_page(viewport={"width": WIDE[0], "height": WIDE[1]})
                    await page.goto(url)
                    await reach(page)
                    await page.wait_for_timeout(QUIET)
                    await page.screenshot(path=DOCS / f"page{name}.png")
                    await page.close()
        finally:
            await served.close()
            await app.stop()
            await town.closed()


if __name__ == "__main__":
    asyncio.run(draw())
