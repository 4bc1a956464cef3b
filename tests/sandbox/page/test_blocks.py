"""Block Kit as the page draws it, and what the app hears when somebody uses it."""

import re
from typing import Any

import pytest
from playwright.async_api import expect

from bridge.sandbox.slack import posts
from bridge.sandbox.slack.blocks import check_blocks
from bridge.sandbox.slack.clicks import app_body
from bridge.sandbox.town import ADA, BEN, CHANNEL, TEAM
from tests.sandbox.page import blocks as kit
from tests.sandbox.page.blocks import actions
from tests.sandbox.page.standin import LAWYERS, Stage


async def test_what_shows_something_can_be_read(stage: Stage) -> None:
    for name, (block, words) in kit.SHOWN.items():
        assert list(check_blocks([block], "message")) == [], name
        await stage.show([block])
        message = stage.tab.locator(".message").last
        for each in words:
            await expect(message.locator(".words").first).to_contain_text(each)
    await expect(stage.tab.locator(".undrawn")).to_have_count(0)


async def test_what_cannot_be_drawn_is_shown_as_such(stage: Stage) -> None:
    await stage.show([{"type": "card", "title": {"type": "plain_text", "text": "A card"}}])
    await expect(stage.tab.locator(".undrawn")).to_contain_text("A block that is not drawn here: card")
    await stage.show([actions({"type": "feedback_buttons"})])
    await expect(stage.tab.locator(".undrawn").last).to_contain_text("feedback_buttons")


async def _pressed(stage: Stage) -> dict[str, Any]:
    """What the app heard, once it has."""
    for _ in range(200):
        if stage.app.actions:
            [action] = stage.app.actions
            stage.app.told.clear()
            return action
        await stage.tab.wait_for_timeout(20)
    raise AssertionError("the app heard nothing")


async def test_a_button_that_asks_first(stage: Stage) -> None:
    await stage.show([actions(kit.ASKED)])
    resolve = stage.tab.get_by_role("button", name="Resolve")
    await resolve.click()
    await stage.tab.get_by_role("dialog", name="Resolve?").get_by_role("button", name="Keep it open").click()
    await resolve.click()
    await expect(stage.tab.get_by_role("dialog")).to_contain_text("It opens again with the next text.")
    await stage.tab.keyboard.press("Escape")
    await resolve.click()
    await stage.tab.get_by_role("button", name="Resolve it").click()
    assert (await _pressed(stage))["value"] == "7"
    assert stage.app.told == []


async def test_a_button_that_leads_somewhere_is_a_link(stage: Stage) -> None:
    await stage.show([actions(kit.LINKED)])
    await expect(stage.tab.get_by_role("link", name="To the plan")).to_have_attribute("rel", re.compile("noopener"))


@pytest.mark.parametrize("element", [kit.STATIC, kit.GROUPED], ids=["plain", "in groups"])
async def test_a_menu(stage: Stage, element: kit.Block) -> None:
    await stage.show([actions(element)])
    await stage.tab.get_by_label("A colour").select_option("Blue")
    assert (await _pressed(stage))["selected_option"] == kit.BLUE


async def test_a_menu_behind_dots_closes_when_something_was_chosen(stage: Stage) -> None:
    await stage.show(
        [{"type": "section", "text": kit.mrkdwn("Dana"), "accessory": {**kit.MENU, "action_id": "used"}}]
    )
    more = stage.tab.locator(".accessory summary")
    await more.click()
    await stage.tab.keyboard.press("Escape")
    await expect(stage.tab.get_by_role("button", name="Green")).to_be_hidden()
    await more.click()
    await stage.tab.get_by_role("button", name="Green").click()
    assert (await _pressed(stage))["selected_option"] == kit.GREEN
    await expect(stage.tab.get_by_role("button", name="Green")).to_be_hidden()


async def test_a_menu_of_which_several_are_chosen_and_taken_away(stage: Stage) -> None:
    asked = {"type": "section", "text": kit.mrkdwn("Which?"), "accessory": {**kit.MULTI, "action_id": "used"}}
    await stage.open({"type": "modal", "title": kit.plain("Colours"), "blocks": [asked]})
    box = stage.tab.get_by_role("combobox", name="Colours")
    await box.fill("gr")
    await box.press("ArrowDown")
    await box.press("Enter")
    assert (await _pressed(stage))["selected_options"] == [kit.GREEN]
    await expect(stage.tab.locator(".chip")).to_have_text("Green×")
    await box.fill("r")
    await expect(stage.offered).to_have_text(["Red", "Green"])
    await stage.offered.first.click()
    assert (await _pressed(stage))["selected_options"] == [kit.GREEN, kit.RED]
    await expect(stage.tab.locator(".chip")).to_have_count(2)
    await stage.tab.get_by_role("button", name="Take away Green").click()
    assert (await _pressed(stage))["selected_options"] == [kit.RED]


async def test_a_menu_that_the_app_fills_asks_from_its_least_letters_on(stage: Stage) -> None:
    await stage.show([actions(kit.SEARCHED)])
    box = stage.tab.get_by_role("combobox", name="A lawyer")
    await box.fill("A")
    await box.fill("Ad")
    await stage.offered.first.click()
    await expect(box).to_have_value("Lawyer Ada")
    assert stage.app.queries == ["Ad"]
    assert (await _pressed(stage))["selected_option"] == LAWYERS[0]


