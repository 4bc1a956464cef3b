"""What /metrics shows, read over HTTP as Prometheus reads it."""

from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from tests.handlers.knock import knock
from tests.stage import Stage

Series = tuple[str, frozenset[str]]


@dataclass(frozen=True)
class Figures:
    """One look. Counters belong to the process, which plays many stories: what counts is how far they rise."""

    text: str
    families: frozenset[str]
    values: dict[Series, float]

    def of(self, name: str, *labels: str) -> float:
        """The sum of the series with all these label values; 0 for none."""
        return sum(value for (own, its), value in self.values.items() if own == name and its >= set(labels))


async def look(stage: Stage) -> Figures:
    """All figures as they are now."""
    answer = await knock(stage, "/metrics", method="GET")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    families = list(text_string_to_metric_families(answer.text))
    samples = [sample for family in families for sample in family.samples]
    values = {(each.name, frozenset(each.labels.values())): each.value for each in samples}
    assert len(values) == len(samples)
    return Figures(answer.text, frozenset(family.name for family in families), values)
