"""Which tests prove which row of docs/features.md.

python -m tests.house.rows           one line per row: number, tab, how many tests, tab, their ids
python -m tests.house.rows --check   the rows whose state does not fit their tests
"""

import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from io import StringIO

import pytest

from tests.house import features
from tests.house.features import DONE, LATER, ROWS

Proofs = Mapping[int, Sequence[str]]


class Collector:
    """A plugin that notes which test names which row, and what could not be collected."""

    def __init__(self) -> None:
        self.proofs: defaultdict[int, dict[str, None]] = defaultdict(dict)
        self.errors: list[str] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be imported proves nothing."""
        if report.failed:
            self.errors.append(f"{report.nodeid}: {report.longreprtext.strip().splitlines()[-1]}")

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """A test counts once, with however many parameters it runs."""
        for item in session.items:
            for marker in item.iter_markers("rows"):
                for number in marker.args:
                    self.proofs[number][item.nodeid.partition("[")[0]] = None


def collect() -> tuple[Proofs, list[str]]:
    """Row numbers with the ids of their tests; and what went wrong."""
    collector = Collector()
    with redirect_stdout(StringIO()):  # pytest's own words are not part of the answer
        status = pytest.main(["--collect-only", "-qq", "--assert=plain", "-p", "no:cacheprovider"], [collector])
    errors = collector.errors
    if status and not errors:
        errors = [f"pytest ended with {status!r}"]
    unknown = sorted(set(collector.proofs) - set(ROWS))
    errors += [f"there is no row {number}: {' '.join(collector.proofs[number])}" for number in unknown]
    return {number: list(collector.proofs[number]) for number in ROWS}, errors


def mismatches(proofs: Proofs) -> list[str]:
    """What to change in docs/features.md, row by row, or to prove."""
    rows = features.read()
    wrong = [f"{number}: missing" for number in ROWS if number not in rows]
    wrong += [f"{number}: there is no such row" for number in rows if number not in ROWS]
    for number, row in sorted(rows.items()):
        tests = len(proofs.get(number, ()))
        if row.state not in features.STATES:
            wrong.append(f"{number}: “{row.state}” is no state")
        elif row.state == DONE and not tests:
            wrong.append(f"{number}: done, but no test names it")
        elif row.state == LATER and tests:
            wrong.append(f"{number}: later, but tests name it: {' '.join(proofs[number])}")
    return wrong


def main(arguments: Sequence[str]) -> int:
    """Print what was asked for; the exit status."""
    proofs, errors = collect()
    lines = [f"{number}\t{len(tests)}\t{' '.join(tests)}" for number, tests in proofs.items()]
    wrong: list[str] = []
    if arguments == ["--check"]:
        lines = wrong = [] if errors else mismatches(proofs)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stderr.write("".join(f"{error}\n" for error in errors))
    return int(bool(errors or wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
