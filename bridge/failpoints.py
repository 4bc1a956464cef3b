"""Named moments around each commit and each outside call, at which a test may end, stop or break this process.

The product never arms them, and nothing outside it can: the launcher in tests/faults does, before it runs the
program. Unarmed, a moment costs one comparison. tests/faults/points.py lists them all.
"""

import sys
from collections.abc import Callable

armed: Callable[[str], None] | None = None


def reach(moment: str, *names: str) -> None:
    """This moment has come for these: units of work, or a call to a service. Raises what a test wants raised."""
    if armed is not None:
        for name in names:
            armed(f"{moment} {name}")


def caller() -> str | None:
    """Who called the function that asks, such as services.inbound.receive_all; None while nothing is armed."""
    if armed is None:
        return None
    frame = sys._getframe(2)  # noqa: SLF001 (the one way that leaves the callers as they are)
    return f"{frame.f_globals['__name__'].removeprefix('bridge.')}.{frame.f_code.co_qualname}"


def name_of(work: Callable[..., object]) -> str:
    """What a unit of work is called that a function is."""
    return f"{work.__module__.removeprefix('bridge.')}.{work.__qualname__}"
