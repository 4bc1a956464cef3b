"""The audit trail: who did what, when, on which facts. Append only.

An entry is added by one statement, and waits for nobody. Its place in the chain and its hash come later: see
bridge.services.audit.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, exists, func, or_, select, update

from bridge.rules.audit import Entry, Head, Link
from bridge.store.prepared import Prepared
from bridge.store.records import adding, by, changing, columns, every, find, one, select_as
from bridge.store.tables import audit, audit_heads
from bridge.store.tx import Tx

_a, _h = audit.c, audit_heads.c
_of_firm = _a.firm_id == bindparam("firm_id")
_waiting = Prepared(
    select(_a.firm_id)
    .distinct()
    .where(_a.place.is_(None), or_(_a.at <= bindparam("since"), _a.at > bindparam("until")))
)
_unsealed = Prepared(
    select_as(Entry, audit).where(_of_firm, _a.place.is_(None)).order_by(_a.id).limit(bindparam("most"))
)
# Between two places, so that PostgreSQL, which plans it for any firm, does not look through all that the firm has.
_sealed = Prepared(
    select_as(Link, audit)
    .where(_of_firm, _a.place > bindparam("after"), _a.place <= bindparam("to"))
    .order_by(_a.place)
)
_next = Prepared(select(_a.place, _a.id).where(_of_firm, _a.place > bindparam("after")).order_by(_a.place).limit(1))
# Whoever else seals this firm's entries has it: there is nothing to wait for.
_held = Prepared(
    select(*columns(Head, audit_heads))
    .where(_h.firm_id == bindparam("firm_id"))
    .with_for_update(key_share=True, skip_locked=True)
)
_fill = Prepared(
    update(audit).where(_a.firm_id == bindparam("the_firm_id"), _a.id == bindparam("the_id"), _a.place.is_(None))
)


@dataclass(frozen=True)
class Filter:
    """Which entries somebody wants to see; `below` is an id."""

    action: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    below: int | None = None


async def record(tx: Tx, firm_id: int, now: datetime, *, actor: str, action: str, facts: dict[str, Any]) -> None:
    """Add an entry. `actor` is a Slack user id, "operator", "lead", "carrier" or "bridge"."""
    values = {"firm_id": firm_id, "at": now, "actor": actor, "action": action, "facts": facts}
    await tx.run(adding(tx.dialect, audit), values)


_many = Prepared(
    select(audit.c.id)
    .where(
        audit.c.firm_id == bindparam("firm_id"),
        audit.c.at >= bindparam("since", type_=audit.c.at.type),
        audit.c.action == bindparam("action"),
    )
    .limit(1)
    .offset(bindparam("others", type_=Integer))
)


async def has_many(tx: Tx, firm_id: int, action: str, since: datetime, many: int) -> bool:
    """Whether there are so many entries of this action since then."""
    values = {"firm_id": firm_id, "action": action, "since": since, "others": many - 1}
    return await tx.row(_many, values) is not None


async def listing(tx: Tx, firm_id: int, wanted: Filter, limit: int) -> list[Entry]:
    """The newest first."""
    found = select_as(Entry, audit).where(_a.firm_id == firm_id, *_wanted(wanted))
    return every(Entry, await tx.rows(found.order_by(_a.id.desc()).limit(limit)))


def _wanted(which: Filter) -> Iterator[ColumnElement[bool]]:
    if which.action is not None:
        yield _a.action == which.action
    if which.actor is not None:
        yield _a.actor == which.actor
    if which.since is not None:
        yield _a.at >= which.since
    if which.until is not None:
        yield _a.at < which.until
    if which.below is not None:
        yield _a.id < which.below


# --- the chain


async def waiting(tx: Tx, since: datetime, until: datetime) -> list[int]:
    """The firms with entries that are not sealed, but for those that are from between these two moments."""
    return [row[0] for row in await tx.rows(_waiting, {"since": since, "until": until})]


async def unsealed(tx: Tx, firm_id: int, most: int) -> list[Entry]:
    """Entries that have no place yet, those with the lowest ids."""
    return every(Entry, await tx.rows(_unsealed, {"firm_id": firm_id, "most": most}))


async def count_unsealed(tx: Tx, firm_id: int) -> tuple[int, datetime | None]:
    """How many entries have no place yet, and from when the oldest is."""
    found = select(func.count(), func.min(_a.at)).where(_a.firm_id == firm_id, _a.place.is_(None))
    (many, oldest) = await tx.row(found)
    return int(many), oldest


async def sealed(tx: Tx, firm_id: int, after: int, to: int) -> list[Link]:
    """The chain behind the one place up to the other."""
    return every(Link, await tx.rows(_sealed, {"firm_id": firm_id, "after": after, "to": to}))


async def next_after(tx: Tx, firm_id: int, place: int) -> tuple[int, int] | None:
    """The place and the id of the entry that comes behind this place, however the rest of it is."""
    row = await tx.row(_next, {"firm_id": firm_id, "after": place})
    return None if row is None else tuple(row)


async def has_chain(tx: Tx, firm_id: int) -> bool:
    """Whether anything of the firm was ever sealed."""
    begun = exists().where(_a.firm_id == firm_id, _a.place.is_not(None))
    return bool(await tx.value(select(begun)))


async def head(tx: Tx, firm_id: int) -> Head | None:
    """Where the chain ends, as it is kept."""
    return one(Head, await tx.row(find(Head, audit_heads, "firm_id"), by(firm_id=firm_id)))


async def hold_head(tx: Tx, firm_id: int) -> Head | None:
    """The same; nobody else moves it until this transaction ends. None also when somebody else holds it."""
    return one(Head, await tx.row(_held, {"firm_id": firm_id}))


async def begin(tx: Tx, firm_id: int, head: Head) -> None:
    """Keep where the chain begins, if it was not begun meanwhile."""
    await tx.run(adding(tx.dialect, audit_heads, ("firm_id",)), {"firm_id": firm_id, **vars(head)})


async def move_head(tx: Tx, firm_id: int, head: Head) -> None:
    """The chain has become longer."""
    await tx.run(changing(audit_heads, "firm_id"), by(firm_id=firm_id) | vars(head))


async def fill(tx: Tx, firm_id: int, links: Sequence[Link]) -> int:
    """Give entries the places and hashes that they have for good; how many had none yet."""
    rows = [{"the_firm_id": firm_id, "the_id": each.id, "place": each.place, "hash": each.hash} for each in links]
    return await tx.run_each(_fill, rows)
