"""Starts processes quickly: everything is imported once, and each process is a fork of that.

Reads one order a line, as JSON, and answers with the new process's id: folder and words (see doomed), environment,
out (a file for all that it says), limits (of resource, by name: soft and hard).
"""

import json
import os
import resource
import signal
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.faults.doomed import be

Order = dict[str, Any]


def main() -> None:
    """Until standard input ends; then all that was started ends too."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how they ended
    started: list[int] = []
    for line in sys.stdin:
        process = os.fork()
        if not process:
            _grow_up(json.loads(line))
        started.append(process)
        sys.stdout.write(f"{process}\n")
        sys.stdout.flush()
    for process in started:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)


def _grow_up(order: Order) -> None:
    """In the fork: be the command, and never come back."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    out = os.open(order["out"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(out, stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.environ.clear()
    os.environ.update(order["environment"])
    status = 1
    try:
        for name, limits in order["limits"].items():
            resource.setrlimit(getattr(resource, name), tuple(limits))
        be(Path(order["folder"]), order["words"])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        os.write(out, f"ended with {status}\n".encode())
    os._exit(status)


if __name__ == "__main__":
    main()
