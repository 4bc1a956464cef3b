"""What an experiment comes to, and the table of all of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.faults.invariants import Findings


class ImpossibleError(Exception):
    """This experiment cannot take place on this machine, and why."""


@dataclass
class Result:
    """One experiment in one setting. `figures` are measured by the way: milliseconds, counts, in words.

    `impossible` says why it could not take place; then nothing is known.
    """

    experiment: str
    setting: str
    rounds: int
    findings: Findings = field(default_factory=Findings)
    seconds: float = 0.0
    figures: dict[str, Any] = field(default_factory=dict)
    impossible: str = ""

    @property
    def is_good(self) -> bool:
        """Whether no invariant was broken."""
        return not self.findings.problems

    @property
    def name(self) -> str:
        """Of the experiment, and whether there is anything to say of it."""
        if self.impossible:
            return f"{self.experiment} **not possible here**"
        return self.experiment if self.is_good else f"{self.experiment} **WRONG**"

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


LEGEND = 'told: replies that did not go out, or may not have, and staff can see it; "s" is how long it took.'
MOST = 3  # figures on one line


def table(results: Sequence[Result]) -> str:
    """Markdown, with what was measured by the way below it."""
    lines = [f"| {' | '.join(_HEADS)} |", "|---|---|" + "---:|" * (len(_HEADS) - 2)]
    lines += [f"| {' | '.join(_row(result))} |" for result in results]
    lines += ["", summary(results), LEGEND]
    notes = [line for result in results for line in _notes(result)]
    wrong = [
        f"* {result.experiment}, {result.setting}: {problem}"
        for result in results
        for problem in result.findings.problems[:20]
    ]
    return "\n".join(lines + [""] * bool(notes) + notes + ["", "WRONG:"] * bool(wrong) + wrong)


def _notes(result: Result) -> list[str]:
    name, figures = f"* {result.experiment}, {result.setting}", [f"{k} {v}" for k, v in result.figures.items()]
    if result.impossible:
        return [f"{name}: not possible here, {result.impossible}"]
    if len(figures) <= MOST:
        return [f"{name}: {', '.join(figures)}"] if figures else []
    return [f"{name}:", *(f"  * {figure}" for figure in figures)]


def summary(results: Sequence[Result]) -> str:
    """In one line."""
    impossible = sum(bool(result.impossible) for result in results)
    wrong = sum(not result.is_good for result in results)
    lost, doubled = (sum(getattr(each.findings, name) for each in results) for name in ("lost", "doubled"))
    return (
        f"{len(results)} experiments: {len(results) - wrong - impossible} good, {wrong} wrong, "
        f"{impossible} not possible here; {lost} lost, {doubled} doubled."
    )


def _row(result: Result) -> list[str]:
    found = result.findings
    figures = (result.rounds, found.acknowledged, found.lost, found.doubled, found.out_of_order, found.told)
    said = ["-" if result.impossible else f"{figure:,}" for figure in figures]
    return [result.name, result.setting, *said, f"{result.seconds:.0f}"]
