"""Buttons under texts that wait for a person's word, and what people see when something went wrong."""

import uuid
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncBoltContext
from slack_bolt.response import BoltResponse

from bridge.gateways.errors import GatewayError
from bridge.handlers.firm import UnknownWorkspace
from bridge.services import answers
from bridge.services.answers import Press
from bridge.store.database import patiently
from bridge.store.trouble import StoreUnavailable

PATIENCE = 2.2  # seconds of the three that Slack waits

log = structlog.get_logger(__name__)


async def on_press(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """A button under a text that waits for a person's word. Strangers press in vain."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    if (body["user"].get("team_id") or firm.team_id) == firm.team_id:
        pressed = _press(body)
        await patiently(lambda: answers.press(deps, firm, pressed, now), seconds=PATIENCE)
    await ack()


def _press(body: dict[str, Any]) -> Press:
    action, where = body["actions"][0], body["container"]
    return Press(
        action_id=action["action_id"],
        label=action["text"]["text"],
        message_id=int(action["value"]),
        user_id=body["user"]["id"],
        channel_id=where["channel_id"],
        shown_ts=where["message_ts"],
        thread_ts=where.get("thread_ts"),
    )


async def on_error(error: Exception, context: AsyncBoltContext, body: dict[str, Any]) -> BoltResponse:
    """A bug is logged under an incident id, without anything that people wrote. Slack sends events again."""
    if isinstance(error, StoreUnavailable):
        return busy(body)
    if isinstance(error, UnknownWorkspace):
        return _told(body, 200, NOT_HERE)
    if isinstance(error, GatewayError):  # a modal that could not be opened
        log.warning("slack_did_not_open_a_modal", code=error.code)
        return _told(body, 503, TOO_SLOW)
    incident, kind = uuid.uuid4().hex[:8], str(body.get("type"))
    log.error("slack_listener_failed", incident=incident, kind=kind, exc_info=error)
    return _told(body, 500, SORRY.format(incident=incident))


def busy(body: dict[str, Any]) -> BoltResponse:
    """The database could not do it in the time that Slack gives."""
    return _told(body, 503, BUSY)


def _told(body: dict[str, Any], status: int, sentence: str) -> BoltResponse:
    """Slack sends an event again, and marks a button that did not work; only a command's answer is shown."""
    if "command" in body:
        return BoltResponse(status=200, body={"response_type": "ephemeral", "text": sentence})
    return BoltResponse(status=status, body="")


SORRY = "Something went wrong on our side, and nothing was changed. Tell your operator: incident {incident}."
NOT_HERE = "This app is not installed in your workspace any more. Ask an admin to install it again."
TOO_SLOW = "Slack took too long to open that, and nothing was changed. Please try again."
BUSY = "This is busy right now, and nothing was changed. Please try again in a minute."
