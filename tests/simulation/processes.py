"""Processes that can be killed or held up between any two steps of any of their tasks.

A killed one does nothing more: no `finally`, no `except`, no roll-back of its own. What it has asked the outside
for goes on there.
"""

import asyncio
from collections.abc import Callable, Coroutine, Generator
from contextvars import ContextVar
from typing import Any

from tests.simulation.loop import SteadyTask

_current: ContextVar["Process | None"] = ContextVar("process", default=None)


def current() -> "Process | None":
    """The process whose step this is."""
    return _current.get()


class Process:
    """A name, and whether it lives. `on_death` is called once, when it dies."""

    def __init__(self, name: str, on_death: Callable[["Process"], None]) -> None:
        self.name = name
        self.is_alive = True
        self.steps = 0
        self.dies_at: int | None = None  # step
        self.stands_still: tuple[int, float] | None = None  # from this step on, for so many seconds
        self.wakes_up: asyncio.Future[None] | None = None
        self.unfinished: dict[int, _Mortal] = {}
        self._on_death = on_death

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """A task of this process, and so are those that it starts."""
        token = _current.set(self)
        try:
            return asyncio.get_running_loop().create_task(work)
        finally:
            _current.reset(token)

    def kill(self) -> None:
        """It is gone."""
        if self.is_alive:
            self.is_alive = False
            self._on_death(self)

    def hold_up(self, seconds: float) -> None:
        """Nothing of it moves for a while, as on a machine that swaps, or was suspended."""
        if self.is_alive and self.wakes_up is None:
            loop = asyncio.get_running_loop()
            self.wakes_up = loop.create_future()
            loop.call_later(seconds, self._go_on)

    def _go_on(self) -> None:
        wakes_up, self.wakes_up = self.wakes_up, None
        if wakes_up is not None:
            wakes_up.set_result(None)

    def may_step(self) -> bool:
        """Whether it lives long enough for one more, and does not stand still."""
        self.steps += 1
        if self.steps == self.dies_at:
            self.kill()
        if self.stands_still is not None and self.steps == self.stands_still[0]:
            self.hold_up(self.stands_still[1])
        return self.is_alive and self.wakes_up is None

    def bury(self) -> None:
        """At the end of everything: let go of what a killed process had begun."""
        for mortal in list(self.unfinished.values()):
            mortal.bury()


class _Mortal(Coroutine[Any, Any, Any]):
    """A coroutine of a process, whose steps are taken only while the process lives and moves."""

    __slots__ = ("_missed", "_process", "_work")

    def __init__(self, work: Coroutine[Any, Any, Any], process: Process) -> None:
        self._work = work
        self._process = process
        self._missed: tuple[Any, ...] | None = None
        process.unfinished[id(self)] = self

    def send(self, value: Any) -> Any:
        missed, self._missed = self._missed, None
        return self._step(self._work.throw, *missed) if missed else self._step(self._work.send, value)

    def throw(self, *error: Any) -> Any:
        return self._step(self._work.throw, *error)

    def close(self) -> None:
        if self._process.is_alive:
            self._work.close()

    def __await__(self) -> Generator[Any, None, Any]:
        raise NotImplementedError

    def _step(self, step: Callable[..., Any], *what: Any) -> Any:
        process = self._process
        if process.wakes_up is None and process.may_step():
            return self._take(step, *what)
        if process.wakes_up is None:
            return _awaited(asyncio.get_running_loop().create_future())
        self._missed = what if step == self._work.throw else None
        return _awaited(_mirror(process.wakes_up))

    def _take(self, step: Callable[..., Any], *what: Any) -> Any:
        try:
            return step(*what)
        except BaseException:
            self._process.unfinished.pop(id(self), None)
            raise

    def bury(self) -> None:
        """Without a word: whatever it would still like to do fails."""
        for _ in range(20):
            try:
                self._work.close()
            except BaseException:  # noqa: S112 (the dead complain to nobody)
                continue
            return


def _mirror(future: asyncio.Future[None]) -> asyncio.Future[None]:
    """A future of one's own, so that cancelling it cancels nobody else's."""
    own: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def follow(_: object) -> None:
        if not own.done():
            own.set_result(None)

    future.add_done_callback(follow)
    return own


def _awaited(future: asyncio.Future[Any]) -> asyncio.Future[Any]:
    """The future, as `await` would hand it to the task."""
    future._asyncio_future_blocking = True
    return future


def task_factory(loop: asyncio.AbstractEventLoop, work: Any, **more: Any) -> Any:
    """Every task belongs to the process that started it."""
    process = current()
    task = SteadyTask(work if process is None else _Mortal(work, process), loop=loop, **more)
    task._log_destroy_pending = False  # type: ignore[attr-defined]  # asyncio's own, and told by nobody
    return task
