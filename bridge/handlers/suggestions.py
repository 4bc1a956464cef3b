"""Somebody chose a suggested text in the modal in which a conversation is started."""

import json
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncBoltContext

from bridge.gateways.errors import GatewayError, Retry
from bridge.rules import suggestions as rules
from bridge.rules.templates import Template
from bridge.services import members, suggestions
from bridge.services.suggestions import Field, Filled
from bridge.views import start as start_views
from bridge.views import suggestions as views
from bridge.views.modals import View


async def on_chosen(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The field is filled; nothing is sent. Of what nobody offered nothing comes."""
    option = body["actions"][0].get("selected_option") or {}
    template = rules.by_key(str(option.get("value")))
    if template is not None:
        await _show(context, body["view"], await _shown(context, body, template))
    await ack()


async def _shown(context: AsyncBoltContext, body: dict[str, Any], template: Template) -> View:
    deps, firm, user_id, view = context["deps"], context["firm"], body["user"]["id"], body["view"]
    if refusal := await members.refuse(deps, firm, user_id, context["now"]):
        return start_views.not_sent(refusal.sentence, None)
    known = json.loads(view["private_metadata"])
    before = Field(views.typed_in(view, known.get("filled", 0)), bool(known.get("marketing")))
    filled = await suggestions.fill(deps, firm, known["chosen"], user_id, template, before, context["now"])
    if filled is None:
        return start_views.not_sent(start_views.GONE, None)
    return start_views.write(_draft(known, before, filled))


def _draft(known: dict[str, Any], before: Field, filled: Filled) -> start_views.Draft:
    """What was read before was said of other words, and is asked again."""
    after, times = filled.field, known.get("filled", 0) + 1
    note = views.BELOW if before.text.strip() and after.text.startswith(f"{before.text.rstrip()}\n") else None
    if len(after.text) > start_views.SEGMENT_LIMIT:
        after, note = before, views.NO_ROOM
    kept = {"chosen": known["chosen"], "filled": times, "marketing": after.marketing}
    return start_views.Draft(
        filled.card, known["chosen"], after.text, filled.typed_number, metadata=json.dumps(kept),
        offered=rules.SUGGESTED, filled=times, note=note,
    )  # fmt: skip


async def _show(context: AsyncBoltContext, view: View, shown: View) -> None:
    """Only in the modal as it was: one that was sent or closed meanwhile stays as it is."""
    try:
        slack = context["deps"].clients.slack(context["firm"])
        await slack.update_view(view["id"], shown, view_hash=view["hash"])
    except GatewayError as error:
        if error.retry is not Retry.NEVER:
            raise
