"""Somebody of a firm brings in leads, by Slack's own means."""

import csv
import io
from dataclasses import dataclass
from typing import Any

from bridge.sandbox.slack.model import DeliveryResult, PretendFile
from bridge.views import imports as views
from tests.cast import LAW, FirmCast
from tests.stage import Stage

TABLE = """Full Name,Mobile,E-mail,Notes
Dana Example,(415) 555-0123,dana@example.com,"likes, commas"
Omar,415-555-0124,,
No Phone,,no@example.com,
Wrong,1234567890,,=1+1
Nothing,,,
"""


def many(rows: int, wrong: int = 0, *, by: str = "l") -> str:
    """A table of so many rows that can be entered, and then some that cannot."""
    good = (f"Lead {number},{by}{number}@example.com\n" for number in range(rows))
    return "".join(["Name,E-mail\n", *good, *(f"Wrong {number},none\n" for number in range(wrong))])


@dataclass
class Importer:
    """One person's Slack, as far as tables go."""

    stage: Stage
    user: str = LAW.admin
    firm: FirmCast = LAW

    async def command(self) -> DeliveryResult:
        """Type /sms import."""
        return await self.stage.slack.command(self.firm.team_id, self.user, self.firm.channel, "/sms", "import")

    @property
    def modals(self) -> list[dict[str, Any]]:
        return self.stage.slack.views(self.firm.team_id, self.user)

    def modal(self) -> str:
        """All that can be read in the modal on top."""
        return str(self.modals[-1]["blocks"])

    async def finds(self, query: str = "") -> list[str]:
        """Open a menu of the modal on top, or type into it; what it offers."""
        view = self.modals[-1]["id"]
        done = await self.stage.slack.options(self.firm.team_id, self.user, view, views.COLUMN, query)
        assert done.problem is None, done.problem
        return [each["text"]["text"] for each in done.json["options"]]

    async def submit(self, values: dict[str, Any]) -> dict[str, str]:
        """Press the button of the modal on top; the errors at its fields."""
        done = await self.stage.slack.submit(self.firm.team_id, self.user, self.modals[-1]["id"], values)
        assert done.problem is None, done.problem
        return dict((done.json or {}).get("errors", {}))

    async def drops(self, content: str | bytes, name: str = "leads.csv") -> PretendFile:
        """Drop a table, and wait until it was looked through."""
        file = await self.puts_in(content, name)
        await self.stage.settle()
        return file

    async def puts_in(self, content: str | bytes, name: str = "leads.csv") -> PretendFile:
        """As drops(), but the story goes on at once."""
        done = await self.command()
        assert done.status == 200
        file = PretendFile(name, content.encode() if isinstance(content, str) else content)
        assert await self.submit({views.FILE: [file]}) == {}
        assert views.LOOKING in self.modal()
        return file

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What the app has written to them directly."""
        channel = f"D{self.user[1:]}"
        if channel not in self.stage.slack.workspace(self.firm.team_id).channels:
            return []
        return self.stage.slack.messages(self.firm.team_id, channel)

    def told(self, number: int = -1) -> str:
        """The sentence of one of these."""
        return str([each for each in self.messages if not each.get("files")][number]["text"])

    def shown(self) -> str:
        """All that can be read in the last of these."""
        return str([each for each in self.messages if not each.get("files")][-1]["blocks"])

    async def presses(self, action_id: str, number: int = -1) -> DeliveryResult:
        """Press a button under one of these."""
        message = [each for each in self.messages if not each.get("files")][number]
        return await self.stage.slack.click(
            self.firm.team_id, self.user, f"D{self.user[1:]}", message["ts"], action_id
        )

    async def enters(self) -> None:
        """Have it entered, and wait."""
        done = await self.presses(views.ENTER)
        assert (done.status, done.problem) == (200, None)
        await self.stage.settle()

    def given_back(self) -> list[list[str]]:
        """The rows of the last file that came back, the titles first."""
        (*_, last) = [each["files"][0]["id"] for each in self.messages if each.get("files")]
        (file,) = [each for each in self.stage.slack.files(self.firm.team_id) if each.id == last]
        return list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))
