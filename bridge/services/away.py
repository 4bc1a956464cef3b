"""While two-way SMS is off, leads who text may be told that nobody reads it (row 39)."""

from datetime import datetime, timedelta

from bridge.rules.sending import Purpose
from bridge.services import sending
from bridge.services.drafts import Draft
from bridge.store import conversations
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.tx import Tx

ONCE_IN = timedelta(days=1)
LATE = timedelta(hours=1)  # what came so late is not answered as if it had come just now


async def tell(tx: Tx, firm: Firm, talk: Conversation, sent_at: datetime, now: datetime) -> None:
    """Once a day, who has not opted out: it passes the gate as every text does, and costs nothing."""
    if firm.two_way or not firm.away_text or now - sent_at > LATE:
        return
    if await conversations.tell_away(tx, firm.id, talk.id, now, before=now - ONCE_IN):
        words = firm.away_text.replace("{firm}", firm.name)
        await sending.queue(tx, firm, talk, Draft(body=words, purpose=Purpose.AWAY), now)
