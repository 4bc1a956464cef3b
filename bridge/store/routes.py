"""Routes: the ways to the outside that can be busy or broken, such as one Slack channel or one sending number.

`free_at` is one moment that serves three purposes. It lags behind the clock by the posts a quiet route has saved
up (pacing with bursts), stands ahead of it after a Retry-After, and is the time of the next probe of a route
that is off.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, bindparam, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bridge.store.outbox import in_state
from bridge.store.prepared import Prepared
from bridge.store.records import every, select_as
from bridge.store.tables import outbox, routes
from bridge.store.tx import Tx

_r, _o = routes.c, outbox.c


@dataclass(frozen=True)
class Route:
    """A way out of one firm, and since when and why it is off, if it is."""

    firm_id: int
    name: str
    free_at: datetime | None
    off_reason: str | None
    off_since: datetime | None


def _delaying(insert: Any) -> Prepared:
    statement = insert(routes)
    new = statement.excluded.free_at
    later = _r.free_at.is_(None) | (_r.free_at < new)
    return Prepared(
        statement.on_conflict_do_update(index_elements=["firm_id", "name"], set_={"free_at": new}, where=later)
    )


_delay = {"sqlite": _delaying(sqlite.insert), "postgresql": _delaying(postgresql.insert)}


async def delay(tx: Tx, firm_id: int, name: str, until: datetime) -> None:
    """Nothing goes this way before that moment. This only ever makes a wait longer."""
    await tx.run(_delay[tx.dialect], {"firm_id": firm_id, "name": name, "free_at": until})


async def switch_off(tx: Tx, firm_id: int, name: str, reason: str, *, probe_at: datetime, now: datetime) -> bool:
    """The way is broken until somebody repairs it; True when it worked until now, which one is told of many."""
    values = {"free_at": probe_at, "off_reason": reason[:60], "off_since": now}
    statement = tx.insert(routes).values(firm_id=firm_id, name=name, **values)
    first = statement.on_conflict_do_update(
        index_elements=["firm_id", "name"], set_=values, where=_r.off_reason.is_(None)
    )
    if await tx.value(first.returning(_r.id)) is not None:
        return True
    again = {"free_at": probe_at, "off_reason": reason[:60]}
    await tx.run(update(routes).where(_r.firm_id == firm_id, _r.name == name).values(**again))
    return False


async def switch_on(tx: Tx, firm_id: int, name: str) -> int:
    """Somebody repaired this way: what waited for it goes at once, what has tried it in vain too."""
    return await _switch_on(tx, (_r.firm_id == firm_id) & (_r.name == name), hasten=True)


async def proved(tx: Tx, firm_id: int, name: str) -> int:
    """A probe got through: what waits for this way goes, each at its time. One that failed may fail by itself."""
    return await _switch_on(tx, (_r.firm_id == firm_id) & (_r.name == name), hasten=False)


async def switch_on_all(tx: Tx, firm_id: int, *, like: str) -> int:
    """All ways whose names start so are worth another try at once."""
    return await _switch_on(tx, (_r.firm_id == firm_id) & _r.name.startswith(like, autoescape=True), hasten=True)


async def probe_now(tx: Tx, firm_id: int, name: str) -> int:
    """If this way is off, its next probe need not wait."""
    broken = (_r.firm_id == firm_id) & (_r.name == name) & _r.off_reason.is_not(None)
    tx.wakes = True
    return await tx.run(update(routes).where(broken).values(free_at=None))


async def _switch_on(tx: Tx, which: ColumnElement[bool], *, hasten: bool) -> int:
    broken = which & _r.off_reason.is_not(None)
    tx.wakes = True
    if hasten:
        await _hasten(tx, broken)
    return await tx.run(update(routes).where(broken).values(free_at=None, off_reason=None, off_since=None))


async def _hasten(tx: Tx, broken: ColumnElement[bool]) -> None:
    """Rows that have tried this way in vain wait for a later probe; now they need not."""
    ways = select(_r.firm_id, _r.name).where(broken).subquery()
    is_theirs = (_o.firm_id == ways.c.firm_id) & ((_o.route == ways.c.name) | (_o.service == ways.c.name))
    tried = in_state(outbox, "ready") & _o.error.is_not(None)
    first_due = case((_o.created_at < _o.due_at, _o.created_at), else_=_o.due_at)  # if the clock was set back since
    await tx.run(
        update(outbox).where(tried, select(ways.c.name).where(is_theirs).exists()).values(due_at=first_due)
    )


async def off(tx: Tx, firm_id: int | None = None) -> list[Route]:
    """What is switched off, for one firm or for all."""
    found = select_as(Route, routes).where(_r.off_reason.is_not(None))
    if firm_id is not None:
        found = found.where(_r.firm_id == firm_id)
    return every(Route, await tx.rows(found.order_by(_r.off_since)))


_is_quiet = _r.off_reason.is_(None) & (
    (_r.free_at < bindparam("before", type_=_r.free_at.type)) | _r.free_at.is_(None)
)
_some_quiet = select(_r.id).where(_is_quiet).limit(bindparam("limit", type_=Integer))
# Asked twice: somebody may switch one off between the choice and the deletion.
_forget_quiet = Prepared(delete(routes).where(_r.id.in_(_some_quiet), _is_quiet))


async def forget_quiet(tx: Tx, before: datetime, limit: int) -> int:
    """Ways that work and that nobody has used since then are as good as new; how many."""
    return await tx.run(_forget_quiet, {"before": before, "limit": limit})
