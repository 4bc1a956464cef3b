"""What an admin sees of how the firm stands with its operator."""

from datetime import datetime

from bridge.rules.billing import GRACE, Standing, is_stopped, standing
from bridge.services import billing_links
from bridge.services.deps import Deps
from bridge.store import staff
from bridge.store import subscriptions as store
from bridge.store.firms import Firm
from bridge.views.billing import Account, Page


async def shown(deps: Deps, firm: Firm, user_id: str, now: datetime) -> Account:
    """With links that this person, and nobody else, may follow for a while."""
    async with deps.db.glance() as tx:
        known = await store.of_firm(tx, firm.id)
    if known is None:
        return Account()
    runs = standing(known.status) is Standing.RUNS
    since = firm.unpaid_since
    return Account(
        is_beginning=known.wish == "begin",
        problem=None if firm.two_way and runs else known.problem,
        unpaid_since=since,
        stops_at=since + GRACE if since is not None else None,
        is_stopped=is_stopped(since, now),
        ends_at=known.period_end if runs and known.ends_with_period else None,
        renews_at=known.period_end if runs and not known.ends_with_period else None,
        has_receipts=known.stripe_id is not None,
        links={page: billing_links.address(deps, firm, user_id, page, now) for page in Page},
    )


async def receipts(deps: Deps, firm: Firm, user_id: str, now: datetime) -> str | None:
    """This admin's way to what was paid, if anything ever was."""
    async with deps.db.glance() as tx:
        person, known = await staff.get(tx, firm.id, user_id), await store.of_firm(tx, firm.id)
    if person is None or not person.is_admin or known is None or known.stripe_id is None:
        return None
    return billing_links.address(deps, firm, user_id, Page.PORTAL, now)
