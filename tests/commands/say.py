"""Commands in processes of their own, quickly: everything is imported once, and each process is a fork of that."""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["bridge.__main__"])


@dataclass(frozen=True)
class Said:
    """How a command ended."""

    status: int | None
    out: str
    err: str


async def say(words: Sequence[str], environ: Mapping[str, str], cwd: Path, typed: str = "") -> Said:
    """Run a command to its end, as `python -m bridge` would."""
    with TemporaryDirectory() as folder:
        place = Path(folder)
        (place / "in").write_text(typed)
        process = _context.Process(target=_be, args=(list(words), dict(environ), cwd, place))
        process.start()
        await asyncio.to_thread(process.join, 60)
        if process.exitcode is None:
            process.kill()
        return Said(process.exitcode, (place / "out").read_text(), (place / "err").read_text())


def _be(words: list[str], environ: dict[str, str], cwd: Path, place: Path) -> None:
    """In the fork: be the command."""
    from bridge.__main__ import main  # noqa: PLC0415 (it is here already; whoever orders commands need not have it)

    os.dup2(os.open(place / "in", os.O_RDONLY), 0)
    for stream, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(place / name, os.O_WRONLY | os.O_CREAT, 0o600), stream)
    os.environ.clear()
    os.environ.update(environ)
    os.chdir(cwd)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115 (what multiprocessing gave us reads nothing)
    main(words, prog_name="python -m bridge")
