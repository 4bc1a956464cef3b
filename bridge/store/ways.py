"""Ways out that something waits for: a firm's routes, each with the service behind it.

A way that is paced or broken may hold back any number of rows. They are passed over as one: whoever looks for
something to do steps from way to way by an index, and then to the rows of those that are free.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    FromClause,
    String,
    and_,
    bindparam,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
)

from bridge.store.columns import UtcDateTime
from bridge.store.tables import outbox, routes

NOW = bindparam("now", type_=UtcDateTime())
ROUTE, SERVICE = routes.alias("route"), routes.alias("service")

_ONE: ColumnElement[int] = literal_column("1")
# SQLite takes a whole tuple to its index if the texts in it are no columns. It begins to read at the tuple itself:
# only one with the latest moment leaves out all rows of a way.
_NOTHING, _FOREVER = literal_column("''", String), literal(datetime.max.replace(tzinfo=UTC), UtcDateTime())
_OTHERS = [literal_column(f"'{state}'", String) for state in ("sending", "done", "dead")]


def is_waiting(row: FromClause) -> ColumnElement[bool]:
    """Ready, or in doubt. Word for word as the index of ways has it; "in" would tempt SQLite to use another one."""
    state: ColumnElement[str] = row.c.state
    return state.not_in(_OTHERS)


def _name(table: FromClause) -> list[ColumnElement[Any]]:
    return [table.c.firm_id, table.c.service, table.c.route]


def _every() -> CTE:
    """Every way that something waits for, once, and a row of nothing behind the last.

    Each step finds the next way by the index alone. A join to the row that is found would be planned as a scan of
    all rows while PostgreSQL does not know yet how many there are.
    """
    first, beyond = outbox.alias("first"), outbox.alias("beyond")
    smallest = select(*_name(first)).where(is_waiting(first)).order_by(*_name(first)).limit(_ONE)
    ways = select(smallest.subquery()).cte("ways", recursive=True)
    last = tuple_(ways.c.firm_id, ways.c.service + _NOTHING, ways.c.route + _NOTHING, _FOREVER)
    is_beyond = tuple_(*_name(beyond), beyond.c.due_at) > last
    following = [
        select(part).where(is_waiting(beyond), is_beyond).order_by(*_name(beyond)).limit(_ONE).correlate(ways)
        for part in _name(beyond)
    ]
    steps = select(*(part.scalar_subquery() for part in following)).where(ways.c.firm_id.is_not(None))
    return ways.union_all(steps)


WAYS = _every()
KNOWN = WAYS.outerjoin(ROUTE, and_(ROUTE.c.firm_id == WAYS.c.firm_id, ROUTE.c.name == WAYS.c.route)).outerjoin(
    SERVICE, and_(SERVICE.c.firm_id == WAYS.c.firm_id, SERVICE.c.name == WAYS.c.service)
)
ARE_FREE = and_(*(or_(way.c.free_at.is_(None), way.c.free_at <= NOW) for way in (ROUTE, SERVICE)))


def waiting_for(row: FromClause) -> ColumnElement[bool]:
    """Whether this row of the outbox waits, and for this way."""
    return and_(is_waiting(row), *(mine == ways for mine, ways in zip(_name(row), _name(WAYS), strict=True)))
