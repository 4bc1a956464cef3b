"""Suggested texts for the person and the lead at hand."""

from dataclasses import dataclass
from datetime import datetime

from bridge.rules.mrkdwn import plain_name
from bridge.rules.names import first_name
from bridge.rules.suggestions import SUGGESTED
from bridge.rules.templates import Template, put_in, render
from bridge.services import cards, start
from bridge.services.deps import Deps
from bridge.store import staff
from bridge.store.firms import Firm
from bridge.store.leads import Lead
from bridge.store.tx import Tx
from bridge.views.cards import Card

NAMELESS = "someone"  # what people are called of whom Slack tells no name


@dataclass(frozen=True, repr=False)
class Field:
    """What the field says. marketing: some of it was suggested for that."""

    text: str
    marketing: bool = False


@dataclass(frozen=True, repr=False)
class Filled:
    """The field with a suggestion in it, and to whom it goes. typed_number: nobody signed up with it."""

    card: Card
    typed_number: bool
    field: Field


async def fill(
    deps: Deps, firm: Firm, chosen: str, user_id: str, template: Template, before: Field, now: datetime
) -> Filled | None:
    """Put a suggestion into the field, next to what was typed there; None where the lead is gone."""
    async with deps.db.read() as tx:
        whom = await start.recipient(tx, firm, chosen)
        if whom is None:
            return None
        known = await _known(tx, firm, whom.lead, user_id)
        card = await cards.of(tx, firm, whom, now)
    others = frozenset(render(each.body, known).text for each in SUGGESTED)
    suggested = render(template.body, known).text
    text = put_in(before.text, suggested, others)
    marketing = template.is_marketing or (before.marketing and text != suggested)
    return Filled(card, whom.typed, Field(text, marketing))


async def _known(tx: Tx, firm: Firm, lead: Lead | None, user_id: str) -> dict[str, str]:
    """What can be filled in, by the names of the gaps."""
    person = await staff.get(tx, firm.id, user_id)
    found = {
        "first_name": first_name(lead.name) if lead else None,
        "name": lead.name if lead else None,
        "source": lead.source if lead else None,
        "staff_name": person.name if person and person.name != NAMELESS else None,
        "firm": firm.name,
    }
    return {field: plain_name(value) for field, value in found.items() if value}
