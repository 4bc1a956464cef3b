"""What an experiment comes to, and the table of all of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.faults.invariants import Findings


@dataclass
class Result:
    """One experiment in one setting. `figures` are measured by the way: milliseconds, counts, in words."""

    experiment: str
    setting: str
    rounds: int
    findings: Findings = field(default_factory=Findings)
    seconds: float = 0.0
    figures: dict[str, Any] = field(default_factory=dict)

    @property
    def is_good(self) -> bool:
        """Whether no invariant was broken."""
        return not self.findings.problems

    def as_json(self) -> dict[str, Any]:
        """For machines."""
        return asdict(self)


_HEADS = (
    "experiment",
    "database, processes",
    "rounds",
    "acknowledged",
    "lost",
    "doubled",
    "out of order",
    "told",
    "s",
)


def table(results: Sequence[Result]) -> str:
    """Markdown, with what was measured by the way below it."""
    rows = [_row(result) for result in results]
    lines = [f"| {' | '.join(_HEADS)} |", "|---|---|" + "---:|" * (len(_HEADS) - 2)]
    lines += [f"| {' | '.join(row)} |" for row in rows]
    notes = [
        f"* {result.experiment}, {result.setting}: " + ", ".join(f"{k} {v}" for k, v in result.figures.items())
        for result in results
        if result.figures
    ]
    wrong = [
        f"* {result.experiment}, {result.setting}: {problem}"
        for result in results
        for problem in result.findings.problems[:20]
    ]
    return "\n".join(lines + [""] * bool(notes) + notes + ["", "WRONG:"] * bool(wrong) + wrong)


def _row(result: Result) -> list[str]:
    found = result.findings
    figures = (result.rounds, found.acknowledged, found.lost, found.doubled, found.out_of_order, found.told)
    name = result.experiment if result.is_good else f"{result.experiment} **WRONG**"
    return [name, result.setting, *(f"{figure:,}" for figure in figures), f"{result.seconds:.0f}"]
