"""What somebody wrote in Slack, in the words in which a lead reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.rules import mrkdwn
from bridge.store import staff
from bridge.store.firms import Firm
from bridge.store.tx import Tx


async def as_sms(tx: Tx, firm: Firm, text: str, blocks: Sequence[Mapping[str, Any]]) -> mrkdwn.Sms:
    """With the names of the people in it, as far as we know them."""
    first = mrkdwn.to_sms(text, blocks, lambda _: None)
    known = await staff.names(tx, firm.id, set(first.unknown_users))
    return mrkdwn.to_sms(text, blocks, known.get)
