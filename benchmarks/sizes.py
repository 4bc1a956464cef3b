"""How long everything is measured."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Seconds, rounds and messages."""

    rounds: int = 3
    accepting: float = 3.0
    acknowledging: float = 6.0
    warm_up: float = 1.5
    crossing: float = 5.0
    latency: float = 15.0
    stored: int = 1_000_000
    stored_rounds: int = 3
    stored_latency: float = 6.0
    several_rounds: int = 2
    several: float = 4.0
    starts: int = 3
    memory: int = 100_000


FULL = Sizes()
QUICK = Sizes(
    accepting=1.0, acknowledging=3.0, warm_up=0.5, crossing=2.0, latency=4.0, stored=100_000, stored_rounds=1,
    stored_latency=4.0, several_rounds=1, several=2.0, starts=1, memory=10_000,
)  # fmt: skip
