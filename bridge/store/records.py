"""Rows as frozen dataclasses: a record's fields are the columns that are read, no more.

The usual statements are built once for each table and given their values when they are run.
Values to look for go through `by()`, those to be stored do not.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Select, Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bridge.store.prepared import Prepared

R = TypeVar("R")


def columns(record: type[Any], table: Table) -> list[ColumnElement[Any]]:
    """The columns that the record's fields name."""
    return [table.c[field.name] for field in fields(record)]


@cache
def select_as(record: Any, table: Table) -> Select[Any]:
    """SELECT just what the record holds."""
    return select(*columns(record, table))


def by(**values: Any) -> dict[str, Any]:
    """The values that find(), held() and changing() look for."""
    return {f"the_{name}": value for name, value in values.items()}


def _are(table: Table, names: Sequence[str]) -> list[ColumnElement[bool]]:
    return [table.c[name] == bindparam(f"the_{name}", type_=table.c[name].type) for name in names]


@cache
def find(record: Any, table: Table, *names: str) -> Prepared:
    """SELECT the rows whose columns of these names are those given to by()."""
    return Prepared(select_as(record, table).where(*_are(table, names)))


@cache
def held(record: Any, table: Table, *names: str) -> Prepared:
    """As find(); nobody else changes the rows until the transaction ends. Rows that point to them may be added."""
    return Prepared(select_as(record, table).where(*_are(table, names)).with_for_update(key_share=True))


@cache
def changing(table: Table, *names: str) -> Prepared:
    """UPDATE the rows whose columns of these names are those given to by(), with the other values."""
    return Prepared(update(table).where(*_are(table, names)))


@cache
def adding(
    dialect: str,
    table: Table,
    unique: tuple[str, ...] = (),
    *,
    anew: tuple[str, ...] = (),
    returning: type[Any] | None = None,
) -> Prepared:
    """INSERT a row. Where its `unique` columns are there already, set the columns `anew`, or nothing.

    `returning` is the record that is read from the row: none where nothing was done.
    """
    statement: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    if anew:
        new = {name: statement.excluded[name] for name in anew}
        statement = statement.on_conflict_do_update(index_elements=unique, set_=new)
    elif unique:
        statement = statement.on_conflict_do_nothing(index_elements=unique)
    return Prepared(statement if returning is None else statement.returning(*columns(returning, table)))


@dataclass(frozen=True)
class Id:
    """What is read of a row that was added."""

    id: int


def one(record: type[R], row: Any) -> R | None:
    """The row as a record, if there is a row."""
    return None if row is None else _made(record, row)


def the(record: type[R], row: Any) -> R:
    """The row as a record. Raises LookupError when there is none."""
    if row is None:
        raise LookupError(record.__name__)
    return _made(record, row)


def every(record: type[R], rows: Sequence[Any]) -> list[R]:
    """All rows as records."""
    return [_made(record, row) for row in rows]


def _made(record: Callable[..., R], row: Any) -> R:
    return record(*row)
