"""The figures for people, as a table for a README, and for machines."""

from collections.abc import Iterable, Sequence
from typing import Any

from benchmarks.figures import Figure

HEAD = ("figure", "database", "measured", "of the control", "CPU for each", "of the control's", "goal", "")


def table(figures: Sequence[Figure]) -> str:
    """A row for each figure."""
    rows = [HEAD, ["---"] * len(HEAD), *(_row(figure) for figure in figures)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(figure: Figure) -> Iterable[str]:
    return (
        figure.what,
        figure.database,
        _number(figure.value, figure.goal.unit),
        _ratio(figure.ratio),
        "" if figure.cpu is None else f"{figure.cpu:,.0f} µs",
        "" if figure.cpu is None or not figure.control_cpu else _ratio(figure.cpu / figure.control_cpu),
        _goal(figure),
        "reached" if figure.reached else "missed",
    )


def _number(value: float, unit: str) -> str:
    digits = 0 if value >= 100 else 1
    return f"{value:,.{digits}f}{'' if unit.startswith('/') else ' '}{unit}"


def _ratio(ratio: float) -> str:
    return f"{ratio:.1%}" if ratio < 1 else f"{ratio:.2f} ×"


def _goal(figure: Figure) -> str:
    goal = figure.goal
    bound = (
        _ratio(goal.bound)
        if goal.of_control
        else f"{goal.bound:,g}{'' if goal.unit.startswith('/') else ' '}{goal.unit}"
    )
    return f"{'at least' if goal.at_least else 'at most'} {bound}"


def document(figures: Sequence[Figure], conditions: dict[str, Any], failure: str = "") -> dict[str, Any]:
    """Everything, for machines; and why there is no more, if the run failed."""
    return {"conditions": conditions, "failure": failure, "figures": [figure.as_json() for figure in figures]}


def text(figures: Sequence[Figure], conditions: dict[str, Any]) -> str:
    """The table, and below what it holds for."""
    words = (
        f"Measured with Slack's pacing off, signatures on, every commit on disk ({conditions['storage']}), on "
        f"{conditions['cores']} cores that also made the load; the load average was {conditions['load_before']:g} "
        f"before and {conditions['load_after']:g} after. All is one process, except where texts and "
        "replies per second end to end are measured on PostgreSQL: there a web and a worker, as in the Procfile."
    )
    return f"{table(figures)}\n\n{words}"
