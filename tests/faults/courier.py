"""Slack's events on their way to the app: those of people's messages are handed to whoever sends them by hand."""

from typing import TYPE_CHECKING, Any

from bridge.sandbox.slack.deliveries import Postman

if TYPE_CHECKING:
    from bridge.sandbox.slack import PretendSlack


class Courier(Postman):
    """In the place of the pretend Slack's own postman. `held` are envelopes by the ts of their messages."""

    def __init__(self, slack: "PretendSlack") -> None:
        super().__init__(slack)
        self.held: dict[str, dict[str, Any]] = {}
        self.holds = True
        slack.postman = self

    def queue(self, event: dict[str, Any], lane: str) -> None:
        """Keep what a person wrote; the rest goes its usual way."""
        inner = event["event"]
        is_said = inner["type"] == "message" and inner.get("subtype") in (None, "file_share")
        if self.holds and is_said and not inner.get("bot_id"):
            self.held[inner["ts"]] = event
        else:
            super().queue(event, lane)
