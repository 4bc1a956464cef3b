"""Lanes: rows of one lane are done strictly one after the other."""

from sqlalchemy import ColumnElement, FromClause, and_, exists, or_

from bridge.store.outbox import OPEN, in_state
from bridge.store.tables import outbox

_other = outbox.alias("other")


def is_blocked(row: FromClause) -> ColumnElement[bool]:
    """Whether it is behind an open row of its lane, or before one that is under way: it was dead and revived."""
    in_its_lane = and_(_other.c.lane == row.c.lane, _other.c.firm_id == row.c.firm_id)
    is_older = and_(_other.c.id < row.c.id, in_state(_other, *OPEN))
    is_company = and_(_other.c.batch.is_not(None), _other.c.batch == row.c.id)
    is_busy = and_(_other.c.id > row.c.id, in_state(_other, "sending"), ~is_company)
    # Two questions: with "or" inside one, a lane is read from its beginning.
    return or_(exists().where(in_its_lane, is_older), exists().where(in_its_lane, is_busy))
