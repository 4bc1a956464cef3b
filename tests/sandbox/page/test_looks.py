"""Everybody can use the page: contrast, names and order as axe checks them, keys only, and small windows."""

from collections.abc import Awaitable, Callable

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page as Tab
from playwright.async_api import expect

from bridge.sandbox.town import BEN, CHANNEL, TEAM
from tests.sandbox.page import blocks as kit
from tests.sandbox.page.blocks import actions, input_of
from tests.sandbox.page.standin import Stage, staged

LONG = "Maximiliane-Henriette von Hohenstein-Example und zu Beispiel"
TEXT: kit.Block = {"type": "plain_text_input"}
FIELDS = [TEXT, kit.SEARCHED, kit.MULTI, kit.STATIC, kit.RADIO, kit.BOXES, kit.DAY, kit.TIME]
EVERYTHING = {
    "type": "modal",
    "title": kit.plain("Everything"),
    "submit": kit.plain("Send"),
    "blocks": [input_of(f"field {number}", element) for number, element in enumerate(FIELDS)],
}
ELEMENTS = [kit.ASKED, kit.LINKED, kit.STATIC, kit.SEARCHED, kit.PERSON, kit.BOXES, kit.MENU, kit.DAY]
Look = Callable[[Stage], Awaitable[None]]


async def _thread(stage: Stage) -> None:
    """Every block in a channel, a thread beside it, and a phone with texts."""
    await stage.show([block for block, _ in kit.SHOWN.values()])
    ts = await stage.show([actions(element) for element in ELEMENTS])
    await stage.town.slack.say(TEAM, CHANNEL, BEN, LONG, thread_ts=ts)
    await stage.town.slack.react(TEAM, CHANNEL, BEN, ts, "eyes")
    await stage.tab.get_by_role("button", name="New phone").click()
    await stage.tab.locator(".message .replies").last.click()
    await expect(stage.tab.locator(".thread .message", has_text=LONG)).to_be_visible()


async def _glass(stage: Stage) -> None:
    """Behind the glass, with requests."""
    await stage.show([kit.SHOWN["header"][0]])
    await stage.tab.get_by_role("button", name="Behind the glass").click()
    await expect(stage.tab.locator(".crossed tbody tr").first).to_be_visible()


async def _modal(stage: Stage) -> None:
    """A form with every kind of field."""
    await stage.open(EVERYTHING)


async def _empty(stage: Stage) -> None:
    """Nothing at all, in the tabs that wait for their services."""
    await stage.tab.get_by_role("tab", name="Billing").click()
    await expect(stage.tab.get_by_text("Nothing has been paid for.")).to_be_visible()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("look", [_thread, _glass, _modal, _empty])
async def test_axe_finds_nothing_to_repair(look: Look, colours: str) -> None:
    async with staged() as stage:
        await stage.tab.emulate_media(color_scheme="dark" if colours == "dark" else "light")
        await look(stage)
        found = await Axe().run(stage.tab)
        assert found.violations_count == 0, found.generate_report()


async def _is_cut(tab: Tab) -> list[str]:
    """What reaches beyond the window's sides, and cannot be scrolled to."""
    found = await tab.evaluate(
        """() => [...document.querySelectorAll('body *')].filter((one) => {
            const box = one.getBoundingClientRect();
            const isSeen = box.width && box.height && one.checkVisibility({visibilityProperty: true});
            return isSeen && (box.right > innerWidth + 1 || box.left < -1)
                && !one.closest('.sidebar, .scrolls, [hidden], .notice');
        }).map((one) => one.outerHTML.slice(0, 80))"""
    )
    return [str(one) for one in found]


@pytest.mark.parametrize("width", [1280, 1100, 390])
@pytest.mark.parametrize("look", [_thread, _modal])
async def test_nothing_is_cut_off(look: Look, width: int) -> None:
    async with staged() as stage:
        await look(stage)
        await stage.tab.set_viewport_size({"width": width, "height": 800})
        await stage.tab.wait_for_timeout(100)
        assert await _is_cut(stage.tab) == []
        if width == 390:
            await stage.tab.keyboard.press("Escape")
            await stage.tab.get_by_role("button", name="Phones and more").click()
            assert await _is_cut(stage.tab) == []


async def test_a_text_and_its_answer_by_keys_alone() -> None:
    async with staged() as stage:
        await stage.show([kit.SHOWN["header"][0]])
        reached: list[str] = []
        for _ in range(40):
            await stage.tab.keyboard.press("Tab")
            reached.append(str(await stage.tab.evaluate("""() => {
                const one = document.activeElement;
                return one.getAttribute('aria-label') || one.labels?.[0]?.textContent || one.textContent;
            }""")))  # fmt: skip
        every = " / ".join(reached)
        for name in (
            "Workspace",
            "You are",
            "leads",
            "Message #leads",
            "Send",
            "New phone",
            "Magic",
            "Behind the glass",
        ):
            assert name in every, f"{name} is not among {every}"
