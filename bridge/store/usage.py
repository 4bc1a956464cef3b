"""Usage: which texts count towards what is paid for. One row for each, never a second one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select, text, update

from bridge.store.prepared import Prepared
from bridge.store.records import adding
from bridge.store.tables import messages, subscriptions, usage
from bridge.store.tables.billing import TO_TAKE_BACK, UNREPORTED
from bridge.store.tx import Tx

_u = usage.c
_by_plan = Prepared(
    select(_u.plan, func.sum(_u.units))
    .where(
        _u.firm_id == bindparam("firm_id"),
        _u.at >= bindparam("since", type_=_u.at.type),
        _u.at < bindparam("until", type_=_u.at.type),
        _u.failed_at.is_(None),
    )
    .group_by(_u.plan)
)
_fail = Prepared(
    update(usage)
    .where(
        _u.firm_id == bindparam("the_firm_id"), _u.message_id == bindparam("the_message_id"), _u.failed_at.is_(None)
    )
    .values(failed_at=bindparam("now", type_=_u.failed_at.type))
)


async def add(tx: Tx, firm_id: int, message_id: int, plan: str, now: datetime, *, units: int = 1) -> None:
    """This text counts; once, whoever says so."""
    values = {"firm_id": firm_id, "message_id": message_id, "plan": plan, "at": now, "units": units}
    await tx.run(adding(tx.dialect, usage, ("firm_id", "message_id")), values)


async def fail(tx: Tx, firm_id: int, message_id: int, now: datetime) -> bool:
    """It did not arrive, and does not count any more; whether it did."""
    return await tx.run(_fail, {"the_firm_id": firm_id, "the_message_id": message_id, "now": now}) == 1


async def by_plan(tx: Tx, firm_id: int, since: datetime, until: datetime) -> Mapping[str, int]:
    """How many counted from then until just before then, under each plan."""
    rows = await tx.rows(_by_plan, {"firm_id": firm_id, "since": since, "until": until})
    return {plan: int(many) for plan, many in rows}


@dataclass(frozen=True, repr=False)
class Unreported:
    """A text that Stripe is to hear of, under its carrier's name for it."""

    id: int
    sid: str
    at: datetime
    units: int
    tried_at: datetime | None
    reported_at: datetime | None


_to_report = (
    select(_u.id, messages.c.sid, _u.at, _u.units, _u.tried_at, _u.reported_at)
    .join(messages, messages.c.id == _u.message_id)
    .where(_u.firm_id == bindparam("firm_id"), messages.c.sid.is_not(None))
    .order_by(_u.id)
)


async def firms_to_report(tx: Tx, before: datetime) -> list[int]:
    """Whoever has texts of before that moment of which Stripe has not heard, or which it has to forget."""
    knows = _u.firm_id.in_(select(subscriptions.c.firm_id).where(subscriptions.c.customer.is_not(None)))
    new = select(_u.firm_id).where(text(UNREPORTED), _u.at < before, knows)
    failed = select(_u.firm_id).where(text(TO_TAKE_BACK), knows)
    return sorted(int(row[0]) for row in await tx.rows(new.union(failed)))


async def has_to_report(tx: Tx, firm_id: int, before: datetime) -> bool:
    """Whether this firm is among those."""
    statement = _to_report.where(text(UNREPORTED), _u.at < before).limit(1)
    return bool(await tx.rows(statement, {"firm_id": firm_id}))


async def to_report(tx: Tx, firm_id: int, before: datetime, limit: int) -> list[Unreported]:
    """Texts of before that moment of which Stripe has not heard, oldest first."""
    statement = _to_report.where(text(UNREPORTED), _u.at < before).limit(limit)
    return [Unreported(*row) for row in await tx.rows(statement, {"firm_id": firm_id})]


async def to_take_back(tx: Tx, firm_id: int, limit: int) -> list[Unreported]:
    """Texts that failed after Stripe had heard of them, or may have."""
    return [
        Unreported(*row)
        for row in await tx.rows(_to_report.where(text(TO_TAKE_BACK)).limit(limit), {"firm_id": firm_id})
    ]


async def mark(tx: Tx, firm_id: int, some: Sequence[Unreported], **moments: Any) -> None:
    """Set columns of these."""
    if some:
        ids = [each.id for each in some]
        await tx.run(update(usage).where(_u.firm_id == firm_id, _u.id.in_(ids)).values(**moments))


async def reported_between(tx: Tx, firm_id: int, start: datetime, end: datetime) -> int:
    """How much Stripe has been told of that was sent from then until just before then."""
    found = select(func.coalesce(func.sum(_u.units), 0)).where(
        _u.firm_id == firm_id, _u.at >= start, _u.at < end, _u.reported_at.is_not(None)
    )
    return int(await tx.value(found))


async def lost(tx: Tx) -> dict[int, int]:
    """Texts of each firm that Stripe will never hear of, or never forget."""
    found = select(_u.firm_id, func.count()).where(_u.lost_at.is_not(None)).group_by(_u.firm_id)
    return {int(firm_id): int(many) for firm_id, many in await tx.rows(found)}
