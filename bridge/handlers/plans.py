"""Two-way SMS is switched on and off, and asked about: from Home and by command."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncBoltContext

from bridge.handlers.start import PATIENCE
from bridge.refusals import Refusal
from bridge.rules.mrkdwn import plain_words
from bridge.services import home, members, plans, usage
from bridge.store.database import patiently
from bridge.views import portal as views
from bridge.views.modals import View, value_of


async def on_enable(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The button, in Home or under a command, with the note confirmed. Home shows what came of it."""
    deps, firm, now, user_id = context["deps"], context["firm"], context["now"], body["user"]["id"]
    refusal = await patiently(lambda: plans.enable(deps, firm, user_id, now), seconds=PATIENCE)
    if refusal is not None or "view" not in body:
        sentence = await _sentence(refusal, context) if refusal else views.IS_ON
        await _open(body, context, views.told(sentence))
    await ack()


async def on_enable_command(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext) -> None:
    """`/sms enable`: the same panel as in Home, with the same button."""
    deps, firm = context["deps"], context["firm"]
    refusal = await members.refuse_admin(deps, firm, command["user_id"], context["now"])
    if refusal or firm.two_way:
        await _say(ack, await _sentence(refusal, context) if refusal else views.ON_ALREADY)
        return
    blocks = views.panel(await home.panel(deps, firm, may=True))
    await ack({"response_type": "ephemeral", "text": views.ENABLE_LABEL, "blocks": blocks})


async def on_disable(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The button in Home: are you sure, and what shall leads be told?"""
    refusal = await members.refuse_admin(context["deps"], context["firm"], body["user"]["id"], context["now"])
    view = views.told(await _sentence(refusal, context)) if refusal else views.turn_off(context["firm"].name)
    await _open(body, context, view)
    await ack()


async def on_disable_command(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext) -> None:
    """`/sms disable`: the same question."""
    firm = context["firm"]
    refusal = await members.refuse_admin(context["deps"], firm, command["user_id"], context["now"])
    if refusal or not firm.two_way:
        await _say(ack, await _sentence(refusal, context) if refusal else views.OFF_ALREADY)
        return
    await _open(command, context, views.turn_off(firm.name))
    await ack()


async def on_disabled(ack: AsyncAck, view: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
    """They are sure."""
    deps, firm, now, user_id = context["deps"], context["firm"], context["now"], body["user"]["id"]
    values = view["state"]["values"]
    is_auto = value_of(values, views.WHAT) == views.AUTO
    words = plain_words(value_of(values, views.WORDS)).strip() if is_auto else ""
    if is_auto and not words:
        await ack(response_action="errors", errors={views.WORDS: "Write what leads shall read."})
        return
    refusal = await patiently(
        lambda: plans.disable(deps, firm, user_id, now, away_text=words or None), seconds=PATIENCE
    )
    if refusal:
        await ack(response_action="errors", errors={views.WHAT: refusal.sentence})
    else:
        await ack(response_action="update", view=views.told(views.IS_OFF))


async def on_usage_command(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext) -> None:
    """`/sms usage`: how much of the month is used, and what it costs."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    refusal = await members.refuse(deps, firm, command["user_id"], now)
    if refusal:
        await _say(ack, refusal.sentence)
        return
    async with deps.db.read() as tx:
        told = await usage.told(tx, firm, usage.price(deps.settings), now)
    await _say(ack, "\n".join(told))


async def on_page(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """Older conversations, or newer ones."""
    deps, firm, now, user_id = context["deps"], context["firm"], context["now"], body["user"]["id"]
    named = str(body["actions"][0]["value"])
    page = int(named) if named.isdecimal() and len(named) < 6 else 0
    await patiently(lambda: home.turn_page(deps, firm, user_id, page, now), seconds=PATIENCE)
    await ack()


async def on_done(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """What is to be done next is done."""
    deps, firm, now, user_id = context["deps"], context["firm"], context["now"], body["user"]["id"]
    await patiently(lambda: plans.settled(deps, firm, user_id, now), seconds=PATIENCE)
    await ack()


async def _sentence(refusal: Refusal, context: AsyncBoltContext) -> str:
    if refusal is not Refusal.NOT_ADMIN:
        return refusal.sentence
    return views.who_can(await plans.who_can(context["deps"], context["firm"]))


async def _say(ack: AsyncAck, sentence: str) -> None:
    await ack({"response_type": "ephemeral", "text": sentence})


async def _open(body: dict[str, Any], context: AsyncBoltContext, view: View) -> None:
    await context["deps"].clients.slack(context["firm"]).open_view(body["trigger_id"], view)
