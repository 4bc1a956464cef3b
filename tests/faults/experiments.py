"""Every experiment, where it takes place, and how often in a long run."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import Any

from tests.faults import connections, crashes, moments, paying, postgres, providers, races, rolling, storage
from tests.faults.fate import Action
from tests.faults.ground import EVERYWHERE, PAIR, POSTGRES, SQLITE, Ground, Setting
from tests.faults.results import Result

Run = Callable[[Ground, Setting, int], Coroutine[Any, Any, Result]]


@dataclass(frozen=True)
class Experiment:
    """`key` is how it is chosen, such as F13-restart. `rounds` are those of a long run.

    What `run` raises is ImpossibleError where it cannot take place.
    """

    key: str
    settings: tuple[Setting, ...]
    rounds: int
    run: Run


def _points(action: Action) -> Run:
    async def run(ground: Ground, setting: Setting, rounds: int) -> Result:
        chosen = moments.reachable(with_slow=action is Action.KILL)  # others have ended by then
        return await moments.every_point(ground, setting, chosen[: rounds or None], action=action)

    return run


def _unclear(ground: Ground, setting: Setting, rounds: int) -> Coroutine[Any, Any, Result]:
    return providers.unclear_answers(ground, setting, rounds, stalls=rounds // 100, kills=rounds // 40)


def _locked(seconds: float) -> Run:
    return partial(storage.locked, seconds=seconds)


def _trouble(kind: str) -> Run:
    return partial(postgres.trouble, kind=kind)


ALL = 0  # rounds: every failpoint there is
EXPERIMENTS = (
    Experiment("F1-points", EVERYWHERE, ALL, _points(Action.KILL)),
    Experiment("F1-random", EVERYWHERE, 200, crashes.random_kills),
    Experiment("F9-F10", EVERYWHERE, 400, _unclear),
    Experiment("F11-tmpfs", (SQLITE,), 5, storage.full_disk),
    Experiment("F11-limit", (SQLITE,), 5, storage.full_quota),
    Experiment("F12-1s", (SQLITE, PAIR), 5, _locked(1)),
    Experiment("F12-8s", (SQLITE, PAIR), 3, _locked(8)),
    Experiment("F12-20s", (SQLITE, PAIR), 2, _locked(20)),
    Experiment("F13-restart", (POSTGRES, PAIR), 12, _trouble("immediate restart")),
    Experiment("F13-cut", (POSTGRES, PAIR), 12, _trouble("connections cut")),
    Experiment("F13-refused", (POSTGRES, PAIR), 5, _trouble("no connection for 2 s")),
    Experiment("F13-read-only", (POSTGRES, PAIR), 5, _trouble("read-only for 2 s")),
    Experiment("F13-timeout", (POSTGRES, PAIR), 5, _trouble("statement timeout 1 ms for 2 s")),
    Experiment("F13-gone-5s", (POSTGRES, PAIR), 3, _trouble("gone for 5 s")),
    Experiment("F13-gone-14s", (POSTGRES, PAIR), 2, _trouble("gone for 14 s")),
    Experiment("F13-frozen-5s", (POSTGRES, PAIR), 3, _trouble("frozen for 5 s")),
    Experiment("F13-frozen-14s", (POSTGRES, PAIR), 2, _trouble("frozen for 14 s")),
    Experiment("F13-start", (POSTGRES,), 2, postgres.absent_at_the_start),
    Experiment("F14-break", EVERYWHERE, ALL, _points(Action.BREAK)),
    Experiment("F14-cancel", EVERYWHERE, ALL, _points(Action.CANCEL)),
    Experiment("F16", (SQLITE,), 3, connections.slow_and_silent),
    Experiment("F27-copies", (SQLITE, PAIR), 20, races.the_same_to_both),
    Experiment("F27-still", (PAIR,), 40, races.standing_still),
    Experiment("F27-migrate", (SQLITE, POSTGRES), 5, races.migrations),
    Experiment("F30", EVERYWHERE, 10, rolling.restarts),
    Experiment("F31", EVERYWHERE, 300, paying.deaths),
)
