"""Lockstep: many pieces of work in one unit, each written as if it were alone.

Each runs until it asks the database something. When all have asked, those who ask the same thing are answered by
one statement, carried out for the values of each of them: on PostgreSQL that is one round trip for all.
"""

import types
from collections.abc import Callable, Coroutine, Generator, Hashable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar

from bridge.store.prepared import Prepared
from bridge.store.tx import Statement, Tx, Values

R = TypeVar("R")
Work: TypeAlias = Callable[[Tx], Coroutine[Any, Any, R]]
COUNTED, REPEATED = {"run", "run_each"}, {"many", "run_each"}  # methods of Tx


@dataclass(eq=False)
class _Question:
    """What a piece of work wants carried out: by which method of Tx, and with which values."""

    method: str
    statement: Statement
    values: Any
    answer: Any = None

    @property
    def kind(self) -> Hashable:
        """Equal for questions that one statement can answer."""
        if isinstance(self.statement, Prepared):
            return self.method, self.statement, self.statement.shape(self.each[0])
        return self

    @property
    def each(self) -> Sequence[dict[str, Any]]:
        """The values for each time that the statement is carried out."""
        return self.values if self.method in REPEATED else [self.values or {}]


@types.coroutine
def _ask(method: str, statement: Statement, values: Any) -> Generator[_Question, None, Any]:
    """Whoever drives the piece of work answers."""
    question = _Question(method, statement, values)
    yield question
    return question.answer


class _Part(Tx):
    """What one piece is handed: the unit of all, in which it asks together with the others."""

    def __init__(self, whole: Tx) -> None:
        self._whole = whole
        self.counts = whole.counts

    @property
    def dialect(self) -> str:
        return self._whole.dialect

    @property
    def wakes(self) -> bool:
        return self._whole.wakes

    @wakes.setter
    def wakes(self, wakes: bool) -> None:
        self._whole.wakes = wakes

    async def run(self, statement: Statement, values: Values | None = None) -> int:
        return int(await _ask("run", statement, values))

    async def rows(self, statement: Statement, values: Values | None = None) -> Sequence[Any]:
        rows: Sequence[Any] = await _ask("rows", statement, values)
        return rows

    async def run_each(self, statement: Prepared, each: Sequence[Any]) -> int:
        return int(await _ask("run_each", statement, each)) if each else 0

    async def many(self, statement: Prepared, each: Sequence[Any]) -> Sequence[Any]:
        if not each:
            return ()
        rows: Sequence[Any] = await _ask("many", statement, each)
        return rows


class _Piece(Generic[R]):
    """A piece of work on its way: what it asks, until it has a result."""

    def __init__(self, work: Work[R], whole: Tx) -> None:
        self._running = work(_Part(whole)).__await__()
        self.question: _Question | None = None
        self.result: R

    def go_on(self) -> None:
        """Until its next question, or its end. Raises what it raises."""
        try:
            question = next(self._running)
        except StopIteration as end:
            self.question, self.result = None, end.value
            return
        if not isinstance(question, _Question):
            raise TypeError("a piece of work in lockstep may wait for nothing but the database")
        self.question = question

    def close(self) -> None:
        """It does not go on."""
        self._running.close()


async def in_lockstep(works: Sequence[Work[R]], tx: Tx) -> list[R]:
    """What came of each. Raises what the first one raises that fails; the unit must then be undone."""
    pieces = [_Piece(work, tx) for work in works]
    try:
        for piece in pieces:
            piece.go_on()
        while asking := _by_kind(pieces):
            for alike in asking:
                await _answer(tx, [piece.question for piece in alike if piece.question])
                for piece in alike:
                    piece.go_on()
    finally:
        for piece in pieces:
            piece.close()
    return [piece.result for piece in pieces]


def _by_kind(pieces: Sequence[_Piece[R]]) -> list[list[_Piece[R]]]:
    """Those that ask, together with those whose questions the same statement can answer."""
    groups: dict[Hashable, list[_Piece[R]]] = {}
    for piece in pieces:
        if piece.question is not None:
            groups.setdefault(piece.question.kind, []).append(piece)
    return list(groups.values())


async def _answer(tx: Tx, alike: Sequence[_Question]) -> None:
    first = alike[0]
    if len(alike) == 1 or not isinstance(first.statement, Prepared):
        first.answer = await getattr(tx, first.method)(first.statement, first.values)
        return
    found = await tx.apart(first.statement, [one.each for one in alike], counted=first.method in COUNTED)
    for one, answer in zip(alike, found, strict=True):
        one.answer = answer
