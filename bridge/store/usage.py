"""Usage: which texts count towards what is paid for. One row for each, never a second one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, case, func, or_, select, text, update

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


@dataclass(frozen=True)
class Told:
    """What Stripe was told of: how much was `reported`, and how much of that it has `perhaps_not`, because it is to
    forget it or may not count it yet; and how much more it has `perhaps`, because nobody knows whether it was told,
    or whether it has forgotten it already.
    """

    reported: int
    perhaps_not: int
    perhaps: int


async def told_between(
    tx: Tx, firm_id: int, start: datetime, end: datetime, *, fresh: datetime, failed: datetime
) -> Told:
    """Of what was sent from `start` until just before `end`; what was reported or has failed since these moments
    may be on its way.
    """
    is_reported = _u.reported_at.is_not(None)
    is_to_go = and_(_u.failed_at.is_not(None), _u.lost_at.is_(None))
    is_underway = and_(
        _u.tried_at.is_not(None), _u.reported_at.is_(None), _u.lost_at.is_(None),
        or_(_u.failed_at.is_(None), _u.failed_at >= failed),
    )  # fmt: skip
    cases = (is_reported, and_(is_reported, or_(is_to_go, _u.reported_at >= fresh)), is_underway)
    sums = [func.coalesce(func.sum(case((each, _u.units), else_=0)), 0) for each in cases]
    row = await tx.row(select(*sums).where(_u.firm_id == firm_id, _u.at >= start, _u.at < end))
    return Told(*(int(each) for each in row)) if row is not None else Told(0, 0, 0)


async def lost(tx: Tx, since: datetime) -> dict[int, int]:
    """Texts of each firm of which it became certain since then that Stripe will never hear of, or never forget."""
    found = (
        select(_u.firm_id, func.count()).where(_u.lost_at.is_not(None), _u.lost_at >= since).group_by(_u.firm_id)
    )
    return {int(firm_id): int(many) for firm_id, many in await tx.rows(found)}


async def waiting(tx: Tx, before: datetime) -> dict[int, int]:
    """Texts of each firm that were sent before then, and of which Stripe has not heard."""
    found = select(_u.firm_id, func.count()).where(text(UNREPORTED), _u.at < before).group_by(_u.firm_id)
    return {int(firm_id): int(many) for firm_id, many in await tx.rows(found)}
