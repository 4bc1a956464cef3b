"""A cancellation ends the task that it was meant for, and no other. Libraries let some of their own go astray."""

import asyncio


def is_meant(error: BaseException) -> bool:
    """Whether this is the end of the present task, because somebody has cancelled it."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
