"""How replies are treated in a channel: sent, confirmed first, or not at all."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.store.records import by, find
from bridge.store.tables import channels
from bridge.store.tx import Tx


class ReplyMode(StrEnum):
    """What a staff reply in a lead's thread does."""

    SEND = "send"
    CONFIRM = "confirm"
    ALERTS = "alerts"


@dataclass(frozen=True)
class Mode:
    """What is read of a channel."""

    reply_mode: str


async def reply_mode(tx: Tx, firm_id: int, channel_id: str) -> ReplyMode:
    """The channel's mode; a channel nobody set replies by text."""
    mode = find(Mode, channels, "firm_id", "channel_id")
    found = await tx.value(mode, by(firm_id=firm_id, channel_id=channel_id))
    return ReplyMode(found) if found else ReplyMode.SEND


async def set_reply_mode(tx: Tx, firm_id: int, channel_id: str, mode: ReplyMode) -> None:
    """Remember the channel's mode."""
    statement = tx.insert(channels).values(firm_id=firm_id, channel_id=channel_id, reply_mode=mode.value)
    await tx.run(
        statement.on_conflict_do_update(index_elements=["firm_id", "channel_id"], set_={"reply_mode": mode.value})
    )
