"""Whom the menu of the first step offers while somebody types."""

from bridge.rules.mrkdwn import plain_name
from bridge.rules.phones import national
from bridge.services import start
from bridge.services.deps import Deps
from bridge.store.firms import Firm
from bridge.store.leads import Lead
from bridge.views.start import Offer

MOST = 20  # of Slack's hundred; nobody reads more


async def search(deps: Deps, firm: Firm, query: str) -> list[Offer]:
    """Those with this name, address or number who can be texted, and the number itself where that is allowed."""
    matches = await start.find(deps, firm, query, most=MOST)
    await start.know_their_threads(deps, firm, matches)
    found = [of(match.lead) for match in matches]
    if not found and (phone := await start.typed_number(deps, firm, query)):
        found.append(Offer(f"phone:{phone}", f"Text {national(phone)}", "No signup has this number"))
    return found


def of(lead: Lead) -> Offer:
    """A lead as one line of the menu."""
    number = national(lead.phone) if lead.phone else "no number"
    name = plain_name(lead.name, 50) or "no name"
    where = plain_name(lead.source, 40) if lead.source else ""
    return Offer(
        f"lead:{lead.id}", f"{name} · {number}", " · ".join(filter(None, [where, f"{lead.created_at:%Y-%m-%d}"]))
    )
