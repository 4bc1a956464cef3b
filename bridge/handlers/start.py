"""Starting a conversation: the command, the shortcut, the buttons, and the two steps of the modal."""

import json
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncBoltContext

from bridge.refusals import Refusal
from bridge.rules.mrkdwn import as_typed, plain_name, plain_words
from bridge.rules.suggestions import SUGGESTED
from bridge.services import cards, first_texts, members, offers, typed
from bridge.services.first_texts import Ask, Written
from bridge.store.database import patiently
from bridge.views import cards as card_views
from bridge.views import start as views
from bridge.views.cards import Card
from bridge.views.modals import View, value_of
from bridge.views.suggestions import text_field

PATIENCE = 1.5  # seconds of the three that Slack waits
NO_REASON = "Only an admin can have it sent now, and needs a reason."


async def on_new(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The shortcut, and the button in Home: whom?"""
    await _open(body, context, views.whom())
    await ack()


async def on_command(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext, said: str) -> None:
    """`/sms new [name or number] [text]`: with one person meant, the second step at once."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    if refusal := await members.refuse(deps, firm, command["user_id"], now):
        await ack({"response_type": "ephemeral", "text": refusal.sentence})
        return
    said = plain_words(as_typed(said))
    meant = await typed.understood(deps, firm, said)
    if len(meant.matches) == 1 or (meant.phone and not meant.matches):
        chosen = f"lead:{meant.matches[0].lead.id}" if meant.matches else f"phone:{meant.phone}"
        view = await _write(context, command["user_id"], chosen, meant.text)
    else:
        first = offers.of(meant.matches[0].lead) if meant.matches else None
        view = views.whom(first, text=meant.text, note=_note(said, len(meant.matches)))
    await _open(command, context, view or views.whom(note=views.GONE))
    await ack()


def _note(said: str, many: int) -> str | None:
    if not said.strip():
        return None
    if not many:
        return f"{views.NOBODY} You typed: {said[:200]}"
    return f"Several people fit that. The newest is chosen; type to find another. You typed: {said[:200]}"


async def on_search(
    ack: AsyncAck, payload: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext
) -> None:
    """Two letters or more were typed: who can be texted."""
    deps, firm = context["deps"], context["firm"]
    found = []
    if not await members.refuse(deps, firm, body["user"]["id"], context["now"]):
        found = await offers.search(deps, firm, str(payload.get("value") or ""))
    await ack(options=views.options(found))


async def on_chosen(ack: AsyncAck, view: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
    """Step one is done."""
    chosen = value_of(view["state"]["values"], views.WHOM)
    refusal = await members.refuse(context["deps"], context["firm"], body["user"]["id"], context["now"])
    shown = None if refusal else await _write(context, body["user"]["id"], chosen, view["private_metadata"])
    if shown is None:
        await ack(response_action="errors", errors={views.WHOM: refusal.sentence if refusal else views.GONE})
    else:
        await ack(response_action="push", view=shown)


async def on_written(ack: AsyncAck, view: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
    """Step two is done: it goes out, or the field says why not."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    written = _written(view, body["user"]["id"])
    outcome = await patiently(lambda: first_texts.accept(deps, firm, written, now), seconds=PATIENCE)
    if outcome is None:
        await ack(response_action="update", view=views.sending())
    elif isinstance(outcome, Ask):
        await _ask(ack, context, view, written, outcome)
    else:
        await ack(response_action="errors", errors={_field(outcome, view): outcome.sentence})


async def _ask(ack: AsyncAck, context: AsyncBoltContext, view: View, written: Written, ask: Ask) -> None:
    """What should be read or decided first; sent again, it goes out."""
    if ask.opens_at is not None and first_texts.is_unfounded(ask, written):
        await ack(response_action="errors", errors={views.WHY_NOW if ask.may_waive else views.WHEN: NO_REASON})
        return
    found = await first_texts.look(context["deps"], context["firm"], written.chosen, context["now"])
    card, is_typed = found or (Card(None), False)
    read = [concern.about.value for concern in ask.concerns]
    known = json.loads(view["private_metadata"]) | {"read": read}
    draft = views.Draft(
        card, written.chosen, written.body, is_typed, [concern.sentence for concern in ask.concerns],
        json.dumps(known), ask.opens_at, ask.may_waive, offered=SUGGESTED, filled=known.get("filled", 0),
    )  # fmt: skip
    await ack(response_action="update", view=views.write(draft))


def _written(view: dict[str, Any], user_id: str) -> Written:
    values, known = view["state"]["values"], json.loads(view["private_metadata"])
    source = value_of(values, views.SOURCE)
    return Written(
        view_id=view["id"],
        user_id=user_id,
        chosen=known["chosen"],
        body=plain_words(value_of(values, text_field(known.get("filled", 0)))),
        subject=plain_name(value_of(values, views.SUBJECT), views.SUBJECT_LIMIT) or None,
        consent_source=source if source in views.SOURCES else "",
        consent_words=plain_words(value_of(values, views.EVIDENCE)),
        read=frozenset(known.get("read", [])),
        when=value_of(values, views.WHEN),
        why_now=plain_words(value_of(values, views.WHY_NOW)),
        marketing=bool(known.get("marketing")),
    )


def _field(refusal: Refusal, view: View) -> str:
    """Where it is shown: a field that this modal has. The signup may have gone since it was opened."""
    asks = views.EVIDENCE in view["state"]["values"]
    if asks and refusal is Refusal.NO_CONSENT_SOURCE:
        return views.EVIDENCE
    return text_field(json.loads(view["private_metadata"]).get("filled", 0))


async def on_open_empty(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """An empty thread is wanted."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    chosen, user_id, view_id = body["actions"][0]["value"], body["user"]["id"], body["view"]["id"]
    refusal = await patiently(
        lambda: first_texts.open_thread(deps, firm, view_id, user_id, chosen, now), seconds=PATIENCE
    )
    if refusal is not None:
        await deps.clients.slack(firm).push_view(body["trigger_id"], views.not_sent(refusal.sentence, None))
    await ack()


async def on_card(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The button under a conversation's root: who is this?"""
    deps, firm, user_id = context["deps"], context["firm"], body["user"]["id"]
    refusal = await members.refuse(deps, firm, user_id, context["now"])
    view = views.not_sent(refusal.sentence, None) if refusal else await _card(context, body)
    await _open(body, context, view)
    await ack()


async def _card(context: AsyncBoltContext, body: dict[str, Any]) -> View:
    deps, firm = context["deps"], context["firm"]
    async with deps.db.read() as tx:
        chosen = await cards.choice(tx, firm, str(body["actions"][0].get("value")))
    found = await first_texts.look(deps, firm, chosen, context["now"]) if chosen else None
    if found is None or chosen is None:
        return views.not_sent(views.GONE, None)
    return card_views.modal(found[0], chosen, for_admin=await members.is_admin(deps, firm, body["user"]["id"]))


async def on_message(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The button on a lead's card: write to them."""
    deps, firm, user_id = context["deps"], context["firm"], body["user"]["id"]
    refusal = await members.refuse(deps, firm, user_id, context["now"])
    view = None if refusal else await _write(context, user_id, body["actions"][0]["value"], "")
    shown = view or views.not_sent(refusal.sentence if refusal else views.GONE, None)
    await deps.clients.slack(firm).push_view(body["trigger_id"], shown)
    await ack()


async def _write(context: AsyncBoltContext, user_id: str, chosen: str, text: str) -> View | None:
    """Step two for somebody; None where there is nobody."""
    found = await first_texts.look(context["deps"], context["firm"], chosen, context["now"])
    if found is None:
        return None
    card, is_typed = found
    draft = views.Draft(
        card, chosen, text[: views.SEGMENT_LIMIT], is_typed, metadata=json.dumps({"chosen": chosen}),
        offered=SUGGESTED,
    )  # fmt: skip
    return views.write(draft)


async def _open(body: dict[str, Any], context: AsyncBoltContext, view: View) -> None:
    await context["deps"].clients.slack(context["firm"]).open_view(body["trigger_id"], view)
