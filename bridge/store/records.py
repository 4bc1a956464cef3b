"""Rows as frozen dataclasses: a record's fields are the columns that are read, no more."""

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Row, Select, Table, select

R = TypeVar("R")


def columns(record: type[Any], table: Table) -> list[ColumnElement[Any]]:
    """The columns that the record's fields name."""
    return [table.c[field.name] for field in fields(record)]


@cache  # building a query costs more than running it
def select_as(record: type[Any], table: Table) -> Select[Any]:
    """SELECT just what the record holds."""
    return select(*columns(record, table))


def one(record: type[R], row: Row[Any] | None) -> R | None:
    """The row as a record, if there is a row."""
    return None if row is None else record(**row._mapping)  # noqa: SLF001 (SQLAlchemy's documented accessor)


def the(record: type[R], row: Row[Any] | None) -> R:
    """The row as a record. Raises LookupError when there is none."""
    if row is None:
        raise LookupError(record.__name__)
    return record(**row._mapping)  # noqa: SLF001 (SQLAlchemy's documented accessor)


def every(record: type[R], rows: Sequence[Row[Any]]) -> list[R]:
    """All rows as records."""
    return [the(record, row) for row in rows]
