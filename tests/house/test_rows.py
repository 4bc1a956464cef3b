"""docs/features.md says of every row how far it is, and the tests bear it out."""

import subprocess
import sys

import pytest

from tests.house import features, rows
from tests.house.source import ROOT


@pytest.fixture(scope="module")
def proofs() -> dict[int, list[str]]:
    """What `make rows` prints."""
    ran = subprocess.run(
        [sys.executable, "-m", "tests.house.rows"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    parsed = [line.split("\t") for line in ran.stdout.splitlines()]
    assert all(len(parts) == 3 and int(parts[1]) == len(parts[2].split()) for parts in parsed)
    return {int(number): ids.split() for number, _, ids in parsed}


def test_make_rows_prints_one_line_per_row(proofs: dict[int, list[str]]) -> None:
    assert list(proofs) == list(features.ROWS)
    here = "tests/house/test_refusals.py::test_the_three_sentences_themselves"
    assert here in proofs[116]


def test_every_row_is_told_in_words_of_our_own() -> None:
    found = features.read()
    assert list(found) == list(features.ROWS)
    assert all(len(row.says) > 10 for row in found.values())


def test_states_fit_the_tests(proofs: dict[int, list[str]]) -> None:
    wrong = rows.mismatches(proofs)
    assert not wrong, "change these in docs/features.md, or prove them:\n" + "\n".join(wrong)


def test_a_mismatch_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {
        1: features.Feature(1, "a", "done"),
        2: features.Feature(2, "b", "later"),
        3: features.Feature(3, "c", "?"),
    }
    monkeypatch.setattr(features, "read", lambda: table)
    wrong = rows.mismatches({2: ["tests/test_it.py::test_it"]})
    assert wrong[-3:] == [
        "1: done, but no test names it",
        "2: later, but tests name it: tests/test_it.py::test_it",
        "3: “?” is no state",
    ]
    assert "4: missing" in wrong
