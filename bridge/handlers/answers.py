"""Buttons under texts that wait for a person's word, and what people see when something went wrong."""

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncBoltContext
from slack_bolt.response import BoltResponse

from bridge.services import announce, answers
from bridge.services.deps import Deps
from bridge.store.database import patiently
from bridge.store.firms import Firm
from bridge.store.writer import StoreUnavailable
from bridge.views import threads as views

PATIENCE = 2.2  # seconds of the three that Slack waits

log = structlog.get_logger(__name__)


async def on_send_again(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """A doubtful text is sent again."""
    await _answer(ack, body, context, answers.send_again, is_public=True)


async def on_it_arrived(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """A doubtful text has arrived."""
    await _answer(ack, body, context, answers.it_arrived, is_public=True)


async def on_send_held(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """A held reply is sent."""
    await _answer(ack, body, context, answers.send_held, is_public=False)


async def on_keep_inside(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """A held reply stays inside."""
    await _answer(ack, body, context, answers.keep_inside, is_public=False)


Decision = Callable[..., Awaitable[str]]


async def _answer(
    ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext, decide: Decision, *, is_public: bool
) -> None:
    deps, firm, now = context["deps"], context["firm"], context["now"]
    action, user_id = body["actions"][0], body["user"]["id"]
    if (body["user"].get("team_id") or firm.team_id) != firm.team_id:
        await ack()
        return
    message_id = int(action["value"])
    outcome = await patiently(lambda: decide(deps, firm, message_id, user_id, now), seconds=PATIENCE)
    await _show(deps, firm, body, user_id, outcome, label=action["text"]["text"], is_public=is_public)
    await ack()


async def _show(
    deps: Deps, firm: Firm, body: dict[str, Any], user_id: str, outcome: str, *, label: str, is_public: bool
) -> None:
    """The outcome takes the buttons' place, or goes to the one who pressed when it changed nothing."""
    channel_id, message_ts = body["container"]["channel_id"], body["container"]["message_ts"]
    thread_ts = body["container"].get("thread_ts")
    now = deps.clock()
    async with deps.db.begin() as tx:
        if is_public and outcome in answers.CARRIED_OUT:
            shown = views.settled(user_id, label)
            await announce.change(tx, firm, channel_id=channel_id, ts=message_ts, shown=shown, now=now)
        else:
            told = views.remark(outcome)
            await announce.tell(
                tx, firm, channel_id=channel_id, user_id=user_id, thread_ts=thread_ts, shown=told, now=now
            )


async def on_error(error: Exception, context: AsyncBoltContext, body: dict[str, Any]) -> BoltResponse:
    """A bug is logged under an incident id, without anything that people wrote. Slack sends events again."""
    if isinstance(error, StoreUnavailable):
        return _told(body, 503, BUSY)
    incident = uuid.uuid4().hex[:8]
    log.error("slack_listener_failed", incident=incident, kind=str(body.get("type")), exc_info=error)
    return _told(body, 500, SORRY.format(incident=incident))


def _told(body: dict[str, Any], status: int, sentence: str) -> BoltResponse:
    """Slack sends an event again; a person who pressed or typed something reads a sentence."""
    if body.get("type") == "event_callback":
        return BoltResponse(status=status, body="")
    return BoltResponse(status=200, body={"response_type": "ephemeral", "text": sentence})


SORRY = "Something went wrong on our side, and nothing was changed. Tell your operator: incident {incident}."
BUSY = "This is busy right now, and nothing was changed. Please try again in a minute."
