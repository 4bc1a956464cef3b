"""Arrays: on PostgreSQL one statement serves the values of many, instead of being carried out for each.

To set up a join of six tables takes it longer than to find one row in each. So the values go there as arrays, which
make a table of their own, and the statement is carried out beside each of its rows.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    Insert,
    Select,
    String,
    TableValuedAlias,
    Update,
    column,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeEngine

Types = dict[str, TypeEngine[Any]]
GIVEN, NUMBER = "given", "ordinality"


def beside_arrays(statement: Any, names: Sequence[str]) -> Select[Any] | Update | Insert:
    """The same for arrays of the values of these names: the rows that it has for each of them, in their order.

    An UPDATE must find other rows for each of them, and so must an INSERT that changes those that are there. An
    INSERT must have no words of its own for what is inserted.
    """
    types = _types(statement, names)
    if isinstance(statement, Insert):
        return _insert(statement, types)
    given = _table(types)

    def from_given(element: Any, **_: Any) -> Any:
        is_given = isinstance(element, BindParameter) and element.key in types
        return _value(element.key, types) if is_given else None

    beside: Any = visitors.replacement_traverse(statement, {}, from_given)
    if isinstance(beside, Update):
        return _update(beside, given, types, {each.key for each in values_of(statement)})
    # With an OFFSET it stays what is asked for each; in a join it might be planned as one look at everything.
    rows = beside.offset(literal_column("0")).lateral("found")
    return select(*rows.c).select_from(given.join(rows, true()))


def values_of(statement: Any) -> list[BindParameter[Any]]:
    """The places of a statement, or of a part of one, that get their values when it is carried out."""
    every = visitors.iterate(statement)
    return [each for each in every if isinstance(each, BindParameter) and each.required]


def _types(statement: Any, names: Sequence[str]) -> Types:
    """As the statement says, and for a column that is set without its saying so, as the column's."""
    said = {each.key: each.type for each in values_of(statement)}
    types = {name: said[name] if name in said else statement.table.c[name].type for name in names}
    # With its length, a text that is too long would be cut without a word.
    return {name: String() if isinstance(type_, String) else type_ for name, type_ in types.items()}


def _table(types: Types, *, numbered: bool = False) -> TableValuedAlias:
    # Of one dimension: values that are lists themselves, as of JSON, would else be taken for parts of a larger one.
    arrays = [BindParameter(name, type_=ARRAY(type_, dimensions=1), required=True) for name, type_ in types.items()]
    columns = [column(name, type_) for name, type_ in types.items()]
    number = {"with_ordinality": NUMBER} if numbered else {}
    return func.unnest(*arrays).table_valued(*columns, **number).render_derived(name=GIVEN)


def _insert(statement: Insert, types: Types) -> Insert:
    """In their order also where that seems to go without saying: ids must rise with it."""
    given = _table(types, numbered=True)
    rows = select(*(given.c[name] for name in types)).order_by(given.c[NUMBER])
    return statement.from_select(list(types), rows)


def _value(name: str, types: Types) -> Any:
    """By words alone: as a column it would bring its table into every subquery that it stands in."""
    return literal_column(f"{GIVEN}.{name}", types[name])


def _update(beside: Update, given: TableValuedAlias, types: Types, said: set[str]) -> Update:
    # True of each row, and so names the table; PostgreSQL expects it of few rows only, and so begins with these.
    column_of_given = next(iter(given.c))
    beside = beside.where(column_of_given.is_not_distinct_from(column_of_given))
    return beside.values({name: _value(name, types) for name in types if name not in said})
