"""A text whose time has not come yet."""

from datetime import datetime

from bridge.rules.mrkdwn import quoted
from bridge.views.shown import Shown, actions, button, day_and_clock, line

CANCEL = "text_cancel"
SEND_NOW = "text_send_now"


def waits(message_id: int, body: str, send_at: datetime) -> Shown:
    """When it goes out, as each reader's own clock shows it, and what can be done until then."""
    sentence = f"Will be sent {day_and_clock(send_at)}"
    buttons = actions(
        button("Cancel", CANCEL, str(message_id)), button("Send now (admins)", SEND_NOW, str(message_id))
    )
    return Shown(sentence, [line(f":alarm_clock: {sentence}"), quoted(body[:400] or "(a picture)"), buttons])
