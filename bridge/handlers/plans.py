"""Two-way SMS is switched on and off, and asked about: from Home and by command."""

from typing import Any
from uuid import uuid4

from slack_bolt.async_app import AsyncAck, AsyncBoltContext

from bridge.handlers.start import PATIENCE
from bridge.refusals import Refusal
from bridge.rules.mrkdwn import plain_words
from bridge.services import accounts_due, home, members, plans, subscribing, usage
from bridge.services.subscribing import Wish
from bridge.store.database import patiently
from bridge.views import billing as billing_views
from bridge.views import portal as views
from bridge.views import usage as usage_views
from bridge.views.modals import View, value_of


async def on_enable(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The button, in Home or under a command, with the note confirmed. Home shows what came of it."""
    deps, firm, now, user_id = context["deps"], context["firm"], context["now"], body["user"]["id"]
    if plans.is_charged(firm) and not firm.two_way:
        await _open(body, context, await _ask(context, user_id))
        await ack()
        return
    refusal = await patiently(lambda: plans.enable(deps, firm, user_id, now), seconds=PATIENCE)
    if refusal is not None or "view" not in body:
        sentence = await _sentence(refusal, context) if refusal else views.IS_ON
        await _open(body, context, views.told(sentence))
    await ack()


async def _ask(context: AsyncBoltContext, user_id: str) -> View:
    """What will be charged, to be confirmed; or why this person cannot. Each time it is a wish of its own."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    refusal = await members.refuse_admin(deps, firm, user_id, now) or await plans.refuse_offer(deps, firm)
    if refusal:
        return views.told(await _sentence(refusal, context))
    return billing_views.confirm(usage.price(deps.settings, firm.prefers), uuid4().hex)


async def on_confirmed(
    ack: AsyncAck, view: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext
) -> None:
    """They are willing to pay what they were shown. What comes of it is shown here as soon as it is known."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    attempt, _, shown = str(view["private_metadata"]).partition(" ")
    price = usage.price(deps.settings, firm.prefers)
    if shown != price.sentence:
        again = billing_views.confirm(price, uuid4().hex, again=billing_views.OTHER_PRICE)
        await ack(response_action="update", view=again)
        return
    wish = Wish(body["user"]["id"], attempt, str(view["id"]))
    refusal = await patiently(lambda: subscribing.confirm(deps, firm, wish, now), seconds=PATIENCE)
    if refusal:
        sentence = await _sentence(refusal, context)
        await ack(response_action="errors", errors={billing_views.CHECKED: sentence})
    else:
        await ack(response_action="update", view=billing_views.working())


async def on_keep(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """It shall go on after all, though somebody has ended it."""
    deps, firm, now, user_id = context["deps"], context["firm"], context["now"], body["user"]["id"]
    refusal = await patiently(lambda: plans.keep(deps, firm, user_id, now), seconds=PATIENCE)
    if refusal:
        await _open(body, context, views.told(await _sentence(refusal, context)))
    await ack()


async def on_link(ack: AsyncAck) -> None:
    """Somebody follows a link of ours. Slack tells of it, and there is nothing to do."""
    await ack()


async def on_enable_command(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext) -> None:
    """`/sms enable`: the same panel as in Home, with the same button."""
    deps, firm = context["deps"], context["firm"]
    refusal = await members.refuse_admin(deps, firm, command["user_id"], context["now"])
    if refusal or firm.two_way:
        await _say(ack, await _sentence(refusal, context) if refusal else views.ON_ALREADY)
        return
    if plans.is_charged(firm):
        await _open(command, context, await _ask(context, command["user_id"]))
        await ack()
        return
    blocks = views.panel(await home.panel(deps, firm, may=True))
    await ack({"response_type": "ephemeral", "text": views.ENABLE_LABEL, "blocks": blocks})


async def on_disable(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The button in Home: are you sure, and what shall leads be told?"""
    refusal = await members.refuse_admin(context["deps"], context["firm"], body["user"]["id"], context["now"])
    view = await _turn_off(refusal, context)
    await _open(body, context, view)
    await ack()


async def _turn_off(refusal: Refusal | None, context: AsyncBoltContext) -> View:
    if refusal:
        return views.told(await _sentence(refusal, context))
    return views.turn_off(context["firm"].name, await plans.paid_until(context["deps"], context["firm"]))


async def on_disable_command(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext) -> None:
    """`/sms disable`: the same question."""
    firm = context["firm"]
    refusal = await members.refuse_admin(context["deps"], firm, command["user_id"], context["now"])
    if refusal or not firm.two_way:
        await _say(ack, await _sentence(refusal, context) if refusal else views.OFF_ALREADY)
        return
    await _open(command, context, await _turn_off(None, context))
    await ack()


async def on_disabled(ack: AsyncAck, view: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
    """They are sure."""
    deps, firm, now, user_id = context["deps"], context["firm"], context["now"], body["user"]["id"]
    values = view["state"]["values"]
    at_end = value_of(values, views.WHEN) == views.AT_END
    is_auto = value_of(values, views.WHAT) == views.AUTO
    words = plain_words(value_of(values, views.WORDS)).strip() if is_auto else ""
    if is_auto and not words:
        await ack(response_action="errors", errors={views.WORDS: "Write what leads shall read."})
        return
    refusal = await patiently(
        lambda: plans.disable(deps, firm, user_id, now, away_text=words or None, at_end=at_end), seconds=PATIENCE
    )
    if refusal:
        await ack(response_action="errors", errors={views.WHAT: refusal.sentence})
    else:
        await ack(response_action="update", view=views.told(views.WILL_END if at_end else views.IS_OFF))


async def on_usage_command(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext) -> None:
    """`/sms usage`: how much of the month is used, and what it costs."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    refusal = await members.refuse(deps, firm, command["user_id"], now)
    if refusal:
        await _say(ack, refusal.sentence)
        return
    async with deps.db.read() as tx:
        told = await usage.told(tx, firm, deps.settings, now)
    link = await accounts_due.receipts(deps, firm, command["user_id"], now)
    await _say(ack, "\n".join([*told, usage_views.receipts(link)] if link else told))


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
