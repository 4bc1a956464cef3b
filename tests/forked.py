"""Commands of the app in processes of their own, quickly: all is imported once, each process is a fork of that."""

import asyncio
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

ROOT = Path(__file__).parents[1]
MUCH = 2**26  # bytes that nobody need have read for the command to go on
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["bridge.__main__"])


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    status: int | None
    out: str
    err: str


class Forked:
    """A running command, with what asyncio's own processes have of it."""

    def __init__(self, process: ForkServerProcess) -> None:
        self.stdout, self.stderr = asyncio.StreamReader(limit=MUCH), asyncio.StreamReader(limit=MUCH)
        self.returncode: int | None = None
        self._process = process
        self._pipes: list[asyncio.BaseTransport] = []
        self._ended = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(process.sentinel, self._end)

    def _end(self) -> None:
        asyncio.get_running_loop().remove_reader(self._process.sentinel)
        self.returncode = self._process.exitcode
        self._process.close()
        self._ended.set_result(self.returncode)

    async def hear(self, end: Connection, reader: asyncio.StreamReader) -> None:
        """What comes out at this end."""
        pipe = os.fdopen(os.dup(end.fileno()), "rb", buffering=0)
        end.close()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
        self._pipes.append(transport)

    def send_signal(self, number: int) -> None:
        """If it has not ended yet."""
        if self.returncode is None and self._process.pid:
            os.kill(self._process.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """At once."""
        self.send_signal(signal.SIGKILL)

    async def wait(self) -> int:
        """Until it has ended; its exit status, or the signal that ended it, negative."""
        await asyncio.shield(self._ended)
        while not all(pipe.is_closing() for pipe in self._pipes):
            await asyncio.sleep(0)
        return int(self._ended.result())

    async def communicate(self) -> tuple[bytes, bytes]:
        """All that it still says, when it has ended."""
        out, err, _ = await asyncio.gather(self.stdout.read(), self.stderr.read(), self.wait())
        return out, err


async def start(
    words: Sequence[str], environment: Mapping[str, str], typed: str = "", *, complaints_too: bool = False
) -> Forked:
    """Start a command, as `python -m bridge` would; its complaints are apart, or with what else it says."""
    (typed_in, typing), (hearing, out), (hearing_err, err) = (_context.Pipe(duplex=False) for _ in range(3))
    os.write(typing.fileno(), typed.encode())
    streams = (typed_in, out, out if complaints_too else err)
    process = _context.Process(target=_be, args=(list(words), dict(environment), streams))
    await asyncio.to_thread(process.start)
    for mine in (typing, *streams, err):
        mine.close()
    forked = Forked(process)
    await forked.hear(hearing, forked.stdout)
    await forked.hear(hearing_err, forked.stderr)
    return forked


async def say(words: Sequence[str], environment: Mapping[str, str], typed: str = "") -> Said:
    """Run a command to its end."""
    process = await start(words, environment, typed)
    async with asyncio.timeout(60):
        out, err = await process.communicate()
    return Said(process.returncode, out.decode(), err.decode())


def _be(words: list[str], environment: dict[str, str], streams: Sequence[Connection]) -> None:
    """In the fork: be the command."""
    from bridge.__main__ import main  # noqa: PLC0415 (it is here already; whoever orders commands need not have it)

    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
    for stream in streams:
        stream.close()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(ROOT)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (what multiprocessing gave us reads nothing)
    main(words, prog_name="python -m bridge")
