"""How long a worker waits for a crowd, and when it presses."""

import math
import time

import pytest

from bridge.jobs import crowd
from bridge.jobs.crowd import BEHIND, Crowd

LONG = 60.0  # seconds; longer than a test may take


class Door:
    """Where a crowd was seen at this moment."""

    def __init__(self) -> None:
        self.seen_at = -math.inf
        self.looks = 0

    def when(self) -> float:
        self.looks += 1
        return self.seen_at


def never() -> bool:
    return False


async def test_nobody_is_waited_for_where_nobody_was() -> None:
    door = Door()
    assert not await Crowd(door.when).let_in(unless=never)
    assert door.looks == 1


async def test_a_crowd_that_is_not_seen_again_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "STAYS", LONG)
    monkeypatch.setattr(crowd, "FEW_EACH", LONG)
    door = Door()
    here = Crowd(door.when)
    here.began(0)
    door.seen_at = time.monotonic()
    assert not await here.let_in(unless=never)


async def test_behind_its_slowest_are_waited_for() -> None:
    """They need longer to come again than the quickest to be gone."""
    door = Door()
    here = Crowd(door.when)
    here.began(BEHIND + 0.1)
    door.seen_at = time.monotonic()
    assert not await here.let_in(unless=never)
    assert time.monotonic() >= door.seen_at + crowd.STAYS


async def test_one_that_stays_is_not_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "FEW_EACH", 0.05)
    here = Crowd(time.monotonic)
    here.began(0)
    began = time.monotonic()
    assert await here.let_in(unless=never)
    assert time.monotonic() >= began + 0.04


async def test_a_stop_is_not_kept_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "FEW_EACH", LONG)
    here = Crowd(time.monotonic)
    here.began(0)
    assert await here.let_in(unless=lambda: True)


@pytest.mark.parametrize(("waited", "ago", "presses"), [(1.0, 0.0, True), (0.0, 0.0, False), (1.0, LONG, False)])
def test_it_presses_while_it_is_near_and_the_outbox_is_behind(waited: float, ago: float, presses: bool) -> None:
    seen_at = time.monotonic() - ago
    here = Crowd(lambda: seen_at)
    here.began(waited)
    assert here.presses() is presses
    here.caught_up()
    assert not here.presses()
