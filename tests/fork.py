"""Starts the app in processes of its own, quickly: everything is imported once, and each process is a fork of that.

Reads one order a line, as JSON, and answers with the new process's id: environment, log (a file), ready (a file
that is made when it is ready), ahead (how many seconds its clock is ahead), web and work (what it does).
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge import logs
from bridge.app import running
from bridge.settings import Settings

Order = dict[str, Any]


def main() -> None:
    """Until standard input ends; then all that was started ends too."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    started: list[int] = []
    for line in sys.stdin:
        process = os.fork()
        if not process:
            _serve(json.loads(line))
        started.append(process)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()
    for process in started:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _serve(order: Order) -> None:
    """In the fork: be the app, and never come back."""
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    try:
        logs.configure("INFO")
        asyncio.run(_run(order))
    except BaseException as error:
        sys.stderr.write(f"{error!r}\n")
        sys.stderr.flush()
        os._exit(1)
    os._exit(0)


async def _run(order: Order) -> None:
    ahead, task = timedelta(seconds=order["ahead"]), asyncio.current_task()
    assert task is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    settings = Settings.load(order["environment"])
    with suppress(asyncio.CancelledError):
        async with running(
            settings, serve_web=order["web"], work=order["work"], clock=lambda: datetime.now(UTC) + ahead
        ):
            os.close(os.open(order["ready"], os.O_CREAT, 0o600))
            await asyncio.Event().wait()


if __name__ == "__main__":
    main()
