"""A lead says STOP, START or HELP."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from bridge.rules import keywords
from bridge.rules.consent import Change, Event, Source, is_overtaken
from bridge.rules.keywords import Keyword
from bridge.rules.phones import national
from bridge.rules.sending import Purpose
from bridge.services import announce, consent, sending
from bridge.services.drafts import Draft
from bridge.store import contacts
from bridge.store.contacts import Contact
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.numbers import Number
from bridge.store.tx import Tx
from bridge.views import threads as views
from bridge.views.shown import clock


class CarrierRule(Protocol):
    """Whether Twilio itself does something on this word."""

    def __call__(self, body: str, *, toll_free: bool) -> bool: ...


STOPPED = "You are unsubscribed from {firm} and will get no more texts. Reply START to resubscribe."
STARTED = "You are subscribed to texts from {firm} again. Reply STOP to unsubscribe, HELP for help."
HELPED = "{firm}: call or text {number} for help. Msg&data rates may apply. Reply STOP to unsubscribe."
ASKED_FOR_HELP = ":information_source: asked for help"
OVERTAKEN = "a keyword came late; what the lead said after it counts"
CHANGES = {Keyword.STOP: Change.OPT_OUT, Keyword.START: Change.OPT_IN, Keyword.HELP: Change.HELP}


@dataclass(frozen=True, repr=False)
class Word:
    """A keyword as a lead said it.

    `late`: no webhook brought it, so that others may have overtaken it. `acted`: Twilio says that it acted on it.
    """

    keyword: Keyword
    body: str
    sid: str
    at: datetime
    late: bool
    acted: bool


async def settle(
    tx: Tx, firm: Firm, number: Number, contact: Contact, conversation: Conversation, word: Word, now: datetime
) -> Contact:
    """Write down what the keyword says, show one line, and answer where the carrier does not; what is known now."""
    evidence = {"sid": word.sid, "body": word.body[:160], "number": number.phone}
    event = Event(CHANGES[word.keyword], Source.SMS, evidence, word.at, late=word.late)
    if word.keyword is Keyword.HELP:  # changes nothing, so that nobody else's work with the contact is waited for
        await consent.note(tx, firm.id, contact.id, event)
        await _show(tx, firm, conversation, ASKED_FOR_HELP, word, now)
        await _answer(tx, firm, number, conversation, word, now)
        return contact
    entry = await consent.write(tx, firm.id, contact.id, event)
    if is_overtaken(entry.before, event):
        await _show(tx, firm, conversation, OVERTAKEN, word, now)
        return entry.changed
    obeyed = await _obey(tx, firm, number, entry.changed, word)
    await _show(tx, firm, conversation, _told(obeyed), word, now)
    # Who has stopped before is left in peace: one confirmation is allowed, a second is a text after STOP.
    if not (word.keyword is Keyword.STOP and entry.before.stopped_by_lead):
        await _answer(tx, firm, number, conversation, word, now)
    return obeyed


async def _obey(tx: Tx, firm: Firm, number: Number, contact: Contact, word: Word) -> Contact:
    """Keep what the carrier does with it, too."""
    if word.keyword is Keyword.STOP:
        blocked = contact.carrier_blocked or _carrier_acts(number, keywords.carrier_blocks, word)
    else:
        blocked = contact.carrier_blocked and not _carrier_acts(number, keywords.lifts_carrier_block, word)
    if blocked != contact.carrier_blocked:
        await contacts.change(tx, firm.id, contact.id, carrier_blocked=blocked)
    return replace(contact, carrier_blocked=blocked)


def _told(contact: Contact) -> str:
    """What the thread says about it."""
    if contact.opted_out:
        return ":no_entry: opted out"
    if contact.carrier_blocked:
        return "asked to be texted again, but the carrier still blocks this number until they text START"
    return ":white_check_mark: opted in"


async def _show(tx: Tx, firm: Firm, conversation: Conversation, told: str, word: Word, now: datetime) -> None:
    if firm.two_way:
        await announce.remark(tx, firm, conversation.id, views.remark(f"{told} · {clock(word.at)}"), now)
        await announce.refresh_root(tx, firm, conversation.id, now)


def _carrier_acts(number: Number, rule: CarrierRule, word: Word) -> bool:
    """Whether Twilio acts on this word by itself; its handling can be switched off for a number."""
    return word.acted or (number.keyword_replies == "carrier" and rule(word.body, toll_free=number.toll_free))


async def _answer(
    tx: Tx, firm: Firm, number: Number, conversation: Conversation, word: Word, now: datetime
) -> None:
    """One confirmation, never two: nothing when Twilio has sent its own."""
    if _carrier_acts(number, keywords.carrier_answers, word):
        return
    texts = {Keyword.STOP: STOPPED, Keyword.START: STARTED, Keyword.HELP: firm.help_text or HELPED}
    words = texts[word.keyword].replace("{firm}", firm.name).replace("{number}", national(number.phone))
    draft = Draft(body=words, purpose=Purpose.COMPLIANCE)
    await sending.queue(tx, firm, conversation, draft, now)
