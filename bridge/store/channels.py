"""How replies are treated in a channel: sent, confirmed first, or not at all."""

from enum import StrEnum

from sqlalchemy import select

from bridge.store.tables import channels
from bridge.store.tx import Tx


class ReplyMode(StrEnum):
    """What a staff reply in a lead's thread does."""

    SEND = "send"
    CONFIRM = "confirm"
    ALERTS = "alerts"


async def reply_mode(tx: Tx, firm_id: int, channel_id: str) -> ReplyMode:
    """The channel's mode; a channel nobody set replies by text."""
    found = await tx.value(
        select(channels.c.reply_mode).where(channels.c.firm_id == firm_id, channels.c.channel_id == channel_id)
    )
    return ReplyMode(found) if found else ReplyMode.SEND


async def set_reply_mode(tx: Tx, firm_id: int, channel_id: str, mode: ReplyMode) -> None:
    """Remember the channel's mode."""
    statement = tx.insert(channels).values(firm_id=firm_id, channel_id=channel_id, reply_mode=mode.value)
    await tx.run(
        statement.on_conflict_do_update(index_elements=["firm_id", "channel_id"], set_={"reply_mode": mode.value})
    )
