"""Buttons under texts that wait for a person's word, and what people see when something went wrong."""

import json
import uuid
from dataclasses import asdict
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncBoltContext
from slack_bolt.response import BoltResponse

from bridge.gateways.errors import GatewayError
from bridge.handlers.firm import UnknownWorkspace
from bridge.rules.mrkdwn import plain_words
from bridge.services import answers, members
from bridge.services.answers import Press
from bridge.store.database import patiently
from bridge.store.trouble import StoreUnavailable
from bridge.views import later as views
from bridge.views.modals import value_of

PATIENCE = 2.2  # seconds of the three that Slack waits
AFTER_A_WAIT = PATIENCE - members.PATIENCE  # where it was waited already until Slack said who somebody is

log = structlog.get_logger(__name__)


async def on_press(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """A button under a text that waits for a person's word. Strangers press in vain."""
    await _take_in(body, context, PATIENCE)
    await ack()


async def _take_in(body: dict[str, Any], context: AsyncBoltContext, seconds: float) -> None:
    deps, firm, now = context["deps"], context["firm"], context["now"]
    if (body["user"].get("team_id") or firm.team_id) == firm.team_id:
        pressed = _press(body)
        await patiently(lambda: answers.press(deps, firm, pressed, now), seconds=seconds)


async def on_send_now(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The same button, which asks admins why. Others are told what everybody is told who may not."""
    deps, firm, user_id = context["deps"], context["firm"], body["user"]["id"]
    refusal = await members.refuse(deps, firm, user_id, context["now"])
    if refusal or not await members.is_admin(deps, firm, user_id):
        await _take_in(body, context, AFTER_A_WAIT)
    else:
        view = views.ask(json.dumps(asdict(_press(body))))
        await deps.clients.slack(firm).open_view(body["trigger_id"], view)
    await ack()


async def on_why(ack: AsyncAck, view: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
    """They said why. Whether they may is looked at again."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    reason = plain_words(value_of(view["state"]["values"], views.REASON)).strip()
    if not reason:
        await ack(response_action="errors", errors={views.REASON: "Write a few words."})
        return
    pressed = Press(**json.loads(view["private_metadata"]) | {"user_id": body["user"]["id"], "reason": reason})
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
