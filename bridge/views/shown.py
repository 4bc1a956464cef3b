"""What every view returns, and the few blocks that all of them use."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Block = dict[str, Any]


@dataclass(frozen=True, repr=False)
class Shown:
    """A Slack message: blocks, and the plain text that notifications and screen readers use (mrkdwn, escaped)."""

    text: str
    blocks: Sequence[Block]


def line(sentence: str) -> Block:
    """A small grey line. The sentence is mrkdwn; names in it are escaped by whoever wrote it."""
    return {"type": "context", "elements": [{"type": "mrkdwn", "text": sentence, "verbatim": True}]}


def section(sentence: str) -> Block:
    """A line of normal size, for what somebody must read."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": sentence, "verbatim": True}}


def button(label: str, action_id: str, value: str, *, style: str | None = None) -> Block:
    """A button; `value` comes back with the click."""
    element: Block = {
        "type": "button",
        "text": {"type": "plain_text", "text": label},
        "action_id": action_id,
        "value": value,
    }
    return element | ({"style": style} if style else {})


def actions(*buttons: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "elements": list(buttons)}


def clock(moment: datetime) -> str:
    """The time of day as each reader's own Slack shows it."""
    return f"<!date^{int(moment.timestamp())}^{{time}}|{moment:%H:%M} UTC>"


def day_and_clock(moment: datetime) -> str:
    """Date and time as each reader's own Slack shows them."""
    return f"<!date^{int(moment.timestamp())}^{{date_short_pretty}} {{time}}|{moment:%Y-%m-%d %H:%M} UTC>"


def day(moment: datetime) -> str:
    """A day as each reader's own Slack shows it."""
    return f"<!date^{int(moment.timestamp())}^{{date_long_pretty}}|{moment:%Y-%m-%d}>"
