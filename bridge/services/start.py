"""Whom staff can text first."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.refusals import Refusal
from bridge.rules import phones, picker
from bridge.services import links, sending
from bridge.services.deps import Deps
from bridge.store import contacts, conversations, leads, messages
from bridge.store.contacts import Contact
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.leads import Lead
from bridge.store.tx import Tx

PAGE, PAGES = 100, 10  # leads that are looked at, at most, until enough of them can be shown
NEWER = 2**62  # than any lead
MOST_IDS = 18  # digits of an id


@dataclass(frozen=True, repr=False)
class Match:
    """The newest signup with a number, and why nobody can text it, if so."""

    lead: Lead
    refusal: Refusal | None


async def find(deps: Deps, firm: Firm, query: str, *, most: int, everybody: bool = False) -> list[Match]:
    """Who has this name, e-mail or phone number: the newest first, each number once.

    Those who can be texted, or `everybody`. None for fewer than two letters or digits.
    """
    words = picker.wanted(query)
    shown: dict[str | int, Match] = {}
    async with deps.db.read() as tx:
        before = NEWER
        for _ in range(PAGES if words else 0):
            page = await leads.found_by(tx, firm.id, words, before, PAGE)
            every = await _matches(tx, firm, [lead for lead in page if _key(lead) not in shown])
            shown |= {_key(one.lead): one for one in every if everybody or one.refusal is None}
            if len(page) < PAGE or len(shown) >= most:
                break
            before = page[-1].id
        return [await _by_newest(tx, firm, match) for match in list(shown.values())[:most]]


async def _by_newest(tx: Tx, firm: Firm, match: Match) -> Match:
    """All signups with a number go by the newest one's name, also where an older one was found."""
    newest = await leads.newest(tx, firm.id, match.lead.phone) if match.lead.phone else None
    return Match(newest or match.lead, match.refusal)


def _key(lead: Lead) -> str | int:
    """Several signups with one number are one; those without any are each their own."""
    return lead.phone or lead.id


async def _matches(tx: Tx, firm: Firm, found: Sequence[Lead]) -> list[Match]:
    known = await contacts.by_phones(tx, firm.id, {lead.phone for lead in found if lead.phone})
    newest = {_key(lead): lead for lead in reversed(found)}
    every = []
    for lead in sorted(newest.values(), key=lambda lead: -lead.id):
        refusal = sending.refuse_anything(firm, lead.phone, known.get(lead.phone or ""))
        every.append(Match(lead, refusal))
    return every


@dataclass(frozen=True, repr=False)
class Recipient:
    """Somebody who was chosen: a number, and all that belongs to it. The lead is its newest signup.

    refusal: why nothing can be texted there, if so. typed: nobody signed up with it, and nothing was ever texted
    to it or from it, so that it must be said why it may be. A conversation alone, such as a refused text leaves
    behind, says nothing.
    """

    phone: str | None
    lead: Lead | None
    contact: Contact | None
    conversation: Conversation | None
    refusal: Refusal | None
    typed: bool = False


async def recipient(tx: Tx, firm: Firm, chosen: str) -> Recipient | None:
    """Whom a choice means, as `offers` and others name it; None for what nobody offered."""
    kind, _, name = chosen.partition(":")
    if kind == "lead" and (lead_id := row_id(name)) is not None:
        lead = await leads.get(tx, firm.id, lead_id)
        return None if lead is None else await _with_number(tx, firm, lead.phone, lead)
    phone = name if kind == "phone" and phones.is_phone(name) else None
    return None if phone is None else await _with_number(tx, firm, phone, None)


def row_id(written: str) -> int | None:
    """An id that came from outside; None for what cannot be one."""
    return int(written) if written.isascii() and written.isdigit() and len(written) <= MOST_IDS else None


async def _with_number(tx: Tx, firm: Firm, phone: str | None, lead: Lead | None) -> Recipient:
    if phone is None:
        return Recipient(None, lead, None, None, Refusal.NO_PHONE)
    newest, contact = await leads.newest(tx, firm.id, phone), await contacts.by_phone(tx, firm.id, phone)
    talks = await conversations.with_contacts(tx, firm.id, {contact.id}) if contact else {}
    talk = talks.get(contact.id) if contact else None
    typed = newest is None and (talk is None or not await messages.newest_id(tx, firm.id, talk.id))
    refusal = sending.refuse_anything(firm, phone, contact)
    if typed and not firm.prefers.typed_numbers and refusal is None:
        refusal = Refusal.TYPED_NUMBER
    return Recipient(phone, newest, contact, talk, refusal, typed)


async def typed_number(deps: Deps, firm: Firm, query: str) -> str | None:
    """The number that was typed in full, if it may be chosen without a signup (V-6), or has texted us."""
    phone = phones.e164(query)
    if phone is None:
        return None
    async with deps.db.read() as tx:
        meant = await _with_number(tx, firm, phone, None)
    return phone if meant.lead is None and meant.refusal is None else None


async def know_their_threads(deps: Deps, firm: Firm, matches: Sequence[Match]) -> None:
    """Whoever is chosen among these has a thread that can be opened by the time it is asked for."""
    phones_of = {match.lead.phone for match in matches if match.lead.phone}
    async with deps.db.read() as tx:
        known = await contacts.by_phones(tx, firm.id, phones_of)
        talks = await conversations.with_contacts(tx, firm.id, {contact.id for contact in known.values()})
        missing = await links.missing(tx, firm.id, {talk.id for talk in talks.values()})
    if missing:
        await links.ask(deps, firm, missing)
