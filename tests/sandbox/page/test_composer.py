"""Typing: commands and their hints, lines, changing and deleting, and the app's shortcuts."""

from pathlib import Path

from playwright.async_api import Locator, expect

from bridge.sandbox.slack import modals
from bridge.sandbox.slack.manifest import Manifest
from bridge.sandbox.town import BEN, CHANNEL, HARBOR, MAPLE, TEAM
from tests.sandbox.page.blocks import ASKED, SHOWN, actions
from tests.sandbox.page.standin import Stage

SHORTCUTS = Manifest(
    {
        "display_information": {"name": "Two-way SMS"},
        "features": {
            "slash_commands": [{"command": "/sms", "description": "How it stands", "usage_hint": "[status]"}],
            "shortcuts": [
                {
                    "name": "New conversation",
                    "type": "global",
                    "callback_id": "begin",
                    "description": "Text somebody",
                },
                {"name": "Assign it", "type": "message", "callback_id": "assign", "description": "To a colleague"},
            ],
            "app_home": {"home_tab_enabled": True, "messages_tab_read_only_enabled": True},
        },
    }
)


async def _spoken(stage: Stage, words: str = "Fish & <chips> at https://example.com") -> Locator:
    """Ben has said something; the message."""
    stage.town.slack.manifest = SHORTCUTS
    box = stage.tab.get_by_role("textbox", name="Message #leads")
    await box.fill(words)
    await box.press("Enter")
    await expect(stage.tab.locator(".message")).to_be_visible()
    return stage.tab.locator(".message").first


async def test_commands_are_offered_and_unknown_ones_are_not_lost(stage: Stage) -> None:
    await _spoken(stage)
    box = stage.tab.get_by_role("textbox", name="Message #leads")
    hint = stage.tab.locator(".hints button", has_text="How it stands")
    await box.press_sequentially("/s")
    await expect(hint).to_contain_text("[status]")
    await hint.click()
    await expect(box).to_have_value("/sms ")
    await expect(hint).to_be_visible()
    await box.fill("/smss status")
    await expect(hint).to_be_hidden()
    await box.press("Enter")
    await expect(stage.tab.locator(".notice.error")).to_contain_text("/smss is no command here")
    await expect(box).to_have_value("/smss status")
    await box.fill(" /smss status")
    await box.press("Enter")
    await expect(stage.tab.locator(".message", has_text="/smss status")).to_be_visible()


async def test_a_command_in_a_thread_is_not_sent(stage: Stage) -> None:
    message = await _spoken(stage)
    await message.hover()
    await message.locator(".replies").click()
    box = stage.tab.locator(".thread textarea")
    await box.fill("/sms status")
    await box.press("Enter")
    await expect(stage.tab.locator(".notice.error")).to_contain_text("/sms does not work in threads")
    await expect(box).to_have_value("/sms status")
    assert len(stage.town.slack.thread(TEAM, CHANNEL, stage.town.slack.roots(TEAM, CHANNEL)[0]["ts"])) == 1


async def test_a_line_is_broken_with_shift(stage: Stage) -> None:
    message = await _spoken(stage)
    await expect(message.locator(".words")).to_have_text("Fish & <chips> at https://example.com")
    box = stage.tab.get_by_role("textbox", name="Message #leads")
    await box.press_sequentially("one")
    await box.press("Shift+Enter")
    await box.press_sequentially("two")
    await box.press("Enter")
    both = stage.tab.locator(".message", has_text="two").locator(".words")
    await expect(both).to_have_text("onetwo")
    assert await both.inner_text() == "one\ntwo"


async def test_a_message_is_changed_where_it_stands(stage: Stage) -> None:
    message = await _spoken(stage)
    await message.get_by_label("More actions").click()
    await message.get_by_role("button", name="Edit message").click()
    box = message.get_by_label("The message as it should be")
    await expect(box).to_have_value("Fish & <chips> at https://example.com")
    await box.press("Escape")
    await expect(box).to_have_count(0)
    await message.get_by_label("More actions").click()
    await message.get_by_role("button", name="Edit message").click()
    await box.fill("Fish & peas")
    await box.press("Enter")
    await expect(message.locator(".words")).to_have_text("Fish & peas(edited)")
    await message.get_by_label("More actions").click()
    await message.get_by_role("button", name="Delete message").click()
    await stage.tab.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(stage.tab.locator(".message")).to_have_count(0)


async def test_shortcuts_of_the_app(stage: Stage) -> None:
    message = await _spoken(stage)
    await message.get_by_label("More actions").click()
    await message.get_by_role("button", name="Assign it").click()
    await expect(message.get_by_role("button", name="Assign it")).to_be_hidden()
    await stage.tab.get_by_label("Shortcuts").click()
    await stage.tab.get_by_role("button", name="New conversation").click()
    await stage.tab.wait_for_function("() => !document.querySelector('details.menu[open]')")
    await stage.town.slack.settled()
    about, anywhere = stage.app.told
    assert (about["type"], about["callback_id"], about["user"]["id"]) == ("message_action", "assign", BEN)
    assert about["message"]["text"].startswith("Fish")
    assert (anywhere["type"], anywhere["callback_id"]) == ("shortcut", "begin")


async def test_the_home_tab_is_there_when_the_manifest_has_it(stage: Stage) -> None:
    stage.town.slack.manifest = Manifest({"display_information": {"name": "Two-way SMS"}})
    stage.town.slack.announce("app")
    await stage.tab.get_by_role("link", name="Two-way SMS").click()
    await expect(stage.tab.get_by_text("The app has not written to this person.")).to_be_visible()
    await expect(stage.tab.get_by_role("button", name="Home")).to_have_count(0)
    stage.town.slack.manifest = SHORTCUTS
    stage.town.slack.announce("app")
    await expect(stage.tab.get_by_role("button", name="Home")).to_be_visible()
    await expect(stage.tab.get_by_text("The app shows nothing here yet.")).to_be_visible()


