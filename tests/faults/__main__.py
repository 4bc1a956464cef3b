"""`make faults`: the long runs of all fault experiments, and a table of what came of them.

python -m tests.faults --only F1 F13-restart --where sqlite --rounds 20
"""

import argparse
import asyncio
import json
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.faults.experiments import EXPERIMENTS, Experiment
from tests.faults.ground import EVERYWHERE, Ground, Setting
from tests.faults.results import ImpossibleError, Result, table

WHERE = dict(zip(("sqlite", "postgres", "pair"), EVERYWHERE, strict=True))
MEMORY = Path("/dev/shm")  # where databases lie if there is room: what is proved is what survives a killed process


def main() -> int:
    """The exit status: 1 when an invariant was broken."""
    asked = _asked()
    ground, chosen, results = Ground(MEMORY, say=_say), list(_chosen(asked.only, asked.where)), list[Result]()
    if not chosen:
        _say("There is no such experiment; --help names them all.")
        return 2
    try:
        _say("Starting a PostgreSQL and a nursery of processes ...")
        ground.prepare()
        for experiment, setting in chosen:
            _say(f"{len(results) + 1} of {len(chosen)}: {experiment.key}, {setting} ...")
            results.append(_carry_out(ground, experiment, setting, asked.rounds))
    except KeyboardInterrupt:
        _say(f"Interrupted; {len(chosen) - len(results)} were not carried out.")
    finally:
        ground.close()
        as_json = json.dumps([result.as_json() for result in results], indent=2)
        sys.stdout.write(f"{as_json if asked.json else table(results)}\n")
    return int(len(results) < len(chosen) or not all(result.is_good for result in results))


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    keys = " ".join(experiment.key for experiment in EXPERIMENTS)
    parser.add_argument("--only", nargs="+", default=[], metavar="KEY", help=f"all of F13, or one of: {keys}")
    parser.add_argument("--where", choices=WHERE, help="one setting instead of all that an experiment has")
    parser.add_argument("--rounds", type=int, help="instead of those of a long run")
    parser.add_argument("--json", action="store_true", help="for machines")
    return parser.parse_args()


def _chosen(only: Sequence[str], where: str | None) -> Iterator[tuple[Experiment, Setting]]:
    for experiment in EXPERIMENTS:
        if only and not any(f"-{each}-" in f"-{experiment.key}-" for each in only):
            continue
        yield from ((experiment, setting) for setting in experiment.settings if where in {None, _name(setting)})


def _name(setting: Setting) -> str:
    return next(name for name, each in WHERE.items() if each == setting)


def _carry_out(ground: Ground, experiment: Experiment, setting: Setting, rounds: int | None) -> Result:
    result, began = Result(experiment.key, str(setting), 0), time.monotonic()
    try:
        result = asyncio.run(experiment.run(ground, setting, experiment.rounds if rounds is None else rounds))
    except ImpossibleError as reason:
        result.impossible = str(reason)
    except Exception as error:  # one that breaks must not keep the others from being tried
        result.findings.problems.append(f"{type(error).__name__} at {_place(error)}: {error}")
    result.seconds = time.monotonic() - began
    told = f"not possible here: {result.impossible}" if result.impossible else str(result.findings)
    _say(f"  {told} ({result.seconds:.0f} s)")
    return result


def _place(error: Exception) -> str:
    """Where an experiment itself broke."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if "/tests/" in frame.filename]
    return " < ".join(f"{Path(frame.filename).name}:{frame.lineno}" for frame in reversed(ours))


def _say(words: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {words}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