@pytest.mark.parametrize(
    ("element", "name", "letters", "field", "chosen"),
    [
        (kit.PERSON, "A colleague", "ad", "selected_user", ADA),
        (kit.PLACE, "A channel", "lea", "selected_conversation", CHANNEL),
    ],
)
async def test_a_menu_of_people_and_places(
    stage: Stage, element: kit.Block, name: str, letters: str, field: str, chosen: str
) -> None:
    await stage.show([actions(element)])
    await stage.tab.get_by_role("combobox", name=name).fill(letters)
    await stage.offered.click()
    assert (await _pressed(stage))[field] == chosen


async def test_what_is_ticked(stage: Stage) -> None:
    await stage.show([actions(kit.RADIO)])
    await stage.tab.get_by_role("radio", name="Green").check()
    assert (await _pressed(stage))["selected_option"] == kit.GREEN
    await stage.show([actions(kit.BOXES)])
    await expect(stage.tab.get_by_role("checkbox", name="Red")).to_be_checked()
    await stage.tab.get_by_role("checkbox", name="Blue").check()
    assert (await _pressed(stage))["selected_options"] == [kit.RED, kit.BLUE]


async def test_days_and_times(stage: Stage) -> None:
    await stage.show([actions(kit.DAY)])
    await expect(stage.tab.locator("input[type=date]")).to_have_value("2026-11-23")
    await stage.tab.locator("input[type=date]").fill("2026-12-24")
    await stage.tab.keyboard.press("Tab")
    assert (await _pressed(stage))["selected_date"] == "2026-12-24"
    await stage.show([actions(kit.TIME)])
    await stage.tab.locator("input[type=time]").fill("09:30")
    await stage.tab.keyboard.press("Tab")
    assert (await _pressed(stage))["selected_time"] == "09:30"


async def test_who_says_no_has_changed_nothing(stage: Stage) -> None:
    asked = {"confirm": kit.ASKED["confirm"]}
    await stage.show([actions({**kit.STATIC, **asked, "initial_option": kit.RED}), actions({**kit.BOXES, **asked})])
    menu = stage.tab.get_by_label("A colour")
    await menu.select_option("Blue")
    await stage.tab.get_by_role("button", name="Keep it open").click()
    await expect(menu).to_have_value("red")
    await stage.tab.get_by_role("checkbox", name="Blue").click()
    await stage.tab.keyboard.press("Escape")
    await expect(stage.tab.get_by_role("checkbox", name="Blue")).not_to_be_checked()
    assert stage.app.told == []


async def test_several_are_chosen_in_a_message_one_after_the_other(stage: Stage) -> None:
    await stage.show([actions(kit.MULTI)])
    box = stage.tab.get_by_role("combobox", name="Colours")
    for letters in ("red", "blu"):
        await box.fill(letters)
        await stage.offered.first.click()
        await expect(stage.tab.locator(".chip", has_text=letters.title())).to_be_visible()
    assert [one["selected_options"] for one in stage.app.actions] == [[kit.RED], [kit.RED, kit.BLUE]]
    await stage.tab.reload()
    await expect(stage.tab.locator(".chip")).to_have_count(2)


async def test_a_menu_that_only_one_person_sees(stage: Stage) -> None:
    slack = stage.town.slack
    body = {"text": "Who?", "blocks": posts.with_ids(slack, [actions(kit.SEARCHED)])}
    posts.show_ephemeral(
        slack,
        slack.workspace(TEAM),
        slack.channel(TEAM, CHANNEL),
        BEN,
        {**app_body(slack.workspace(TEAM)), **body},
    )
    await stage.tab.get_by_role("combobox", name="A lawyer").fill("Ad")
    await stage.offered.first.click()
    assert (await _pressed(stage))["selected_option"] == LAWYERS[0]


async def test_a_menu_in_channel_and_thread_opens_where_one_types(stage: Stage) -> None:
    await stage.tab.set_viewport_size({"width": 1500, "height": 800})
    await stage.show([actions(kit.SEARCHED)])
    await stage.tab.locator(".message").hover()
    await stage.tab.locator(".replies").click()
    await stage.tab.locator(".thread").get_by_role("combobox").fill("Ad")
    await expect(stage.tab.locator(".thread li[role=option]")).to_have_count(2)
    await expect(stage.tab.locator(".middle li[role=option]")).to_have_count(0)


async def test_one_bad_block_spoils_no_others(stage: Stage) -> None:
    await stage.show([{**kit.PIXEL, "image_url": "http://["}, {"type": "header", "text": kit.plain("Still here")}])
    await stage.show([{"type": "constructor"}, {"type": "divider"}])
    await expect(stage.tab.locator(".message h2")).to_have_text("Still here")
    await expect(stage.tab.locator(".undrawn > summary")).to_have_count(2)
    await expect(stage.tab.locator(".message hr")).to_be_visible()


async def test_only_pictures_of_the_page_itself_are_fetched(stage: Stage) -> None:
    own = stage.tab.url.partition("#")[0] + "static/icon.svg"
    await stage.show([{**kit.PIXEL, "image_url": own}, {**kit.PIXEL, "image_url": "http://127.0.0.1:9/lead.png"}])
    await expect(stage.tab.locator(".message img")).to_have_count(1)
    assert await stage.tab.locator(".message img").evaluate(
        "async (one) => { await one.decode(); return one.naturalWidth; }"
    )
    await expect(stage.tab.get_by_role("link", name="A picture elsewhere: A lead")).to_be_visible()


async def test_a_button_runs_no_script(stage: Stage) -> None:
    await stage.show([actions({**kit.LINKED, "url": "javascript:alert(1)"})])
    await expect(stage.tab.get_by_role("button", name="To the plan")).to_be_visible()
    await expect(stage.tab.locator("a[href^=javascript]")).to_have_count(0)
