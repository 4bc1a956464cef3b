"""The launcher: bridge's own command line, with failpoints armed and a clock that a test can move.

python -m tests.faults.doomed FOLDER serve

FOLDER is that of tests.faults.fate. Nothing else of the program is touched.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

from bridge import app, failpoints
from bridge.__main__ import main
from bridge.app import Running
from bridge.commands import processes, session
from tests.faults.fate import Fate

FEEL = 0.02  # seconds between two looks whether time has jumped
COUNT = 100  # looks between two counts of the tasks


def be(folder: Path, words: Sequence[str]) -> None:
    """Be the command. Does not come back."""
    fate = Fate(folder)
    failpoints.armed = fate.meet
    setattr(processes, "running", partial(_running, fate))  # noqa: B010 (mypy minds assignments to functions)
    setattr(session, "opened", partial(app.opened, clock=fate.clock, steady=fate.steady))  # noqa: B010 (as above)
    main(list(words), prog_name="python -m bridge")


@asynccontextmanager
async def _running(fate: Fate, *args: Any, **options: Any) -> AsyncIterator[Running]:
    async with app.running(*args, **options, clock=fate.clock, steady=fate.steady) as started:
        feeling = asyncio.create_task(_feel_time(started, fate))
        try:
            yield started
        finally:
            feeling.cancel()


async def _feel_time(started: Running, fate: Fate) -> None:
    """Who sleeps until a moment wakes up when time has jumped beyond it. Now and then the tasks are counted."""
    known = fate.ahead
    for look in count():
        await asyncio.sleep(FEEL)
        if fate.ahead != known:
            known = fate.ahead
            started.deps.db.wake.nudge()
        if look % COUNT == 0:
            (fate.folder / f"tasks-{os.getpid()}").write_text(str(len(asyncio.all_tasks())))


if __name__ == "__main__":
    be(Path(sys.argv[1]), sys.argv[2:])
