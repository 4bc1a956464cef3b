"""The measured programs, each as a process of its own, and what they cost."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.wire import Failed
from bridge.sandbox.ports import free_port

START = 60.0  # seconds a process may take on a busy machine
STOP = 20.0
TICKS = os.sysconf("SC_CLK_TCK")

Hear = Callable[[str], None]


def to_terminal(line: str) -> None:
    """What nobody reads is shown: a warning of the app may explain a figure."""
    print(line, file=sys.stderr)


@dataclass(frozen=True)
class Process:
    """A program that is ready, and how many seconds that took from its start."""

    process: asyncio.subprocess.Process
    ready_after: float

    def cpu(self) -> float:
        """Seconds of CPU used so far, by all its threads, in the system too; in steps of 10 ms."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self) -> int:
        """Bytes that are resident now."""
        line = next(line for line in self._proc("status").splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text("ascii")


@asynccontextmanager
async def started(
    *words: str, environment: Mapping[str, str] | None = None, hear: Hear = to_terminal
) -> AsyncIterator[Process]:
    """A Python program, from the line in which it says "ready" on; `hear` gets the lines after that.

    Raises Failed when it ends before that.
    """
    began = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, env={**os.environ, **(environment or {})}, stdout=asyncio.subprocess.PIPE
    )
    try:
        await asyncio.wait_for(_ready(process, words), START)
        ready_after = time.monotonic() - began
        async with asyncio.TaskGroup() as group:
            group.create_task(_read(process, hear))
            try:
                yield Process(process, ready_after)
            finally:
                await _end(process)
    finally:
        await _end(process)


async def _ready(process: asyncio.subprocess.Process, words: tuple[str, ...]) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        if b"ready" in line:
            return
    raise Failed(f"{' '.join(words)} ended before it was ready")


async def _read(process: asyncio.subprocess.Process, hear: Hear) -> None:
    assert process.stdout is not None
    async for line in process.stdout:
        hear(line.decode().rstrip("\n"))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.terminate()
    try:
        await asyncio.wait_for(process.wait(), STOP)
    except TimeoutError:
        process.kill()
        await process.wait()


@asynccontextmanager
async def limit() -> AsyncIterator[tuple[str, Process]]:
    """The control, and its URL."""
    port = free_port()
    async with started("-m", "benchmarks.limit", str(port)) as process:
        yield f"http://127.0.0.1:{port}", process
