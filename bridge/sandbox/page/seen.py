"""What the page sees, in one piece: both services, the app's process, and what crossed lately."""

from collections.abc import Sequence
from typing import Any

from bridge.sandbox.process import App
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.slack.control import describe
from bridge.sandbox.slack.emoji import CODE_POINTS, glyph
from bridge.sandbox.twilio import PretendTwilio
from bridge.sandbox.twilio.state import everything as of_twilio

LATELY = 200  # requests of each kind: what the drawer shows
Seen = dict[str, Any]


def everything(slack: PretendSlack, twilio: PretendTwilio, app: App) -> Seen:
    """All that the page draws."""
    of_slack, of_phones = describe(slack), of_twilio(twilio)
    return {
        "slack": {"workspaces": of_slack["workspaces"], "app": of_slack["app"]},
        "twilio": {name: of_phones[name] for name in ("settings", "numbers", "phones", "opted_out", "messages")},
        "app": {"running": app.is_running, "url": app.url},
        "crossed": {
            "calls": _lately(of_slack["calls"], "method", "at", "answer_error", "status", "ms", "token_ok"),
            "deliveries": _lately(of_slack["deliveries"], "kind", "at", "status", "reason", "ms"),
            "webhooks": _lately(of_phones["webhooks"], "kind", "at", "status", "error", "ms"),
            "requests": _lately(of_phones["requests"], "operation", "at", "status", "ms", "authorised"),
        },
    }


def _lately(every: Sequence[Seen], *names: str) -> list[Seen]:
    """The last requests of a kind, without what was in them: the page is sent all of it with each change."""
    return [{name: one[name] for name in names} for one in every[-LATELY:]]


def emoji() -> dict[str, str]:
    """The characters of each short name."""
    return {name: glyph(points) for name, points in CODE_POINTS.items()}
