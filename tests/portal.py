"""Somebody of Harbor Law in the app's Home, and at their commands about two-way SMS itself."""

from dataclasses import dataclass
from typing import Any

from bridge.sandbox.slack.model import DeliveryResult
from bridge.views import portal as views
from tests.cast import LAW
from tests.stage import Stage


@dataclass
class Portal:
    """One person's Home."""

    stage: Stage
    user: str = LAW.admin

    async def opens(self) -> str:
        """Look at it; all that can be read there."""
        await self.stage.slack.open_home(LAW.team_id, self.user)
        await self.stage.settle()
        return self.text()

    @property
    def home(self) -> dict[str, Any]:
        found = self.stage.slack.home(LAW.team_id, self.user)
        assert found is not None
        return found

    def text(self) -> str:
        return str(self.home["blocks"])

    def sections(self) -> list[str]:
        """The texts of its sections, in order."""
        return [block["text"]["text"] for block in self.home["blocks"] if block["type"] == "section"]

    def button(self, action_id: str) -> dict[str, Any] | None:
        """A button in it, if it is there."""
        rows = [block["elements"] for block in self.home["blocks"] if block["type"] == "actions"]
        return next((each for row in rows for each in row if each["action_id"] == action_id), None)

    async def presses(self, action_id: str) -> DeliveryResult:
        """Press a button in it."""
        done = await self.stage.slack.click_view(LAW.team_id, self.user, self.home["id"], action_id)
        assert done.problem is None, done.problem
        await self.stage.settle()
        return done

    async def command(self, words: str) -> str:
        """Type /sms; what only they see."""
        done = await self.stage.slack.command(LAW.team_id, self.user, LAW.channel, "/sms", words)
        assert done.problem is None, done.problem
        return str((done.json or {}).get("text", ""))

    @property
    def modal(self) -> dict[str, Any]:
        """The modal on top."""
        return dict(self.stage.slack.views(LAW.team_id, self.user)[-1])

    async def turns_off(self, *, away: str | None = None) -> dict[str, str]:
        """Confirm it in the modal; the errors at its fields, if any."""
        values = {views.WHAT: views.SILENT if away is None else views.AUTO}
        values |= {} if away is None else {views.WORDS: away}
        done = await self.stage.slack.submit(LAW.team_id, self.user, self.modal["id"], values)
        assert done.problem is None, done.problem
        await self.stage.settle()
        return dict((done.json or {}).get("errors", {}))
