"""The table says what went wrong, and what could not be tried at all."""

import asyncio

import pytest

from tests.faults import __main__ as long_runs
from tests.faults.experiments import Experiment, Run
from tests.faults.ground import SQLITE, Ground, Setting
from tests.faults.results import ImpossibleError, Result, table


async def _good(_: Ground, setting: Setting, rounds: int) -> Result:
    return Result("good", str(setting), rounds)


async def _lossy(_: Ground, setting: Setting, rounds: int) -> Result:
    result = Result("lossy", str(setting), rounds)
    result.findings.lost, result.findings.problems = 1, ["I1 i000001 was acknowledged and is not stored"]
    return result


async def _broken(_: Ground, __: Setting, ___: int) -> Result:
    await asyncio.sleep(0)
    raise ValueError("a bug of its own")


async def _impossible(_: Ground, __: Setting, ___: int) -> Result:
    raise ImpossibleError("nobody may mount a small disk")


@pytest.mark.parametrize(
    ("run", "status", "told"),
    [
        (_good, 0, "1 experiments: 1 good, 0 wrong, 0 not possible here; 0 lost, 0 doubled."),
        (_lossy, 1, "1 experiments: 0 good, 1 wrong, 0 not possible here; 1 lost, 0 doubled."),
        (_broken, 1, "ValueError at test_results.py"),
        (_impossible, 0, "not possible here, nobody may mount a small disk"),
    ],
)
def test_the_exit_status_and_the_table_tell_how_it_went(
    run: Run, status: int, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(long_runs, "EXPERIMENTS", (Experiment("F0", (SQLITE,), 1, run),))
    monkeypatch.setattr(Ground, "prepare", lambda _: None)
    monkeypatch.setattr("sys.argv", ["faults", "--only", "F0"])
    assert long_runs.main() == status
    assert told in capsys.readouterr().out


def test_an_experiment_that_nobody_knows_is_not_carried_out_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["faults", "--only", "F99"])
    assert long_runs.main() == 2
    assert table([]).count("0 experiments") == 1
