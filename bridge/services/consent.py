"""A lead says STOP, START or HELP, or a carrier tells us that they did."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, assert_never

from bridge.rules import keywords
from bridge.rules.keywords import Keyword
from bridge.rules.phones import national
from bridge.rules.sending import Purpose
from bridge.services import announce, sending
from bridge.store import consent, contacts
from bridge.store.contacts import Contact
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.messages import Message
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
OVERTAKEN = "a keyword came late; what the lead said after it counts"
# A STOP that came late loses only against a START that surely came after it: webhooks take some seconds, too.
SURELY_LATER = timedelta(minutes=1)


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
) -> None:
    """Do what the keyword says, write down why, show one line, and answer where the carrier does not."""
    overtaken = await _is_overtaken(tx, firm, contact, word)
    told = OVERTAKEN if overtaken else await _obey(tx, firm, number, contact, word)
    await _write_down(tx, firm, number, contact, word)
    if firm.two_way:
        await announce.remark(tx, firm, conversation.id, views.remark(f"{told} · {clock(word.at)}"), now)
        await announce.refresh_root(tx, firm, conversation.id, now)
    # Who has stopped before is left in peace: one confirmation is allowed, a second is a text after STOP.
    if not overtaken and not (word.keyword is Keyword.STOP and contact.opted_out):
        await _answer(tx, firm, number, conversation, word, now)


async def _is_overtaken(tx: Tx, firm: Firm, contact: Contact, word: Word) -> bool:
    """Whether the lead said something else after this, which we have heard already: the last word counts."""
    if not word.late or word.keyword is Keyword.HELP:
        return False
    since = word.at + (SURELY_LATER if word.keyword is Keyword.STOP else timedelta(0))
    return await consent.has_changed_since(tx, firm.id, contact.id, since)


async def _obey(tx: Tx, firm: Firm, number: Number, contact: Contact, word: Word) -> str:
    """Change what is known about the contact; what the thread says about it."""
    match word.keyword:
        case Keyword.STOP:
            return await _stop(tx, firm, number, contact, word)
        case Keyword.START:
            return await _start(tx, firm, number, contact, word)
        case Keyword.HELP:
            return ":information_source: asked for help"
        case _:
            assert_never(word.keyword)


async def _write_down(tx: Tx, firm: Firm, number: Number, contact: Contact, word: Word) -> None:
    changes = {Keyword.STOP: "opt_out", Keyword.START: "opt_in", Keyword.HELP: "help"}
    evidence = {"sid": word.sid, "body": word.body[:160], "number": number.phone}
    await consent.record(
        tx, firm.id, contact.id, word.at, change=changes[word.keyword], source="sms", evidence=evidence
    )


async def _stop(tx: Tx, firm: Firm, number: Number, contact: Contact, word: Word) -> str:
    blocked = contact.carrier_blocked or _carrier_acts(number, keywords.carrier_blocks, word)
    await contacts.change(tx, firm.id, contact.id, opted_out=True, carrier_blocked=blocked)
    return ":no_entry: opted out"


async def _start(tx: Tx, firm: Firm, number: Number, contact: Contact, word: Word) -> str:
    lifted = _carrier_acts(number, keywords.lifts_carrier_block, word)
    still_blocked = contact.carrier_blocked and not lifted
    await contacts.change(tx, firm.id, contact.id, opted_out=False, carrier_blocked=still_blocked)
    if still_blocked:
        return "asked to be texted again, but the carrier still blocks this number until they text START"
    return ":white_check_mark: opted in"


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
    draft = sending.Draft(body=words, purpose=Purpose.COMPLIANCE)
    await sending.queue(tx, firm, conversation, draft, now)


async def carrier_said_stopped(
    tx: Tx, firm: Firm, contact: Contact, conversation: Conversation, message: Message, now: datetime
) -> None:
    """Twilio refused a text because its recipient has opted out: its word counts (error 21610).

    Unless the recipient has had the last word since: it can come late.
    """
    is_known = contact.opted_out and contact.carrier_blocked
    tried_at = message.started_at or message.created_at
    if is_known or await consent.has_changed_since(tx, firm.id, contact.id, tried_at):
        return
    await contacts.change(tx, firm.id, contact.id, opted_out=True, carrier_blocked=True)
    evidence = {"code": "21610", "sid": message.sid}
    await consent.record(tx, firm.id, contact.id, now, change="opt_out", source="carrier", evidence=evidence)
    await announce.refresh_root(tx, firm, conversation.id, now)
