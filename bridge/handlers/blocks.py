"""An admin lifts the block of a number, from the lead's card."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncBoltContext

from bridge.services import blocks, members
from bridge.store.database import patiently
from bridge.views import blocks as views
from bridge.views.modals import value_of

PATIENCE = 1.5  # seconds of the three that Slack waits


async def on_lift(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The button: why?"""
    view = views.ask(body["actions"][0]["value"])
    await context["deps"].clients.slack(context["firm"]).push_view(body["trigger_id"], view)
    await ack()


async def on_reason(ack: AsyncAck, view: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The reason is there: whoever gave it must be an admin still."""
    deps, firm, now, user_id = context["deps"], context["firm"], context["now"], body["user"]["id"]
    reason = value_of(view["state"]["values"], views.REASON)
    refusal = await members.refuse(deps, firm, user_id, now)
    if refusal is not None:
        await ack(response_action="errors", errors={views.REASON: refusal.sentence})
        return
    chosen = view["private_metadata"]
    outcome = await patiently(
        lambda: blocks.lift_chosen(deps, firm, chosen, by=user_id, reason=reason, now=now), seconds=PATIENCE
    )
    if outcome == blocks.LIFTED:
        await ack(response_action="update", view=views.told(outcome))
    else:
        await ack(response_action="errors", errors={views.REASON: outcome})
