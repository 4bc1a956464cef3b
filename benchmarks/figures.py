"""What is measured, what it should be, and whether it is."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Goal:
    """What a figure should reach. `of_control`: it is the ratio of the control that counts, not the value."""

    what: str
    unit: str
    bound: float
    at_least: bool = False
    of_control: bool = False


GOALS = {
    "accepted": Goal("texts accepted per second, 64 connections", "/s", 0.25, at_least=True, of_control=True),
    "ack": Goal("acknowledgement p99 at half that rate", "ms", 50),
    "in": Goal("webhook to Slack per second, 64 conversations", "/s", 600, at_least=True),
    "out": Goal("event to Twilio per second, 64 conversations", "/s", 600, at_least=True),
    "in-50": Goal("webhook to Slack per second, providers take 50 ms", "/s", 500, at_least=True),
    "out-50": Goal("event to Twilio per second, providers take 50 ms", "/s", 500, at_least=True),
    "in-p50": Goal("added latency webhook to Slack at 20/s each way, p50", "ms", 15),
    "in-p99": Goal("added latency webhook to Slack at 20/s each way, p99", "ms", 60),
    "out-p50": Goal("added latency event to Twilio at 20/s each way, p50", "ms", 15),
    "out-p99": Goal("added latency event to Twilio at 20/s each way, p99", "ms", 60),
    "stored-p50": Goal("that p50 with {many} stored messages against 1,000", "ms", 1.3, of_control=True),
    "stored-p99": Goal("that p99 with {many} stored messages against 1,000", "ms", 1.3, of_control=True),
    "several": Goal("CPU per message, two web and two workers against one of each", "µs", 1.3, of_control=True),
    "start": Goal("start to ready", "s", 2),
    "memory": Goal("resident memory after {many} messages", "MB", 150),
}


@dataclass(frozen=True)
class Figure:
    """One measured value. `control` is the same of the control in the same run; CPU is in µs per message."""

    key: str
    database: str
    value: float
    control: float
    cpu: float | None = None
    control_cpu: float | None = None
    many: int = 0  # stored or sent messages, where the goal's words name them

    @property
    def goal(self) -> Goal:
        """What it should be."""
        return GOALS[self.key]

    @property
    def what(self) -> str:
        """In words."""
        return self.goal.what.format(many=f"{self.many:,}")

    @property
    def ratio(self) -> float:
        """Of the control."""
        return self.value / self.control

    @property
    def reached(self) -> bool:
        """Whether the goal is reached."""
        judged = self.ratio if self.goal.of_control else self.value
        return judged >= self.goal.bound if self.goal.at_least else judged <= self.goal.bound

    def as_json(self) -> dict[str, Any]:
        """Everything, for machines."""
        goal = asdict(self.goal) | {"what": self.what}
        return asdict(self) | {"ratio": self.ratio, "goal": goal, "reached": self.reached}
