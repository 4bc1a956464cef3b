"""What the page sees, in one piece: both services, the app's process, and what crossed lately."""

from collections.abc import Iterable, Mapping
from typing import Any

from bridge.sandbox.page.troubles import Troubles
from bridge.sandbox.process import App
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.slack.control import visible
from bridge.sandbox.slack.emoji import CODE_POINTS, glyph
from bridge.sandbox.twilio import PretendTwilio
from bridge.sandbox.twilio.state import everything as of_twilio

LATELY = 200  # requests of each kind: what the drawer shows
Seen = dict[str, Any]


def everything(slack: PretendSlack, twilio: PretendTwilio, app: App, troubles: Troubles) -> Seen:
    """All that the page draws."""
    phones = of_twilio(twilio)
    return {
        "slack": visible(slack),
        "twilio": {name: phones[name] for name in ("numbers", "phones", "opted_out", "messages")},
        "app": {"running": app.is_running, "held": app.is_held},
        "troubles": troubles.shown(),
        "crossed": {
            "calls": _lately(
                map(vars, slack.calls[-LATELY:]), "method", "at", "answer_error", "status", "ms", "token_ok"
            ),
            "deliveries": _lately(map(vars, slack.deliveries[-LATELY:]), "kind", "at", "status", "reason", "ms"),
            "webhooks": _lately(phones["webhooks"][-LATELY:], "kind", "at", "status", "error", "ms"),
            "requests": _lately(phones["requests"][-LATELY:], "operation", "at", "status", "ms", "authorised"),
        },
    }


def _lately(every: Iterable[Mapping[str, Any]], *names: str) -> list[Seen]:
    """Requests without what was in them: the page is sent all of it with each change."""
    return [{name: one[name] for name in names} for one in every]


def emoji() -> dict[str, str]:
    """The characters of each short name."""
    return {name: glyph(points) for name, points in CODE_POINTS.items()}
