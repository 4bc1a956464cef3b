"""python -m tests.simulation 100000, or --seed 149 for one world and everything that happened in it."""

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

from tests.simulation.ground import laid
from tests.simulation.run import Outcome, simulate

BATCH = 50
SHOWN = 20  # failures; whoever has more has one reason


def main() -> int:
    """The exit status: whether something was wrong."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seeds", type=int, nargs="?", default=1_000, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seed", type=int, help="only this one, with its trace")
    said = parser.parse_args()
    return _one(said.seed) if said.seed is not None else _many(said.first, said.first + said.seeds)


def _one(seed: int) -> int:
    with tempfile.TemporaryDirectory(dir=_memory()) as folder, laid(Path(folder)) as ground:
        outcome = simulate(seed, ground)
    sys.stdout.write("\n".join([*outcome.trace, "", *(outcome.wrong or ["All is well."]), ""]))
    return bool(outcome.wrong)


def _many(first: int, end: int) -> int:
    began, done, wrong = time.monotonic(), 0, list[Outcome]()
    batches = [range(seed, min(seed + BATCH, end)) for seed in range(first, end, BATCH)]
    with multiprocessing.get_context("fork").Pool() as pool:
        for batch, found in pool.imap_unordered(_batch, batches):
            done, wrong = done + len(batch), wrong + found
            for outcome in found:
                sys.stdout.write(f"\n{outcome.story}\n")
            sys.stdout.write(f"\r{done:,} worlds, {len(wrong)} wrong, {time.monotonic() - began:.0f} s")
            sys.stdout.flush()
            if len(wrong) >= SHOWN:
                break
    sys.stdout.write("\n")
    return bool(wrong)


def _batch(seeds: range) -> tuple[range, list[Outcome]]:
    with tempfile.TemporaryDirectory(dir=_memory()) as folder, laid(Path(folder)) as ground:
        return seeds, [outcome for outcome in (simulate(seed, ground) for seed in seeds) if outcome.wrong]


def _memory() -> str | None:
    """Where databases live in memory, if there is such a place."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


if __name__ == "__main__":
    sys.exit(main())
