"""What somebody wants to text, before the gate has seen it."""

from dataclasses import dataclass
from datetime import datetime

from bridge.rules.sending import Purpose


@dataclass(frozen=True)
class Attachment:
    """A picture that staff attached, and where Slack keeps it."""

    url: str
    name: str
    media_type: str
    size: int


@dataclass(frozen=True, repr=False)
class Draft:
    """What somebody wants to text. The origin is the Slack message it was typed in; the subject is not texted.

    send_at: when it is to go out, if not at once. hours_waived_by: the admin who lets it go out at any hour, and
    why. concerns: what speaks against it, of which its author is told.
    """

    body: str
    purpose: Purpose
    author_id: str | None = None
    origin_channel: str | None = None
    origin_ts: str | None = None
    client_msg_id: str | None = None
    attachments: tuple[Attachment, ...] = ()
    custom_emoji: bool = False
    taken_in: datetime | None = None
    subject: str | None = None
    send_at: datetime | None = None
    hours_waived_by: str | None = None
    hours_waived_why: str | None = None
    concerns: tuple[str, ...] = ()
