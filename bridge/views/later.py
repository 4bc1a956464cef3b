"""A text whose time has not come yet."""

from datetime import datetime

from bridge.rules.mrkdwn import quoted
from bridge.views import modals
from bridge.views.modals import View, field, words
from bridge.views.shown import Shown, actions, button, day_and_clock, line, section

CANCEL = "text_cancel"
SEND_NOW = "text_send_now"
WHY, REASON = "text_why_now", "text_why_now_reason"


def waits(message_id: int, body: str, send_at: datetime) -> Shown:
    """When it goes out, as each reader's own clock shows it, and what can be done until then."""
    sentence = f"Will be sent {day_and_clock(send_at)}"
    buttons = actions(
        button("Cancel", CANCEL, str(message_id)), button("Send now (admins)", SEND_NOW, str(message_id))
    )
    return Shown(sentence, [line(f":alarm_clock: {sentence}"), quoted(body[:400] or "(a picture)"), buttons])


def ask(pressed: str) -> View:
    """Why now? `pressed` comes back with the answer."""
    told = section("It is night where this lead is, or may be. What you write here is kept with the text.")
    why = words(REASON, "The lead asked for it...", most=300)
    return modals.modal(
        "Send now", [told, field(REASON, "Why can it not wait?", why)], submit="Send now", close="Cancel",
        callback_id=WHY, private_metadata=pressed,
    )  # fmt: skip
