"""What Slack sends about replies and commands."""

from typing import Any

from bridge.sandbox.slack.model import DeliveryResult
from tests.cast import LAW
from tests.stage import Stage


def reply(stage: Stage, words: str, **more: Any) -> dict[str, Any]:
    """The event of a staff reply in Maria's thread, as Slack tells it."""
    ts = stage.slack.new_ts()
    event = {"type": "message", "channel": LAW.channel, "channel_type": "channel", "user": LAW.agent}
    event |= {"team": LAW.team_id, "text": words, "ts": ts, "event_ts": ts, "thread_ts": stage.root()["ts"]}
    return event | more


def envelope(event: dict[str, Any], event_id: str = "Ev0REPLAY", **more: Any) -> dict[str, Any]:
    return {"type": "event_callback", "team_id": LAW.team_id, "event_id": event_id, "event": event, **more}


async def press_status(stage: Stage) -> DeliveryResult:
    return await stage.slack.command(LAW.team_id, LAW.agent, LAW.channel, "/sms", "status")
