"""Work that is written for one and done for many: what waits at the same moment shares a unit.

A unit has costs of its own, and its statements can serve many at once; see bridge.store.lockstep.
"""

from collections.abc import Callable, Collection, Coroutine, Hashable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeAlias, TypeVar

from bridge import failpoints
from bridge.store.batches import Batch
from bridge.store.lockstep import in_lockstep
from bridge.store.tx import Tx

A = TypeVar("A")
R = TypeVar("R")
Work: TypeAlias = Callable[[Tx, A], Coroutine[Any, Any, R]]


@dataclass(frozen=True, eq=False)
class _Asked(Generic[A]):
    """What a piece of work is about; those that share anything are `apart`, one after the other."""

    about: A
    apart: frozenset[Hashable]


class Together:
    """`unit` begins a unit of work of this name."""

    def __init__(self, unit: Callable[[str | None], AbstractAsyncContextManager[Tx]]) -> None:
        self._unit = unit
        self._batches: dict[Work[Any, Any], Batch[Any, Any]] = {}

    async def do(self, work: Work[A, R], about: A, *, apart: Collection[Hashable] = ()) -> R:
        """What came of it, once that is durable. Raises StoreUnavailable, and what `work` raises.

        `work` is a function of a module, and waits for nothing but the database. Of pieces that are to be `apart`
        from each other, each sees what those before it have written.
        """
        batch = self._batches.get(work)
        if batch is None:
            batch = self._batches[work] = Batch(partial(self._do_all, work))
        result: R = await batch.add(_Asked(about, frozenset(apart)))
        return result

    async def _do_all(self, work: Work[A, R], asked: Sequence[_Asked[A]]) -> list[R]:
        results: dict[_Asked[A], R] = {}
        async with self._unit(failpoints.name_of(work)) as tx:
            for some in _apart(asked):
                pieces = [partial(piece, work, one.about) for one in some]
                results.update(zip(some, await in_lockstep(pieces, tx), strict=True))
        return [results[one] for one in asked]


async def piece(work: Work[A, R], about: A, tx: Tx) -> R:
    """This work, about this, as in_lockstep() takes it."""
    return await work(tx, about)


def _apart(asked: Sequence[_Asked[A]]) -> list[list[_Asked[A]]]:
    """Rounds in which nobody shares anything, as few as their order allows."""
    rounds: list[list[_Asked[A]]] = []
    taken: dict[Hashable, int] = {}  # the last round that has it
    for one in asked:
        number = max((taken.get(each, -1) for each in one.apart), default=-1) + 1
        taken.update(dict.fromkeys(one.apart, number))
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(one)
    return rounds
