"""That the add-on shall end, or go on after all, is written down; who tells Stripe is services.unsubscribing."""

from datetime import datetime

from bridge.rules import billing
from bridge.rules.billing import Standing
from bridge.services import stripe_ways
from bridge.store import audit, outbox
from bridge.store import subscriptions as store
from bridge.store.outbox import Kind
from bridge.store.tx import Tx

NOW, END, KEEP = "now", "end", "keep"
REMOVED = "slack"  # whose wish it is where the app was removed
WISH = "end"  # what stands as the firm's wish until Stripe has been told


async def leave(tx: Tx, firm_id: int, now: datetime) -> None:
    """The app was removed from the workspace: it ends with what is paid for, unless it does already.

    Something that is still on its way to Stripe may be that it is to be kept: the end comes behind that. What was
    never paid ends at once.
    """
    known = await store.hold(tx, firm_id)
    is_settled = not await outbox.has_open(tx, firm_id, stripe_ways.lane(firm_id))
    if known.wish == WISH or (known.ends_with_period and is_settled):
        return
    waits = billing.standing(known.status) is Standing.WAITS
    await wish(tx, firm_id, NOW if waits else END, REMOVED, now)


async def wish(
    tx: Tx, firm_id: int, how: str, user_id: str, now: datetime, *, away_text: str | None = None
) -> None:
    """Stripe will be told: to end it NOW, at the END of what is paid for, or to KEEP it all the same."""
    known = await store.hold(tx, firm_id)
    if billing.standing(known.status) is Standing.OVER and known.wish is None:
        return  # there is nothing to end
    await store.change(tx, firm_id, wish=None if how == KEEP else WISH, away_text=away_text)
    facts = {"when": how, "subscription": known.stripe_id}
    await audit.record(tx, firm_id, now, actor=user_id, action="end_charge", facts=facts)
    await stripe_ways.promise(tx, firm_id, Kind.UNSUBSCRIBE, {"how": how, "user_id": user_id}, now)
