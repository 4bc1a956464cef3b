"""The page in a real browser, with a stand-in for the app that answers as an app may."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web
from playwright.async_api import ConsoleMessage, Error, Locator, ViewportSize, expect
from playwright.async_api import Page as Tab

from bridge.gateways.stripe import StripeGateway
from bridge.sandbox.page import Page
from bridge.sandbox.ports import free_port
from bridge.sandbox.process import App
from bridge.sandbox.slack import modals
from bridge.sandbox.town import BEN, CHANNEL, TEAM, Town
from tests.gateways.desk import Desk
from tests.sandbox.served import served

USUAL = ViewportSize(width=1280, height=720)
PORT = free_port()  # always the same: what the browser has read of a page it need not read of the next
WRONG = "This is no number that can be texted."
LAWYERS = [{"text": {"type": "plain_text", "text": f"Lawyer {name}"}, "value": name} for name in ("Ada", "Cleo")]


@dataclass
class StandIn:
    """What the app would be told, and what it answers to the number 123. `told` is all of it, in order."""

    told: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0  # that it takes

    @property
    def submitted(self) -> list[dict[str, Any]]:
        """The values of each form that came."""
        return [one["view"]["state"]["values"] for one in self.told if one["type"] == "view_submission"]

    @property
    def queries(self) -> list[str]:
        """What was typed into menus that the app fills."""
        return [one["value"] for one in self.told if one["type"] == "block_suggestion"]

    @property
    def actions(self) -> list[dict[str, Any]]:
        """What was pressed and chosen."""
        return [action for one in self.told if one["type"] == "block_actions" for action in one["actions"]]

    async def answer(self, request: web.Request) -> web.Response:
        """To everything that Slack sends."""
        form = await request.post()
        if "payload" not in form:
            return web.Response()
        said = json.loads(form["payload"])  # type: ignore[arg-type]  # no file
        self.told.append(said)
        await asyncio.sleep(self.seconds)
        if said["type"] == "block_suggestion":
            return web.json_response({"options": LAWYERS})
        if said["type"] == "view_submission" and _number(said) == "123":
            return web.json_response({"response_action": "errors", "errors": {"number": WRONG}})
        return web.Response()


def _number(said: dict[str, Any]) -> object:
    return said["view"]["state"]["values"].get("number", {}).get("number", {}).get("value")


@dataclass
class Stage:
    """Ben's browser, what the app hears, and the world between."""

    tab: Tab
    app: StandIn
    town: Town

    @property
    def offered(self) -> Locator:
        """The options of the menu that is searched."""
        return self.tab.locator("li[role=option]")

    async def show(self, blocks: Sequence[dict[str, Any]]) -> str:
        """A message with these blocks; its ts."""
        return await self.town.slack.say(TEAM, CHANNEL, BEN, "Blocks", blocks=list(blocks))

    async def open(self, view: dict[str, Any]) -> None:
        """A modal."""
        slack = self.town.slack
        slack.workspace(TEAM).modals.setdefault(BEN, []).append(
            modals.new_view(slack, slack.workspace(TEAM), BEN, view)
        )
        slack.announce("view", team_id=TEAM, user=BEN)
        await expect(self.tab.get_by_role("dialog", name=view["title"]["text"])).to_be_visible()

    async def pays(self) -> None:
        """The firm has subscribed at Stripe, some time ago, and its second payment is open."""
        stripe = self.town.stripe
        async with aiohttp.ClientSession() as session:
            desk = await Desk.opened(StripeGateway(session, stripe.api_key, base_url=stripe.url), stripe)
            stripe.customers[desk.customer]["metadata"]["firm"] = TEAM
            await desk.begun()
        stripe.remove_card(*stripe.cards)
        stripe.add_card(desk.customer, "4000000000000341")
        stripe.add_card(desk.customer, "4000002500003155", default=False)
        await stripe.skip(days=32)


@asynccontextmanager
async def listened_to(tab: Tab, complaints: list[str]) -> AsyncIterator[None]:
    """Afterwards the tab is as empty as before."""

    def hear(said: ConsoleMessage) -> None:
        if said.type == "error":
            complaints.append(said.text)

    def hear_error(error: Error) -> None:
        complaints.append(str(error))

    tab.on("console", hear)
    tab.on("pageerror", hear_error)
    try:
        yield
    finally:
        tab.remove_listener("console", hear)
        tab.remove_listener("pageerror", hear_error)
        await tab.unroute_all()
        await tab.evaluate("sessionStorage.clear()")
        await tab.goto("about:blank")
        await tab.emulate_media(color_scheme="light")
        await tab.set_viewport_size(USUAL)


@asynccontextmanager
async def staged(tab: Tab) -> AsyncIterator[Stage]:
    """Ben looks at an empty channel. His browser's console must not complain."""
    app, town = StandIn(), await Town.founded()
    site = web.Application()
    site.router.add_post("/slack/events", app.answer)
    page = Page(town.slack, town.twilio, town.stripe, App(town.app_url, {}))
    complaints: list[str] = []
    try:
        async with served(site) as url:
            town.slack.request_url = f"{url}/slack/events"
            async with listened_to(tab, complaints):
                await tab.goto(f"{await page.start(port=PORT)}/#person={BEN}")
                await expect(tab.get_by_role("textbox", name="Message #leads")).to_be_visible()
                yield Stage(tab, app, town)
        assert [said for said in complaints if "400 (Bad Request)" not in said] == []
    finally:
        await page.close()
        await town.closed()
