"""The app in processes of its own: started, stopped and killed, one by one or all together."""

import asyncio
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

START, STOP = 30.0, 15.0  # seconds
ROOT = Path(__file__).parents[2]
_ENDED = re.compile(r"^ended with (\d+)$", re.MULTILINE)


class Nursery:
    """See tests.faults.nursery."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.nursery"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def bear(self, order: Mapping[str, Any]) -> int:
        """The id of the new process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self) -> None:
        """End everything that came from here."""
        self._process.communicate(timeout=10)


@contextmanager
def nursery() -> Iterator[Nursery]:
    """The place where processes come from."""
    nursery = Nursery()
    yield nursery
    nursery.close()


class Process:
    """One process, running or ended."""

    def __init__(self, pid: int, out: Path, words: Sequence[str]) -> None:
        self.pid, self.out, self.words = pid, out, tuple(words)
        self.ended = asyncio.Event()
        self.ended_at = 0.0
        self._fd = os.pidfd_open(pid)
        asyncio.get_running_loop().add_reader(self._fd, self._end)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._fd)
        os.close(self._fd)
        self.ended_at = time.monotonic()
        self.ended.set()

    @property
    def said(self) -> str:
        """Everything it wrote."""
        return self.out.read_text(errors="replace") if self.out.exists() else ""

    @property
    def status(self) -> int | None:
        """How it ended; None for one that was killed, or that did not take its time to say."""
        found = _ENDED.findall(self.said)
        return int(found[-1]) if found else None

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return not self.ended.is_set()

    def signal(self, number: int) -> None:
        """Send a signal, if it still runs."""
        if self.is_alive:
            with suppress(ProcessLookupError):  # it has just ended, and we have not been told yet
                os.kill(self.pid, number)

    async def kill(self) -> None:
        """kill -9."""
        self.signal(signal.SIGKILL)
        await self.end_within(STOP)

    async def stop(self) -> float:
        """SIGTERM; how many seconds it took to end."""
        began = time.monotonic()
        self.signal(signal.SIGTERM)
        await self.end_within(STOP)
        return self.ended_at - began

    async def end_within(self, seconds: float) -> None:
        """Wait for its end. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self.ended.wait()

    async def ready(self) -> None:
        """Until it says that it is. Raises AssertionError with what it says otherwise."""
        async with asyncio.timeout(START):
            while "is ready" not in self.said:
                assert self.is_alive, f"it ended: {self.said[-2000:]}"
                await asyncio.sleep(0.005)

    def limit(self, name: int, soft: int) -> int:
        """Change one of its limits while it runs, a resource.RLIMIT_...; what it was before."""
        before, hard = resource.prlimit(self.pid, name)
        resource.prlimit(self.pid, name, (soft, hard))
        return before

    # --- what the system knows of it

    @property
    def descriptors(self) -> int:
        """How many files and connections it has open."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    @property
    def memory(self) -> int:
        """Bytes that are resident."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    @property
    def threads(self) -> int:
        """How many."""
        return len(list(Path(f"/proc/{self.pid}/task").iterdir()))


class Maker:
    """Makes processes for one world: all have its folder, its environment and, together, one log."""

    def __init__(self, nursery: Nursery, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.environment = folder, dict(environment)
        self.all: list[Process] = []
        self._nursery = nursery

    def make(
        self,
        *words: str,
        environ: Mapping[str, str] | None = None,
        limits: Mapping[str, Sequence[int]] | None = None,
    ) -> Process:
        """Start a command; `environ` are settings beyond those that all have, `limits` are resource's, by name."""
        out = self.folder / f"out-{len(self.all):04d}"
        order = {
            "folder": str(self.folder),
            "words": words,
            "environment": self.environment | dict(environ or {}),
            "out": str(out),
            "limits": dict(limits or {}),
        }
        process = Process(self._nursery.bear(order), out, words)
        self.all.append(process)
        return process

    async def run(self, *words: str) -> Process:
        """Run a command to its end."""
        process = self.make(*words)
        await process.end_within(START)
        return process

    def said(self) -> str:
        """What all of them wrote."""
        return "".join(process.said for process in self.all)

    async def end(self) -> None:
        """Kill whatever still runs."""
        for process in self.all:
            await process.kill()
