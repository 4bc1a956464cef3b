"""`make faults`: the long runs of all fault experiments, and a table of what came of them.

python -m tests.faults --only F1 F13-restart --where sqlite --rounds 20
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.faults.experiments import EXPERIMENTS, Experiment
from tests.faults.ground import EVERYWHERE, Ground, Setting
from tests.faults.results import Result, table
from tests.faults.storage import may_mount

WHERE = dict(zip(("sqlite", "postgres", "pair"), EVERYWHERE, strict=True))
MEMORY = Path("/dev/shm")  # where databases lie if there is room: what is proved is what survives a killed process


def main() -> int:
    """The exit status: 1 when an invariant was broken."""
    asked = _asked()
    ground = Ground(MEMORY)
    try:
        _say("Starting a PostgreSQL and a nursery of processes ...")
        ground.prepare()
        results = [
            _carry_out(ground, experiment, setting, asked.rounds)
            for experiment, setting in _chosen(asked.only, asked.where)
        ]
    finally:
        ground.close()
    as_json = json.dumps([result.as_json() for result in results], indent=2)
    sys.stdout.write(f"{as_json if asked.json else table(results)}\n")
    return int(not all(result.is_good for result in results))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    keys = " ".join(experiment.key for experiment in EXPERIMENTS)
    parser.add_argument("--only", nargs="+", default=[], metavar="KEY", help=f"beginnings of: {keys}")
    parser.add_argument("--where", choices=WHERE, help="one setting instead of all that an experiment has")
    parser.add_argument("--rounds", type=int, help="instead of those of a long run")
    parser.add_argument("--json", action="store_true", help="for machines")
    return parser.parse_args()


def _chosen(only: Sequence[str], where: str | None) -> Iterator[tuple[Experiment, Setting]]:
    for experiment in EXPERIMENTS:
        if only and not experiment.key.startswith(tuple(only)):
            continue
        if experiment.key == "F11-tmpfs" and not may_mount():
            _say("F11-tmpfs is left out: nobody may mount a small disk here. F11-limit tries the same by a limit.")
            continue
        yield from ((experiment, setting) for setting in experiment.settings if where in {None, _name(setting)})


def _name(setting: Setting) -> str:
    return next(name for name, each in WHERE.items() if each == setting)


def _carry_out(ground: Ground, experiment: Experiment, setting: Setting, rounds: int | None) -> Result:
    began = time.monotonic()
    _say(f"{experiment.key}, {setting} ...")
    try:
        result = asyncio.run(experiment.run(ground, setting, experiment.rounds if rounds is None else rounds, _say))
    except Exception as error:  # one that breaks must not keep the others from being tried
        result = Result(experiment.key, str(setting), 0, seconds=time.monotonic() - began)
        result.findings.problems.append(f"{type(error).__name__}: {error}")
    _say(f"{experiment.key}, {setting}: {result.findings} ({time.monotonic() - began:.0f} s)")
    return result


def _say(words: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
