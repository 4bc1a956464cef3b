"""Whom staff can text first."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.refusals import Refusal
from bridge.rules import picker
from bridge.services import sending
from bridge.services.deps import Deps
from bridge.store import contacts, leads
from bridge.store.firms import Firm
from bridge.store.leads import Lead
from bridge.store.tx import Tx

PAGE, PAGES = 100, 10  # leads that are looked at, at most, until enough of them can be shown
NEWER = 2**62  # than any lead


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
    return list(shown.values())[:most]


def _key(lead: Lead) -> str | int:
    """Several signups with one number are one; those without any are each their own."""
    return lead.phone or lead.id


async def _matches(tx: Tx, firm: Firm, found: Sequence[Lead]) -> list[Match]:
    known = await contacts.by_phones(tx, firm.id, {lead.phone for lead in found if lead.phone})
    newest = {_key(lead): lead for lead in reversed(found)}
    every = []
    for lead in sorted(newest.values(), key=lambda lead: -lead.id):
        latest = await leads.newest(tx, firm.id, lead.phone) if lead.phone else lead
        refusal = sending.refuse_anything(firm, lead.phone, known.get(lead.phone or ""))
        every.append(Match(latest or lead, refusal))
    return every