async def test_a_reaction_is_added_and_taken_back(stage: Stage) -> None:
    message = await _spoken(stage)
    await stage.town.slack.react(TEAM, CHANNEL, "U01ADA", stage.town.slack.roots(TEAM, CHANNEL)[0]["ts"], "eyes")
    mark = message.locator(".reaction")
    await mark.click()
    await expect(mark).to_have_text("👀 2")
    await expect(mark).to_have_attribute("aria-pressed", "true")
    await mark.click()
    await expect(mark).to_have_text("👀 1")


async def test_nobody_changes_what_another_has_written(stage: Stage) -> None:
    message = await _spoken(stage)
    await message.get_by_label("More actions").click()
    await message.get_by_role("button", name="Edit message").click()
    await stage.tab.get_by_label("You are").select_option(label="Ada (admin)")
    await expect(message.get_by_label("The message as it should be")).to_have_count(0)


async def test_who_is_typing_keeps_the_focus_when_something_above_goes(stage: Stage) -> None:
    await _spoken(stage)
    first = stage.town.slack.roots(TEAM, CHANNEL)[0]["ts"]
    await stage.town.slack.say(TEAM, CHANNEL, BEN, "Second")
    second = stage.tab.locator(".message", has_text="Second")
    await second.get_by_label("More actions").click()
    await second.get_by_role("button", name="Edit message").click()
    await stage.town.slack.delete(TEAM, CHANNEL, first)
    await expect(stage.tab.locator(".message")).to_have_count(1)
    await stage.tab.keyboard.type(" and more")
    await expect(stage.tab.get_by_label("The message as it should be")).to_have_value("Second and more")


async def test_what_is_not_sent_yet_is_there_again(stage: Stage) -> None:
    message = await _spoken(stage)
    await message.hover()
    await message.locator(".replies").click()
    box = stage.tab.locator(".thread textarea")
    await box.fill("half a sen")
    await stage.tab.get_by_label("Close the thread").click()
    await message.hover()
    await message.locator(".replies").click()
    await expect(box).to_have_value("half a sen")
    await stage.tab.reload()
    await expect(box).to_have_value("half a sen")
    await box.press("Enter")
    await expect(stage.tab.locator(".thread .message", has_text="half a sen")).to_be_visible()
    await expect(box).to_have_value("")
    await stage.tab.reload()
    await expect(box).to_have_value("")


async def test_what_could_not_be_sent_is_still_there_with_its_files(stage: Stage, tmp_path: Path) -> None:
    await _spoken(stage)
    picture = tmp_path / "pixel.png"
    picture.write_bytes(b"picture")
    box = stage.tab.get_by_role("textbox", name="Message #leads")
    await stage.tab.locator(".middle input[type=file]").set_input_files(picture)
    await box.fill("with a picture")
    await stage.tab.route("**/slack/_/say", lambda route: route.fulfill(status=400, json={"error": "Not now."}))
    await box.press("Enter")
    await expect(stage.tab.locator(".notice.error")).to_have_text("Not now.")
    await expect(box).to_have_value("with a picture")
    await stage.tab.unroute("**/slack/_/say")
    await box.press("Enter")
    await expect(stage.tab.locator(".message .files")).to_be_visible()


async def test_a_phone_texts_the_firm_that_it_is_talking_to(stage: Stage) -> None:
    await stage.town.twilio.text("+14155550130", HARBOR.number, "to the lawyers")
    await stage.town.twilio.text("+14155550131", MAPLE.number, "to the dentist")
    one, other = (stage.tab.locator(".entry", has_text=f"555-013{number}") for number in (0, 1))
    firm = stage.tab.locator(".phone select")
    await one.click()
    await expect(firm).to_have_value(HARBOR.number)
    await firm.select_option(label="Maple Dental")
    await expect(stage.tab.locator(".bubble")).to_have_count(0)
    await firm.select_option(label="Harbor Law")
    await other.click()
    await expect(firm).to_have_value(MAPLE.number)
    await expect(stage.tab.locator(".bubble")).to_have_text("to the dentist")


async def test_the_home_of_the_app_and_its_buttons(stage: Stage) -> None:
    slack = stage.town.slack
    slack.manifest = SHORTCUTS
    slack.subscriptions.add("app_home_opened")
    shown = {"type": "home", "blocks": [SHOWN["header"][0], actions(ASKED)]}
    slack.workspace(TEAM).homes[BEN] = modals.new_view(slack, slack.workspace(TEAM), BEN, shown)
    slack.announce("home")
    await stage.tab.get_by_role("link", name="Two-way SMS").click()
    await expect(stage.tab.locator(".home h2")).to_have_text("A heading")
    await stage.tab.get_by_role("button", name="Resolve").click()
    await stage.tab.get_by_role("button", name="Resolve it").click()
    await expect(stage.tab.get_by_role("dialog")).to_have_count(0)
    for _ in range(100):
        if stage.app.actions:
            break
        await stage.tab.wait_for_timeout(20)
    [action] = stage.app.actions
    assert (action["value"], stage.app.told[-1]["container"]["type"]) == ("7", "view")
    assert "app_home_opened" in [each.payload["event"]["type"] for each in slack.deliveries if each.kind == "event"]
    await stage.tab.get_by_role("button", name="Messages", exact=True).click()
    await expect(stage.tab.get_by_text("This app takes no messages here.")).to_be_visible()
