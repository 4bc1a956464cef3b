"""Ways out of Slack to Stripe's pages: an address of ours that one admin has, and that soon expires.

Stripe's own addresses let in whoever has them, so they are made when somebody comes by ours, and kept nowhere.
"""

from datetime import datetime, timedelta

from bridge.gateways.errors import GatewayError, Retry
from bridge.refusals import Refusal
from bridge.services import members, stripe_ways, subscriptions
from bridge.services.deps import Deps
from bridge.services.signing import is_ours, signature_of
from bridge.store import firms
from bridge.store import subscriptions as store
from bridge.store.firms import Firm
from bridge.views.billing import Page

GOOD_FOR = timedelta(hours=1)  # a Home or a modal that was open for longer is opened anew
BACK_FOR = timedelta(days=1)  # somebody may look for a card for long
BACK = "back"  # from Stripe's pages
KIND = "billing"


def address(deps: Deps, firm: Firm, user_id: str, page: Page | str, now: datetime) -> str:
    """Where this admin gets to that page of Stripe's."""
    until = int((now + (BACK_FOR if page == BACK else GOOD_FOR)).timestamp())
    path = f"{firm.id}/{user_id}/{page}/{until}"
    return f"{deps.settings.public_base_url}/billing/{path}/{signature_of(deps, KIND, path)}"


async def owner(
    deps: Deps, firm_id: int, user_id: str, page: str, until: int, signature: str, now: datetime
) -> Firm | None:
    """Whose link it is, if we made it and it has not expired."""
    if not is_ours(deps, KIND, f"{firm_id}/{user_id}/{page}/{until}", until, signature, now):
        return None
    async with deps.db.glance() as tx:
        return await firms.get(tx, firm_id)


async def follow(deps: Deps, firm: Firm, user_id: str, page: Page, now: datetime) -> str | Refusal | None:
    """The page at Stripe; why this person may not; or None where there is nothing to see. Raises GatewayError."""
    if refusal := await members.refuse_admin(deps, firm, user_id, now):
        return refusal
    async with deps.db.glance() as tx:
        known = await store.of_firm(tx, firm.id)
    if known is None or known.customer is None:
        return None
    stripe = deps.clients.stripe()
    if page is Page.CONFIRM:
        return await stripe.confirm_link(known.stripe_id) if known.stripe_id else None
    offer = await stripe_ways.offer(deps)
    if offer.portal is None:
        raise GatewayError("no_portal", Retry.LATER)
    back = address(deps, firm, user_id, BACK, now)
    return await stripe.portal_session(
        known.customer, return_url=back, configuration=offer.portal, for_card=page is Page.CARD
    )


async def came_back(deps: Deps, firm: Firm, now: datetime) -> None:
    """There may be another card now, or what was open is paid: nobody waits for a webhook to say so."""
    async with deps.db.begin() as tx:
        await subscriptions.look(tx, firm.id, now, pays=True)
