"""Modals in a real browser, with a stand-in for the app that answers as an app may."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from playwright.async_api import Page as Tab
from playwright.async_api import async_playwright, expect

from bridge.sandbox.page import Page
from bridge.sandbox.process import App
from bridge.sandbox.slack import modals
from bridge.sandbox.town import BEN, TEAM, Town
from tests import browser as browsers
from tests.sandbox.served import served

WRONG = "This is no number that can be texted."
LAWYERS = [{"text": {"type": "plain_text", "text": f"Lawyer {name}"}, "value": name} for name in ("Ada", "Cleo")]


def _text(words: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": words}


def _input(name: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "type": "input",
        "block_id": name,
        "label": _text(name),
        "element": {**element, "action_id": name},
        **more,
    }


FORM = {
    "type": "modal",
    "title": _text("New conversation"),
    "submit": _text("Begin"),
    "blocks": [
        _input("number", {"type": "plain_text_input"}, hint=_text("With its area code")),
        _input("lawyer", {"type": "external_select", "min_query_length": 2}, optional=True),
        _input("kind", {"type": "static_select", "options": LAWYERS}, optional=True),
        _input("when", {"type": "datepicker"}, optional=True),
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Bold* and <https://example.com|a link>"}},
        {"type": "divider"},
    ],
}


class StandIn:
    """What the app would be told, and what it answers. `submitted` are the values of each form that came."""

    def __init__(self) -> None:
        self.submitted: list[dict[str, Any]] = []
        self.queries: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        """To everything that Slack sends."""
        said = json.loads((await request.post())["payload"])  # type: ignore[arg-type]  # no file
        if said["type"] == "block_suggestion":
            self.queries.append(said["value"])
            return web.json_response({"options": LAWYERS})
        if said["type"] != "view_submission":
            return web.Response()
        self.submitted.append(said["view"]["state"]["values"])
        if self.submitted[-1]["number"]["number"]["value"] == "123":
            return web.json_response({"response_action": "errors", "errors": {"number": WRONG}})
        return web.Response()


@asynccontextmanager
async def _form() -> AsyncIterator[tuple[Tab, StandIn]]:
    """Ben has the form before him."""
    app, town = StandIn(), await Town.founded()
    site = web.Application()
    site.router.add_post("/slack/events", app.answer)
    page = Page(town.slack, town.twilio, App(town.app_url, {}))
    team = town.slack.workspace(TEAM)
    team.modals[BEN] = [modals.new_view(town.slack, team, BEN, FORM)]
    try:
        async with served(site) as url, async_playwright() as playwright:
            town.slack.request_url = f"{url}/slack/events"
            browser = await playwright.chromium.launch(executable_path=browsers.path(), args=["--no-sandbox"])
            tab = await browser.new_page()
            await tab.goto(f"{await page.start()}/#person={BEN}")
            await expect(tab.get_by_role("dialog", name="New conversation")).to_be_visible()
            yield tab, app
            await browser.close()
    finally:
        await page.close()
        await town.closed()


async def test_an_error_stands_at_its_field_and_what_was_typed_stays() -> None:
    async with _form() as (tab, app):
        await tab.get_by_label("number", exact=True).fill("123")
        await tab.get_by_role("button", name="Begin").click()
        await expect(tab.locator(".field.wrong", has_text="number").get_by_role("alert")).to_have_text(WRONG)
        await expect(tab.get_by_label("number", exact=True)).to_have_value("123")
        await tab.get_by_label("number", exact=True).fill("+14155550123")
        await tab.get_by_role("button", name="Begin").click()
        await expect(tab.get_by_role("dialog")).to_have_count(0)
        assert [given["number"]["number"]["value"] for given in app.submitted] == ["123", "+14155550123"]


async def test_a_field_that_is_required_is_not_sent_empty() -> None:
    async with _form() as (tab, app):
        await tab.get_by_role("button", name="Begin").click()
        await expect(tab.locator(".notice.error")).to_contain_text("number is required")
        await expect(tab.get_by_role("dialog")).to_be_visible()
        assert app.submitted == []


async def test_a_menu_that_the_app_fills_asks_from_its_least_letters_on() -> None:
    async with _form() as (tab, app):
        menu = tab.get_by_role("combobox", name="lawyer")
        await menu.fill("A")
        await menu.fill("Ad")
        await expect(tab.locator("datalist option").first).to_have_attribute("value", "Lawyer Ada")
        assert app.queries == ["Ad"]


async def test_escape_closes_it() -> None:
    async with _form() as (tab, app):
        await tab.get_by_label("number", exact=True).press("Escape")
        await expect(tab.get_by_role("dialog")).to_have_count(0)
        assert app.submitted == []
