"""Modals: their fields, what the app says about them, and stacks of them."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from bridge.sandbox.slack import modals
from bridge.sandbox.town import BEN, TEAM
from tests.sandbox.page.blocks import BOXES, COLOURS, GREEN, GROUPED, input_of, plain
from tests.sandbox.page.standin import WRONG, Stage

FORM = {
    "type": "modal",
    "title": plain("New conversation"),
    "submit": plain("Begin"),
    "blocks": [
        input_of("number", {"type": "plain_text_input"}, hint=plain("With its area code")),
        input_of("lawyer", {"type": "external_select", "min_query_length": 2}, optional=True),
    ],
}
# Where the focus is: inside, or at the browser itself, which comes between the last and the first field.
INSIDE = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
# A field, what is typed into it, and what the app gets.
TYPED: dict[str, tuple[dict[str, Any], str, Any]] = {
    "words": ({"type": "plain_text_input", "multiline": True}, "Two\nlines", "Two\nlines"),
    "mail": ({"type": "email_text_input"}, "dana@example.com", "dana@example.com"),
    "site": ({"type": "url_text_input"}, "https://example.com", "https://example.com"),
    "many": ({"type": "number_input", "is_decimal_allowed": False}, "7", "7"),
    "day": ({"type": "datepicker"}, "2026-12-24", "2026-12-24"),
    "hour": ({"type": "timepicker"}, "09:30", "09:30"),
    "moment": ({"type": "datetimepicker"}, "2026-12-24T09:30", 1_798_122_600),  # in New York
}


async def _form(stage: Stage) -> None:
    """Ben has the form before him."""
    await stage.open(FORM)


async def test_an_error_stands_at_its_field_and_what_was_typed_stays(stage: Stage) -> None:
    await _form(stage)
    number = stage.tab.get_by_label("number", exact=True)
    await number.fill("123")
    await stage.tab.get_by_role("button", name="Begin").click()
    await expect(stage.tab.locator(".field.wrong", has_text="number").get_by_role("alert")).to_have_text(WRONG)
    await expect(number).to_have_value("123")
    await number.fill("+14155550123")
    await stage.tab.get_by_role("button", name="Begin").click()
    await expect(stage.tab.get_by_role("dialog")).to_have_count(0)
    assert [given["number"]["number"]["value"] for given in stage.app.submitted] == ["123", "+14155550123"]


async def test_a_field_that_is_required_is_not_sent_empty(stage: Stage) -> None:
    await _form(stage)
    await stage.tab.get_by_role("button", name="Begin").click()
    wrong = stage.tab.locator(".field.wrong", has_text="number").get_by_role("alert")
    await expect(wrong).to_have_text("This field is required.")
    await expect(stage.tab.get_by_role("dialog")).to_be_visible()
    assert stage.app.submitted == []


async def test_what_the_app_found_is_sent_along(stage: Stage) -> None:
    await _form(stage)
    await stage.tab.get_by_label("number", exact=True).fill("+14155550123")
    lawyer = stage.tab.get_by_role("combobox", name="lawyer")
    await lawyer.fill("Cl")
    await expect(stage.offered).to_have_count(2)
    await lawyer.press("ArrowUp")
    await lawyer.press("Enter")
    await expect(lawyer).to_have_value("Lawyer Cleo")
    await stage.tab.get_by_role("button", name="Begin").click()
    await expect(stage.tab.get_by_role("dialog")).to_have_count(0)
    assert stage.app.submitted[0]["lawyer"]["lawyer"]["selected_option"]["value"] == "Cleo"


async def test_escape_closes_the_options_and_then_the_form(stage: Stage) -> None:
    await _form(stage)
    lawyer = stage.tab.get_by_role("combobox", name="lawyer")
    await lawyer.fill("Ad")
    await expect(stage.offered.first).to_be_visible()
    await lawyer.press("Escape")
    await expect(stage.offered.locator("visible=true")).to_have_count(0)
    await expect(stage.tab.get_by_role("dialog")).to_be_visible()
    await lawyer.press("Escape")
    await expect(stage.tab.get_by_role("dialog")).to_have_count(0)
    assert stage.app.submitted == []


async def test_whatever_can_be_typed_arrives(stage: Stage) -> None:
    fields = [input_of(name, element) for name, (element, _, _) in TYPED.items()]
    chosen = [
        input_of("one", {"type": "radio_buttons", "options": COLOURS}),
        input_of("some", BOXES),
        input_of("menu", {"type": "static_select", "options": COLOURS}),
    ]
    form = {"type": "modal", "title": plain("Everything"), "submit": plain("Send"), "blocks": [*fields, *chosen]}
    await stage.open(form)
    for name, (_, typed, _) in TYPED.items():
        await stage.tab.get_by_label(name, exact=True).fill(typed)
    await stage.tab.get_by_role("radio", name="Green").check()
    await stage.tab.get_by_label("menu", exact=True).select_option("Green")
    await stage.tab.locator("dialog .primary").click()
    await expect(stage.tab.get_by_role("dialog")).to_have_count(0)
    [values] = stage.app.submitted
    found = {name: next(v for k, v in values[name][name].items() if k != "type") for name in TYPED}
    assert found == {name: expected for name, (_, _, expected) in TYPED.items()}
    assert values["one"]["one"]["selected_option"] == GREEN
    assert [one["value"] for one in values["some"]["some"]["selected_options"]] == ["red"]
    assert values["menu"]["menu"]["selected_option"] == GREEN


async def test_a_choice_tells_what_was_typed_so_far_and_the_field_can_be_filled_anew(stage: Stage) -> None:
    menu = input_of("menu", GROUPED) | {"dispatch_action": True}
    form = {"type": "modal", "title": plain("Text"), "submit": plain("Send")}
    await stage.open(form | {"blocks": [menu, input_of("field", {"type": "plain_text_input"})]})
    for many, (typed, colour) in enumerate((("My words", "Red"), ("", "Blue")), 1):
        await stage.tab.get_by_label("field", exact=True).fill(typed)
        await stage.tab.get_by_label("field", exact=True).press("Tab")
        await stage.tab.get_by_label("menu", exact=True).select_option(colour)
        while len(chosen := [one for one in stage.app.told if one["type"] == "block_actions"]) < many:
            await asyncio.sleep(0.01)
        assert chosen[-1]["view"]["state"]["values"]["field"]["field"]["value"] == typed
    slack = stage.town.slack
    [view] = slack.workspace(TEAM).modals[BEN]
    filled = input_of("field:1", {"type": "plain_text_input", "initial_value": "Suggested"})
    modals.replace(slack, slack.workspace(TEAM), view, form | {"blocks": [menu, filled]})
    slack.announce("view", team_id=TEAM, user=BEN, view_id=view.id)
    await expect(stage.tab.get_by_label("field:1", exact=True)).to_have_value("Suggested")
    await expect(stage.tab.get_by_label("menu", exact=True)).to_have_value("blue")


async def test_a_file_goes_along(stage: Stage, tmp_path: Path) -> None:
    table = tmp_path / "leads.csv"
    table.write_text("name,phone\n")
    element = {"type": "file_input", "filetypes": ["csv"], "max_files": 1}
    form = {
        "type": "modal",
        "title": plain("Import"),
        "submit": plain("Send"),
        "blocks": [input_of("file", element)],
    }
    await stage.open(form)
    await stage.tab.locator("dialog .primary").click()
    await expect(stage.tab.get_by_role("alert")).to_have_text("This field is required.")
    await stage.tab.get_by_label("file", exact=True).set_input_files(table)
    await stage.tab.locator("dialog .primary").click()
    await expect(stage.tab.get_by_role("dialog")).to_have_count(0)
    [values] = stage.app.submitted
    [file] = values["file"]["file"]["files"]
    assert (file["name"], file["size"]) == ("leads.csv", len("name,phone\n"))


async def test_one_on_top_of_another_goes_first_and_the_focus_stays_inside(stage: Stage) -> None:
    await _form(stage)
    await stage.tab.get_by_label("number", exact=True).fill("+1415")
    await stage.open({**FORM, "title": plain("Who is that?")})
    await expect(stage.tab.get_by_role("dialog")).to_have_count(1)
    for _ in range(12):
        await stage.tab.keyboard.press("Tab")
        assert await stage.tab.evaluate(INSIDE)
    await stage.tab.keyboard.press("Escape")
    await expect(stage.tab.get_by_role("dialog", name="New conversation")).to_be_visible()
    await expect(stage.tab.get_by_label("number", exact=True)).to_have_value("+1415")
    await stage.tab.get_by_role("button", name="Close").click()
    await expect(stage.tab.get_by_role("dialog")).to_have_count(0)


async def test_what_is_cleared_is_sent_as_empty(stage: Stage) -> None:
    fields = [
        input_of("first", {"type": "plain_text_input", "initial_value": "given"}, optional=True),
        input_of("second", {"type": "plain_text_input"}, optional=True),
    ]
    await stage.open({"type": "modal", "title": plain("Two"), "submit": plain("Send"), "blocks": fields})
    await stage.tab.get_by_label("first").fill("")
    await stage.tab.get_by_label("second").fill("abc")
    await stage.tab.get_by_label("second").press("Tab")
    await stage.tab.get_by_label("second").fill("")
    await stage.tab.locator("dialog .primary").click()
    await expect(stage.tab.get_by_role("dialog")).to_have_count(0)
    [values] = stage.app.submitted
    assert (values["first"]["first"]["value"], values["second"]["second"]["value"]) == (None, None)


@pytest.mark.parametrize(
    ("element", "typed", "why"),
    [
        ({"type": "email_text_input"}, "no mail", "It takes an e-mail address."),
        ({"type": "url_text_input"}, "example", "It takes an address that begins with https://."),
        ({"type": "number_input", "is_decimal_allowed": False}, "2.5", "It takes a whole number."),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "5"}, "2.5", "The least is 5."),
        ({"type": "plain_text_input", "min_length": 3}, "ab", "It takes 3 to 3000 characters."),
    ],
)
async def test_what_does_not_fit_is_said_at_its_field(
    stage: Stage, element: dict[str, Any], typed: str, why: str
) -> None:
    fields = [input_of("field", element)]
    await stage.open({"type": "modal", "title": plain("One"), "submit": plain("Send"), "blocks": fields})
    await stage.tab.get_by_label("field").fill(typed)
    await stage.tab.locator("dialog .primary").click()
    await expect(stage.tab.locator(".field.wrong").get_by_role("alert")).to_have_text(why)
    assert stage.app.submitted == []


async def test_enter_pressed_twice_sends_it_once(stage: Stage) -> None:
    await _form(stage)
    stage.app.seconds = 0.4
    number = stage.tab.get_by_label("number", exact=True)
    await number.fill("+14155550123")
    await number.press("Enter")
    await number.press("Enter")
    await expect(stage.tab.get_by_role("dialog")).to_have_count(0)
    assert len(stage.app.submitted) == 1


async def test_a_form_that_only_tells_something_is_not_sent(stage: Stage) -> None:
    await stage.open(
        {"type": "modal", "title": plain("Look"), "blocks": [input_of("field", {"type": "plain_text_input"})]}
    )
    await stage.tab.get_by_label("field").press("Enter")
    await stage.tab.keyboard.press("Escape")
    await expect(stage.tab.get_by_role("dialog")).to_have_count(0)
    assert stage.app.submitted == []


async def test_the_options_of_the_one_on_top_are_seen(stage: Stage) -> None:
    await _form(stage)
    await stage.open({**FORM, "title": plain("Another")})
    await stage.tab.get_by_role("dialog", name="Another").get_by_role("combobox", name="lawyer").fill("Ad")
    await expect(stage.tab.get_by_role("dialog", name="Another").locator("li[role=option]")).to_have_count(2)
    await expect(stage.offered).to_have_count(2)


async def test_it_is_seen_beside_the_phones_of_a_small_window(stage: Stage) -> None:
    await stage.tab.set_viewport_size({"width": 390, "height": 780})
    await stage.tab.get_by_role("button", name="Phones and more").click()
    await stage.open(FORM)
    await stage.tab.get_by_role("button", name="Close").click()
    await expect(stage.tab.get_by_role("dialog")).to_have_count(0)
