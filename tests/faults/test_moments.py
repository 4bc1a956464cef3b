"""kill -9, a bug and a cancelled task at the moments that matter most; `make faults` has all of them."""

import asyncio

import pytest

from tests.faults.fate import Action
from tests.faults.ground import PAIR, SQLITE, Ground, Setting
from tests.faults.moments import every_point, reachable
from tests.faults.play import Scene

pytestmark = pytest.mark.xdist_group("fire")

# Both ways through the app, from the first commit to the last.
HOT = (
    "services.inbound.receive_all",
    "jobs.worker.Worker._claim",
    "services.threads._remember",
    "slack chat.postMessage",
    "services.replies._take_in",
    "services.deliveries._begin",
    "twilio POST Messages",
    "services.deliveries._accepted",
    "services.receipts.on_status",
)
ON_SQLITE = [f"{when} {name}" for name in HOT for when in ("before", "after")]
ON_A_PAIR = [f"{'before' if number % 2 else 'after'} {name}" for number, name in enumerate(HOT)]


def _named(points: list[str]) -> list[tuple[str, Scene]]:
    """With "commit" where it belongs, and all their scenes."""
    known = {*points, *(point.replace(" ", " commit ", 1) for point in points)}
    found = [(point, scene) for point, scene in reachable() if point in known]
    assert len({point for point, _ in found}) == len(points)
    return found


@pytest.mark.faults("F1", "F9", "F27")
@pytest.mark.parametrize(("setting", "points"), [(SQLITE, ON_SQLITE), (PAIR, ON_A_PAIR)], ids=["SQLite", "pair"])
def test_whoever_dies_at_any_moment_leaves_nothing_lost_or_doubled(
    ground: Ground, setting: Setting, points: list[str]
) -> None:
    result = asyncio.run(every_point(ground, setting, _named(points)))
    assert str(result.findings) == "nothing wrong"


BUGS = ON_SQLITE[::3]
CANCELLED = [f"{when} {name}" for when, name in zip(("before", "after"), HOT[::4], strict=False)]


@pytest.mark.faults("F14")
@pytest.mark.parametrize(
    ("action", "points"), [(Action.BREAK, BUGS), (Action.CANCEL, CANCELLED)], ids=["bug", "cancelled"]
)
def test_whatever_stumbles_goes_on(ground: Ground, action: Action, points: list[str]) -> None:
    result = asyncio.run(every_point(ground, SQLITE, _named(points), action=action))
    assert str(result.findings) == "nothing wrong"
