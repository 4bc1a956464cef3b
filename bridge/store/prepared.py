# ruff: noqa: SLF001 (SQLAlchemy keeps the processors of a compiled statement to itself)
"""Statements that run often: compiled once for each database, then handed to its driver as they are.

SQLAlchemy says what a statement is, how values are written and how rows are read. Carrying one out through its
engine costs ten to twenty times what SQLite itself takes: 70 µs against 4 µs for one row by its id.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cached_property
from typing import Any

from sqlalchemy import Integer, bindparam
from sqlalchemy.dialects.postgresql.dml import OnConflictDoUpdate
from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler

from bridge.store.arrays import beside_arrays, values_of

Values = Mapping[str, Any]
Fill = Callable[[Values], Any]
Process = Callable[[Any], Any]
NUMBER = "number_of_row"
WORTH_IT = 4  # so many times; a statement beside arrays takes longer to set up


class Wire:
    """A statement as one driver takes it."""

    def __init__(self, compiled: SQLCompiler, dialect: Dialect, values: Values) -> None:
        state = compiled.construct_expanded_state({**compiled.params, **values})
        self.sql = state.statement
        lists: dict[str, tuple[str, int | None]] = {
            part: (name, at) for name, parts in state.parameter_expansion.items() for at, part in enumerate(parts)
        }
        processors: dict[str, Any] = {**compiled._bind_processors, **state.processors}
        self._fills = [
            _fill(lists.get(part, (part, None)), processors.get(part), state.parameters[part], values)
            for part in state.positiontup or ()
        ]
        reads = [column.type._cached_result_processor(dialect, None) for column in compiled._result_columns]
        self._reads = [(at, read) for at, read in enumerate(reads) if read is not None]

    def args(self, values: Values) -> list[Any]:
        """The values in the driver's order and form. Raises KeyError when one is missing."""
        return [fill(values) for fill in self._fills]

    def read(self, rows: Sequence[Sequence[Any]]) -> Sequence[Sequence[Any]]:
        """Rows as Python has them."""
        return [self._read(row) for row in rows] if self._reads else rows

    def _read(self, row: Sequence[Any]) -> Sequence[Any]:
        values = list(row)
        for at, read in self._reads:
            values[at] = read(values[at])
        return values


def _fill(place: tuple[str, int | None], process: Process | None, constant: Any, values: Values) -> Fill:
    """How one place gets its value: by name, from a list of that name, or the same each time."""
    name, at = place
    if name not in values:
        same = constant if process is None else process(constant)
        return lambda _: same
    if at is not None:
        return lambda given: given[name][at] if process is None else process(given[name][at])
    if process is None:
        return lambda given: given[name]
    return lambda given: process(given[name])


class Prepared:
    """A statement that is built once and run often. Values are given by name; a list for an expanding parameter."""

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self._lists = [each.key for each in values_of(statement) if each.expanding]
        self._wires: dict[Any, Wire] = {}
        self._beside_arrays: dict[tuple[str, ...], Prepared] = {}

    @cached_property
    def numbered(self) -> "Prepared":
        """The same, with the value of NUMBER behind each row: for whose values it was carried out."""
        number = bindparam(NUMBER, type_=Integer).label(NUMBER)
        if self.statement.is_select:
            return Prepared(self.statement.add_columns(number))
        return Prepared(self.statement.returning(number))

    def for_all(self, each: Sequence[Values]) -> "Prepared | None":
        """The same for arrays of all these values, if that comes to the same."""
        if self._lists or len(each) < WORTH_IT or not self._has_own_rows(each):
            return None
        names = tuple(each[0])
        statement = self._beside_arrays.get(names)
        if statement is None:
            statement = self._beside_arrays[names] = Prepared(beside_arrays(self.statement, names))
        return statement

    def _has_own_rows(self, each: Sequence[Values]) -> bool:
        """Whether nothing that is done for one of these values changes what is found for another."""
        if self.statement.is_select:
            return True
        if self.statement.is_insert and not isinstance(self._conflict, OnConflictDoUpdate):
            return not values_of(self.statement)  # with words of its own it is no list of rows
        return len({tuple(one.get(name) for name in self._looked_for) for one in each}) == len(each)

    @property
    def _conflict(self) -> Any:
        """What an INSERT does where something is there already."""
        return self.statement._post_values_clause

    @cached_property
    def _looked_for(self) -> list[str]:
        """The values by which it finds the rows that it changes; each is equal to a column."""
        if self.statement.is_update:
            return [each.key for each in values_of(self.statement.whereclause)]
        if self.statement.is_insert and not values_of(self.statement):
            return [str(name) for name in self._conflict.inferred_target_elements or ()]
        return []

    def shape(self, values: Values) -> Hashable:
        """Equal for values that go into the same words."""
        return (*values, *[len(values[name]) for name in self._lists])

    def wire(self, dialect: Dialect, values: Values) -> Wire:
        """The statement for this database and for values of these names."""
        key = dialect.name, self.shape(values)
        wire = self._wires.get(key)
        if wire is None:
            compiled = self.statement.compile(dialect=dialect, column_keys=list(values) or None)
            wire = self._wires[key] = Wire(compiled, dialect, values)
        return wire
