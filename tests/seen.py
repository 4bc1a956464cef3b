"""What there is to see on the stage."""

from typing import Any

from sqlalchemy import func, select

from bridge.app import Running
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.twilio import PretendTwilio
from bridge.services.hints import IN_A_ROW
from bridge.store import tables
from bridge.store.firms import Firm
from tests.cast import LAW, MARIA, FirmCast

IN_HASTE = {IN_A_ROW.format(texts) for texts in range(11)}


class Seen:
    """On Slack, on the phones and in the database; of Harbor Law and its first lead if nobody else is named."""

    slack: PretendSlack
    twilio: PretendTwilio
    app: Running
    law: Firm

    def roots(self, firm: FirmCast = LAW) -> list[dict[str, Any]]:
        """The root messages in a firm's channel."""
        return [message for message in self.slack.roots(firm.team_id, firm.channel) if not message.get("deleted")]

    def root(self, phone: str = MARIA) -> dict[str, Any]:
        """The newest root about this phone number."""
        number = f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"
        return [root for root in self.roots() if number in root["text"]][-1]

    def thread(self, phone: str = MARIA) -> list[dict[str, Any]]:
        """All messages under a lead's root, the root itself left out."""
        root = self.root(phone)
        return [
            each for each in self.slack.thread(LAW.team_id, LAW.channel, root["ts"]) if each["ts"] != root["ts"]
        ]

    def said(self, phone: str = MARIA) -> list[str]:
        """The fallback texts of everything the app posted under a lead's root."""
        return [message["text"] for message in self.thread(phone) if message.get("bot_id")]

    def marks(self, ts: str) -> list[str]:
        """The reactions on a message."""
        return self.slack.reactions(LAW.team_id, LAW.channel, ts)

    def told(self, user: str = LAW.agent) -> list[str]:
        """What only this person was shown, oldest first. Not that they text in haste: in stories everybody does."""
        every = [each["text"] for each in self.slack.ephemerals(LAW.team_id, LAW.channel, user)]
        return [sentence for sentence in every if sentence not in IN_HASTE]

    def told_of_haste(self, user: str = LAW.agent) -> list[str]:
        """The rest of it."""
        every = [each["text"] for each in self.slack.ephemerals(LAW.team_id, LAW.channel, user)]
        return [sentence for sentence in every if sentence in IN_HASTE]

    def phone(self, phone: str = MARIA) -> list[str]:
        """The bodies of the texts on a lead's phone, Twilio's own answers left out."""
        return [text.body for text in self.twilio.texts_to(phone) if not text.automatic]

    async def rows(self, statement: Any) -> list[Any]:
        """Rows of the app's database."""
        async with self.app.deps.db.read() as tx:
            return list(await tx.rows(statement))

    async def count(self, table: Any, *where: Any) -> int:
        """How many rows a table has."""
        return int((await self.rows(select(func.count()).select_from(table).where(*where)))[0][0])

    async def contact(self, phone: str = MARIA) -> Any:
        """What Harbor Law knows about a phone number."""
        c = tables.contacts.c
        (row,) = await self.rows(tables.contacts.select().where(c.firm_id == self.law.id, c.phone == phone))
        return row
