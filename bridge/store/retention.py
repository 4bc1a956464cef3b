"""What is past its time: which words those are, and how they go. The row of a text stays, without them.

Its sid, its origin, its times and its state are what keeps it from being taken in or counted a second time.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    and_,
    case,
    cast,
    delete,
    func,
    literal,
    null,
    or_,
    select,
    text,
    update,
)

from bridge.store import legal_holds
from bridge.store.outbox import OPEN, in_state
from bridge.store.tables import audit, conversations, messages, outbox, pictures, subscriptions, usage
from bridge.store.tables.billing import TO_TAKE_BACK, UNREPORTED
from bridge.store.tx import Tx

_m, _t, _p, _o, _u = messages.c, conversations.c, pictures.c, outbox.c, usage.c
_s = subscriptions.c
NOT_SETTLED = ("held", "later", "queued", "sending", "unknown")  # a word of these may still go out
NEWEST = 50  # rows


# By no index of firms: a database that believes in few texts would look through all that the firm has.
_whose = _m.firm_id + 0


def _is_past(before: datetime) -> ColumnElement[bool]:
    """Nothing has happened to it since that moment."""
    since = [func.coalesce(each, _m.created_at) < before for each in (_m.send_at, _m.started_at)]
    return and_(_m.forgotten_at.is_(None), _m.created_at < before, *since)


def _is_on_hold() -> ColumnElement[bool]:
    theirs = select(_t.contact_id).where(_t.firm_id == _m.firm_id, _t.id == _m.conversation_id)
    contact_id = theirs.correlate(messages).scalar_subquery()
    return legal_holds.any_of(_m.firm_id, contact_id)


def _is_underway(firm_id: int) -> ColumnElement[bool]:
    """Somebody has still to send it, to show it, or to report it, where anybody pays for it at all."""
    told = cast(_o.payload["message_id"].as_string(), BigInteger)
    promised = select(told).where(_o.firm_id == firm_id, in_state(outbox, *OPEN), told.is_not(None))
    pays = select(_s.id).where(_s.firm_id == firm_id, _s.customer.is_not(None)).exists()
    unreported = select(_u.id).where(
        _u.firm_id == _m.firm_id, _u.message_id == _m.id, or_(text(UNREPORTED), text(TO_TAKE_BACK)), pays
    )
    return or_(_m.state.in_(NOT_SETTLED), _m.id.in_(promised), unreported.correlate(messages).exists())


@dataclass(frozen=True)
class Outlook:
    """What is past its time: how much may go, how much is on hold or under way, and from when the first and last
    that may go are.
    """

    due: int
    on_hold: int
    underway: int
    oldest: datetime | None
    newest: datetime | None


async def outlook(tx: Tx, firm_id: int, before: datetime) -> Outlook:
    """What would be done now; reads all that is past its time."""
    fate = case((_is_on_hold(), "hold"), (_is_underway(firm_id), "underway"), else_="due").label("fate")
    every = select(fate, _m.created_at).where(_m.firm_id == firm_id, _is_past(before)).subquery()
    found = select(every.c.fate, func.count(), func.min(every.c.created_at), func.max(every.c.created_at))
    rows = {row[0]: row[1:] for row in await tx.rows(found.group_by(every.c.fate))}
    many = {name: int(rows[name][0]) if name in rows else 0 for name in ("due", "hold", "underway")}
    _, oldest, newest = rows.get("due", (0, None, None))
    return Outlook(many["due"], many["hold"], many["underway"], oldest, newest)


async def talks(tx: Tx, firm_id: int, before: datetime, after: int, many: int) -> tuple[list[int], int]:
    """Some conversations from before that moment, behind that of the contact with the id `after`; the last contact.

    In the order of the index that firms have: by their own ids, other firms' would be looked through.
    """
    found = select(_t.id, _t.contact_id).where(_t.firm_id == firm_id, _t.contact_id > after, _t.created_at < before)
    rows = await tx.rows(found.order_by(_t.contact_id).limit(many))
    return [row.id for row in rows], rows[-1].contact_id if rows else after


async def past(
    tx: Tx, firm_id: int, before: datetime, conversation_ids: Collection[int], after: int, many: int
) -> list[int]:
    """Some texts of these conversations that are past their time, and not held, behind the one with that id."""
    found = select(_m.id).where(_m.conversation_id.in_(conversation_ids), _m.id > after)
    may_go = and_(_whose == firm_id, _is_past(before), ~_is_on_hold())  # who deletes them looks anew
    rows = await tx.rows(found.where(may_go).order_by(_m.id + 0).limit(many))  # not through all ids that there are
    return [row.id for row in rows]


async def hold(tx: Tx, firm_id: int, message_ids: Collection[int]) -> None:
    """Nobody else changes these until this transaction ends: what they were promised before is seen from now on."""
    found = select(_m.id).where(_whose == firm_id, _m.id.in_(message_ids)).order_by(_m.id)
    await tx.rows(found.with_for_update(key_share=True))


@dataclass(frozen=True)
class Gone:
    """A text whose words are deleted."""

    id: int
    created_at: datetime


async def forget(
    tx: Tx, firm_id: int, before: datetime, message_ids: Collection[int], now: datetime
) -> Sequence[Gone]:
    """Delete the words of those of these that may go at this moment; which they were."""
    may_go = and_(_whose == firm_id, _is_past(before), ~_is_on_hold(), ~_is_underway(firm_id))
    statement = update(messages).where(_m.id.in_(message_ids), may_go)
    rows = await tx.rows(
        statement.values(body="", subject=null(), unshown=False, forgotten_at=now).returning(_m.id, _m.created_at)
    )
    return [Gone(row.id, row.created_at) for row in rows]


async def forget_pictures(tx: Tx, firm_id: int, message_ids: Collection[int]) -> int:
    """Delete what the pictures of these texts were called, where they are, and what is left of them; how many."""
    theirs = update(pictures).where(_p.firm_id == firm_id, _p.message_id.in_(message_ids))
    return await tx.run(theirs.values(url="", name=null(), content=null()))


async def forget_promises(tx: Tx, firm_id: int, before: datetime, limit: int) -> int:
    """Delete some promises that were given up before that moment: words may be in them. How many.

    None while anything of the firm is on hold: whose words they are cannot be told.
    """
    free = ~legal_holds.any_of(literal(firm_id, BigInteger))
    dead = select(_o.id).where(_o.firm_id == firm_id, in_state(outbox, "dead"), _o.done_at < before, free)
    return await tx.run(delete(outbox).where(_o.id.in_(dead.limit(limit)), in_state(outbox, "dead")))


async def last_words(tx: Tx) -> list[datetime]:
    """When something was last said or done, of whichever firm, as far as the clocks were right."""
    said = select(_m.created_at).order_by(_m.id.desc()).limit(NEWEST)
    noted = select(audit.c.at).order_by(audit.c.id.desc()).limit(NEWEST)
    return [row[0] for row in [*await tx.rows(said), *await tx.rows(noted)]]
