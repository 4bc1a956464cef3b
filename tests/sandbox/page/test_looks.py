"""Everybody can use the page: contrast, names and order as axe checks them, keys only, and small windows."""

from collections.abc import Awaitable, Callable

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page as Tab
from playwright.async_api import expect

from bridge.sandbox.town import BEN, CHANNEL, TEAM
from tests.sandbox.page import blocks as kit
from tests.sandbox.page.blocks import actions, input_of
from tests.sandbox.page.standin import Stage

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
NAME = """() => {
    const one = document.activeElement;
    return one.getAttribute("aria-label") || one.labels?.[0]?.textContent || one.textContent;
}"""
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


async def _billing(stage: Stage) -> None:
    """A customer with cards, a subscription, invoices of which one is open, and events."""
    await stage.pays()
    await stage.tab.get_by_role("tab", name="Billing").click()
    await expect(stage.tab.get_by_role("button", name="Pay and confirm")).to_be_visible()
    await expect(stage.tab.get_by_text("customer.subscription.updated").first).to_be_visible()


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("look", [_thread, _glass, _modal, _billing])
async def test_axe_finds_nothing_to_repair(stage: Stage, look: Look, colours: str) -> None:
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
@pytest.mark.parametrize("look", [_thread, _modal, _billing])
async def test_nothing_is_cut_off(stage: Stage, look: Look, width: int) -> None:
    await look(stage)
    await stage.tab.set_viewport_size({"width": width, "height": 800})
    await stage.tab.wait_for_timeout(100)
    assert await _is_cut(stage.tab) == []
    if width == 390:
        await stage.tab.keyboard.press("Escape")
        await stage.tab.get_by_role("button", name="Phones and more").click()
        assert await _is_cut(stage.tab) == []


async def _reach(tab: Tab, name: str) -> None:
    """By the Tab key, until what has the focus is called just so."""
    for _ in range(60):
        await tab.keyboard.press("Tab")
        if name == str(await tab.evaluate(NAME)):
            return
    raise AssertionError(f"{name} is not reached")


async def test_a_text_and_its_answer_by_keys_alone(stage: Stage) -> None:
    await _reach(stage.tab, "New phone")
    await stage.tab.keyboard.press("Enter")
    await _reach(stage.tab, "Text from (415) 555-0111")
    await stage.tab.keyboard.type("Hello?")
    await stage.tab.keyboard.press("Enter")
    await expect(stage.tab.locator(".bubble")).to_have_text("Hello?")
    await _reach(stage.tab, "Message #leads")
    await stage.tab.keyboard.type("Who is that?")
    await stage.tab.keyboard.press("Enter")
    await expect(stage.tab.locator(".message")).to_contain_text("Who is that?")
    await _reach(stage.tab, "Reply")
    await stage.tab.keyboard.press("Enter")
    await _reach(stage.tab, "Reply in thread")
    await stage.tab.keyboard.type("A lead")
    await stage.tab.keyboard.press("Enter")
    await expect(stage.tab.locator(".thread .message")).to_have_count(2)
    await _reach(stage.tab, "Behind the glass")
    await stage.tab.keyboard.press("Enter")
    await expect(stage.tab.get_by_role("switch").first).to_be_visible()


async def test_words_from_right_to_left_and_without_any_space(stage: Stage) -> None:
    await stage.show([{"type": "section", "text": kit.mrkdwn("x" * 400)}])
    await stage.open({**EVERYTHING, "blocks": [{"type": "section", "text": kit.mrkdwn("y" * 400)}]})
    assert await _is_cut(stage.tab) == []
    await stage.tab.keyboard.press("Escape")
    await stage.town.slack.say(TEAM, CHANNEL, BEN, "\u05e9\u05dc\u05d5\u05dd?")
    words = stage.tab.locator(".message", has_text="?").locator(".block")
    await expect(words).to_be_visible()
    assert await words.evaluate("(one) => getComputedStyle(one).direction") == "rtl"
