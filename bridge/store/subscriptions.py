"""Subscriptions of the add-on: one row for each firm that ever wanted it, as Stripe told it last."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bridge.store.records import adding, by, changing, every, find, held, one, select_as, the
from bridge.store.tables import firms, subscriptions
from bridge.store.tx import Tx

_s = subscriptions.c


@dataclass(frozen=True, repr=False)
class Subscription:
    """How a firm stands with Stripe; the columns are explained at the table."""

    firm_id: int
    customer: str | None
    stripe_id: str | None
    status: str | None
    period_start: datetime | None
    period_end: datetime | None
    ends_with_period: bool
    terms: dict[str, Any] | None
    attempt: str | None
    wished_by: str | None
    wish: str | None
    problem: str | None
    away_text: str | None
    told_unpaid: int
    read_at: datetime | None = field(default=None)
    compared_at: datetime | None = None
    usage_off: int = 0


async def of_firm(tx: Tx, firm_id: int) -> Subscription | None:
    """The firm's; None if it never wanted one."""
    return one(Subscription, await tx.row(find(Subscription, subscriptions, "firm_id"), by(firm_id=firm_id)))


async def hold(tx: Tx, firm_id: int) -> Subscription:
    """The firm's, unchanged by anybody else until this transaction ends; an empty one if there was none."""
    await tx.run(adding(tx.dialect, subscriptions, ("firm_id",)), {"firm_id": firm_id})
    return the(Subscription, await tx.row(held(Subscription, subscriptions, "firm_id"), by(firm_id=firm_id)))


async def change(tx: Tx, firm_id: int, **values: Any) -> None:
    """Set columns of the firm's."""
    await tx.run(changing(subscriptions, "firm_id"), by(firm_id=firm_id) | values)


async def of_customer(tx: Tx, customer: str) -> Subscription | None:
    """Whose customer at Stripe this is."""
    return one(Subscription, await tx.row(find(Subscription, subscriptions, "customer"), by(customer=customer)))


async def with_customers(tx: Tx) -> list[Subscription]:
    """Of all firms that Stripe knows."""
    return every(
        Subscription,
        await tx.rows(select_as(Subscription, subscriptions).where(_s.customer.is_not(None)).order_by(_s.firm_id)),
    )


async def unpaid(tx: Tx) -> list[int]:
    """The firms with an open payment."""
    return [row[0] for row in await tx.rows(select(firms.c.id).where(firms.c.unpaid_since.is_not(None)))]
