"""Short runs of the trials under load; `make faults` has the long ones."""

import asyncio

import pytest

from tests.faults import connections, postgres, providers, races, rolling, storage
from tests.faults.ground import PAIR, POSTGRES, SQLITE, Ground
from tests.faults.results import Result

pytestmark = pytest.mark.xdist_group("fire")


def _is_good(result: Result, *, at_least: int) -> None:
    """Nothing is wrong, and there was something to go wrong."""
    assert str(result.findings) == "nothing wrong"
    assert result.findings.acknowledged >= at_least


@pytest.mark.faults("F9", "F10")
def test_unclear_answers_of_both_services_lose_and_double_nothing(ground: Ground) -> None:
    _is_good(asyncio.run(providers.unclear_answers(ground, PAIR, 30)), at_least=30)


@pytest.mark.faults("F11")
def test_on_a_full_disk_nothing_is_promised_and_space_heals_it(ground: Ground) -> None:
    trial = storage.full_disk if storage.may_mount() else storage.full_quota
    _is_good(asyncio.run(trial(ground, SQLITE, 1)), at_least=20)


@pytest.mark.faults("F12")
def test_who_finds_the_database_locked_is_answered_late(ground: Ground) -> None:
    _is_good(asyncio.run(storage.locked(ground, SQLITE, 1, seconds=1)), at_least=20)


@pytest.mark.faults("F13")
def test_postgresql_comes_and_goes_and_nothing_is_lost(ground: Ground) -> None:
    _is_good(asyncio.run(postgres.trouble(ground, PAIR, 1, kind="immediate restart")), at_least=20)


@pytest.mark.faults("F13")
def test_who_starts_without_a_database_says_so_and_ends(ground: Ground) -> None:
    assert str(asyncio.run(postgres.absent_at_the_start(ground, POSTGRES, 1)).findings) == "nothing wrong"


@pytest.mark.faults("F16", "S17")
def test_two_thousand_silent_callers_keep_nobody_out(ground: Ground) -> None:
    _is_good(asyncio.run(connections.slow_and_silent(ground, SQLITE, 1, patience=2)), at_least=20)


@pytest.mark.faults("F2", "F27")
def test_what_comes_three_times_at_once_to_two_processes_counts_once(ground: Ground) -> None:
    _is_good(asyncio.run(races.the_same_to_both(ground, PAIR, 2)), at_least=20)


@pytest.mark.faults("F27")
def test_several_may_migrate_an_empty_database_at_once(ground: Ground) -> None:
    assert str(asyncio.run(races.migrations(ground, POSTGRES, 1)).findings) == "nothing wrong"


@pytest.mark.faults("F30")
def test_processes_are_replaced_one_by_one_and_nobody_notices(ground: Ground) -> None:
    _is_good(asyncio.run(rolling.restarts(ground, PAIR, 1)), at_least=30)
