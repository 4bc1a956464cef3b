"""Somebody of Harbor Law at their desk, starting conversations by Slack's own means."""

from dataclasses import dataclass
from typing import Any

from bridge.sandbox.slack.model import DeliveryResult
from bridge.views import start as views
from bridge.views import suggestions
from tests.cast import LAW
from tests.stage import Stage


@dataclass
class Desk:
    """One person's Slack."""

    stage: Stage
    user: str = LAW.agent

    async def command(self, text: str = "") -> DeliveryResult:
        """Type /sms new."""
        return await self.stage.slack.command(LAW.team_id, self.user, LAW.channel, "/sms", f"new {text}".strip())

    async def shortcut(self) -> None:
        """Use "Send Message" among the shortcuts."""
        done = await self.stage.slack.shortcut(LAW.team_id, self.user, views.NEW)
        assert done.status == 200

    @property
    def modals(self) -> list[dict[str, Any]]:
        """What is open, the top one last."""
        return self.stage.slack.views(LAW.team_id, self.user)

    @property
    def top(self) -> dict[str, Any]:
        return self.modals[-1]

    def text(self) -> str:
        """All that can be read in the modal on top."""
        return str(self.top["blocks"])

    async def search(self, query: str) -> list[dict[str, Any]]:
        """Type into the menu of the first step."""
        done = await self.stage.slack.options(LAW.team_id, self.user, self.top["id"], views.FOUND, query)
        assert done.problem in {None, "min_query_length"}, done.problem
        return [] if done.problem else list(done.json["options"])

    async def choose(self, value: str) -> DeliveryResult:
        """Choose what was found, and continue."""
        return await self.submit({views.WHOM: value})

    async def submit(self, values: dict[str, Any]) -> DeliveryResult:
        """Press the button of the modal on top."""
        done = await self.stage.slack.submit(LAW.team_id, self.user, self.top["id"], values)
        assert done.problem is None, done.problem
        return done

    async def write(self, text: str, **more: Any) -> dict[str, str]:
        """Send it; the errors at the fields, if any."""
        done = await self.submit({views.MESSAGE: text} | more)
        return dict((done.json or {}).get("errors", {}))

    async def starts(self, query: str, text: str) -> dict[str, str]:
        """From the shortcut to the text, with the first one found."""
        await self.shortcut()
        found = await self.search(query)
        await self.choose(found[0]["value"])
        return await self.write(text)

    async def presses(self, action_id: str) -> DeliveryResult:
        """Press a button in the modal on top."""
        return await self.stage.slack.click_view(LAW.team_id, self.user, self.top["id"], action_id)

    async def types(self, text: str) -> None:
        """Type into the field, and send nothing."""
        await self.stage.slack.click_view(LAW.team_id, self.user, self.top["id"], views.MESSAGE, selected=text)

    async def takes(self, key: str) -> DeliveryResult:
        """Choose a suggested text."""
        view_id = self.top["id"]
        return await self.stage.slack.click_view(LAW.team_id, self.user, view_id, suggestions.CHOSEN, selected=key)

    def field(self) -> str:
        """What stands in the field."""
        (block,) = [
            each for each in self.top["blocks"] if each.get("element", {}).get("action_id") == views.MESSAGE
        ]
        typed = self.top["state"]["values"].get(block["block_id"])
        return str(typed[views.MESSAGE]["value"] if typed else block["element"].get("initial_value", ""))
