"""Conversations that staff begin, with leads who never wrote."""

from bridge.refusals import Refusal
from bridge.rules.sending import Purpose
from bridge.sandbox.twilio import magic
from bridge.services import announce, sending
from bridge.services.drafts import Draft
from bridge.store import contacts, conversations, numbers
from bridge.store.conversations import Conversation
from bridge.store.tx import Tx
from bridge.views import threads as views
from tests.cast import MARIA
from tests.stage import Stage

OPENED = "Begun by staff."


async def first_text(stage: Stage, words: str = "Hello!", phone: str = MARIA) -> int | Refusal:
    """Somebody at Harbor Law texts a lead, and has not waited for what comes of it."""
    return await stage.app.deps.keep(lambda: _first_text(stage, words, phone))


async def open_thread(stage: Stage, phone: str = MARIA) -> None:
    """A conversation has its thread, and nobody has texted."""
    async with stage.app.deps.db.begin() as tx:
        talk = await _conversation(tx, stage, phone)
        await announce.remark(tx, stage.law, talk.id, views.remark(OPENED), stage.clock())
    await stage.settle()


async def _first_text(stage: Stage, words: str, phone: str) -> int | Refusal:
    async with stage.app.deps.db.begin() as tx:
        talk = await _conversation(tx, stage, phone)
        return await sending.queue(tx, stage.law, talk, Draft(words, Purpose.REPLY), stage.clock())


async def _conversation(tx: Tx, stage: Stage, phone: str) -> Conversation:
    now, firm_id = stage.clock(), stage.law.id
    people = await contacts.ensure_all(tx, firm_id, [phone], now)
    number = (await numbers.of_firm(tx, firm_id))[0]
    talks = await conversations.ensure_all(tx, firm_id, {people[phone].id: (number.id, now)})
    return talks[people[phone].id]


def is_now(stage: Stage, line_type: str, phone: str = MARIA) -> None:
    """At Twilio this number is such a line from now on."""
    stage.twilio.behaviours[phone] = magic.Behaviour(line_type=line_type)
