"""A lead says STOP, START or HELP, or a carrier tells us that they did."""

from datetime import datetime
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


async def settle(
    tx: Tx,
    firm: Firm,
    number: Number,
    contact: Contact,
    conversation: Conversation,
    keyword: Keyword,
    sid: str,
    body: str,
    now: datetime,
) -> None:
    """Do what the keyword says, write down why, show one line, and answer where the carrier does not."""
    evidence = {"sid": sid, "body": body[:160], "number": number.phone}
    match keyword:
        case Keyword.STOP:
            told = await _stop(tx, firm, number, contact, body, evidence, now)
        case Keyword.START:
            told = await _start(tx, firm, number, contact, body, evidence, now)
        case Keyword.HELP:
            await consent.record(tx, firm.id, contact.id, now, change="help", source="sms", evidence=evidence)
            told = ":information_source: asked for help"
        case _:
            assert_never(keyword)
    if firm.two_way:
        await announce.remark(tx, firm, conversation.id, views.remark(f"{told} · {clock(now)}"), now)
        await announce.refresh_root(tx, firm, conversation.id, now)
    await _answer(tx, firm, number, conversation, keyword, body, now)


async def _stop(
    tx: Tx, firm: Firm, number: Number, contact: Contact, body: str, evidence: dict[str, str], now: datetime
) -> str:
    blocked = contact.carrier_blocked or _carrier_acts(number, keywords.carrier_blocks, body)
    await contacts.change(tx, firm.id, contact.id, opted_out=True, carrier_blocked=blocked)
    await consent.record(tx, firm.id, contact.id, now, change="opt_out", source="sms", evidence=evidence)
    return ":no_entry: opted out"


async def _start(
    tx: Tx, firm: Firm, number: Number, contact: Contact, body: str, evidence: dict[str, str], now: datetime
) -> str:
    lifted = _carrier_acts(number, keywords.lifts_carrier_block, body)
    still_blocked = contact.carrier_blocked and not lifted
    await contacts.change(tx, firm.id, contact.id, opted_out=False, carrier_blocked=still_blocked)
    await consent.record(tx, firm.id, contact.id, now, change="opt_in", source="sms", evidence=evidence)
    if still_blocked:
        return "asked to be texted again, but the carrier still blocks this number until they text START"
    return ":white_check_mark: opted in"


def _carrier_acts(number: Number, rule: CarrierRule, body: str) -> bool:
    """Whether Twilio acts on this word by itself; its handling can be switched off for a number."""
    return number.keyword_replies == "carrier" and rule(body, toll_free=number.toll_free)


async def _answer(
    tx: Tx, firm: Firm, number: Number, conversation: Conversation, keyword: Keyword, body: str, now: datetime
) -> None:
    """One confirmation, never two: nothing when Twilio has sent its own."""
    if _carrier_acts(number, keywords.carrier_answers, body):
        return
    texts = {Keyword.STOP: STOPPED, Keyword.START: STARTED, Keyword.HELP: firm.help_text or HELPED}
    words = texts[keyword].replace("{firm}", firm.name).replace("{number}", national(number.phone))
    draft = sending.Draft(body=words, purpose=Purpose.COMPLIANCE)
    await sending.queue(tx, firm, conversation, draft, now)


async def carrier_said_stopped(
    tx: Tx, firm: Firm, contact: Contact, conversation: Conversation, sid: str | None, now: datetime
) -> None:
    """Twilio refused a text because its recipient has opted out: its word counts (error 21610)."""
    if contact.opted_out and contact.carrier_blocked:
        return
    await contacts.change(tx, firm.id, contact.id, opted_out=True, carrier_blocked=True)
    evidence = {"code": "21610", "sid": sid}
    await consent.record(tx, firm.id, contact.id, now, change="opt_out", source="carrier", evidence=evidence)
    await announce.refresh_root(tx, firm, conversation.id, now)
