"""I1 to I7, checked by one function after every experiment: the load's own history against rows and effects.

I1  nothing acknowledged is lost: it is stored, and it has its effect or staff were told why not
I2  every input is stored once, and takes effect at most once, in its own conversation only
I3  effects of a conversation stand in the order in which it was stored, and that is the order of what came in turn
I4  no promise is overdue unseen: what is not kept in time is told, what is dead is told in the thread
I5  the database is whole
I6  no words, numbers or secrets in logs or figures
I7  every process answers /healthz soon, throughout
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tests.faults.history import Input

Place = tuple[str, str]  # a firm's Slack team and a lead's phone
HEALTHY = 3.0  # seconds; one would do, were the machine not shared with everything else that is tried


@dataclass(frozen=True)
class Stored:
    """A message's row. `id` orders a conversation."""

    id: int
    token: str
    place: Place
    state: str


@dataclass
class Evidence:
    """What was found, by whoever looked."""

    inputs: Sequence[Input] = ()
    stored: Sequence[Stored] = ()
    shown: dict[Place, list[str]] = field(default_factory=dict)  # tokens in each thread, as Slack has them
    texted: dict[Place, list[str]] = field(default_factory=dict)  # tokens of texts, as Twilio took them
    waited: dict[str, float] = field(default_factory=dict)  # seconds from each acknowledgement until the effect
    roots: Counter[Place] = field(default_factory=Counter)
    told: frozenset[str] = (
        frozenset()
    )  # tokens of replies of which staff were told that they did not, or may not, go
    overdue: Sequence[str] = ()  # promises that were not kept in time
    damage: Sequence[str] = ()  # what the database says is wrong with itself
    leaks: Sequence[str] = ()  # where something personal stands
    incidents: Sequence[str] = ()  # bugs that the app told of itself
    slowest_health: float = 0.0


@dataclass
class Findings:
    """What an experiment comes to. `problems` has a sentence for each broken invariant; good is none."""

    sent: int = 0
    acknowledged: int = 0
    lost: int = 0
    doubled: int = 0
    out_of_order: int = 0
    late: int = 0
    told: int = 0  # replies that did not go out, or may not have, and staff know
    problems: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(self.problems) or "nothing wrong"


def check(found: Evidence, *, late_after: float = 30.0, healthy_within: float = HEALTHY) -> Findings:
    """All of I1 to I7. What took longer than `late_after` seconds is counted, and is no problem by itself."""
    findings = Findings(sent=len(found.inputs), acknowledged=sum(given.is_acknowledged for given in found.inputs))
    findings.told = len(found.told)
    effects = _effects(found)
    for problem in _lost(found, effects):
        findings.lost += 1
        findings.problems.append(f"I1 {problem}")
    for problem in _doubled(found):
        findings.doubled += 1
        findings.problems.append(f"I2 {problem}")
    findings.problems += [f"I2 {problem}" for problem in _astray(found)]
    for problem in _out_of_order(found):
        findings.out_of_order += 1
        findings.problems.append(f"I3 {problem}")
    findings.problems += [f"I4 {each}" for each in found.overdue]
    findings.problems += [f"I5 {each}" for each in found.damage]
    findings.problems += [f"I6 {each}" for each in found.leaks]
    if found.slowest_health > healthy_within:
        findings.problems.append(f"I7 /healthz took {found.slowest_health:.1f} seconds")
    findings.problems += [f"a bug: {each}" for each in found.incidents]
    findings.late = sum(seconds > late_after for seconds in found.waited.values())
    return findings


def _effects(found: Evidence) -> dict[str, list[Place]]:
    """Where each token had an effect of its own kind."""
    effects: defaultdict[str, list[Place]] = defaultdict(list)
    for kind, places in (("i", found.shown), ("o", found.texted)):
        for place, tokens in places.items():
            for token in tokens:
                if token.startswith(kind):
                    effects[token].append(place)
    return effects


def _lost(found: Evidence, effects: dict[str, list[Place]]) -> Iterator[str]:
    states = {row.token: row.state for row in found.stored}
    for given in found.inputs:
        if not given.is_acknowledged:
            continue
        if given.token in effects or given.token in found.told:
            if given.token not in states and given.token in effects:
                yield f"{given.token} took effect and is not stored"
        elif given.token not in states:
            yield f"{given.token} was acknowledged and is not stored"
        else:
            yield f"{given.token} was acknowledged, is {states[given.token]}, and nobody saw or heard of it"


def _doubled(found: Evidence) -> Iterator[str]:
    for token, times in Counter(row.token for row in found.stored).items():
        if times > 1:
            yield f"{token} is stored {times} times"
    # What staff wrote elsewhere than in its thread is shown there, once.
    for kind, places in (("i", found.shown), ("o", found.shown), ("o", found.texted)):
        tokens = Counter(token for each in places.values() for token in each if token.startswith(kind))
        for token, times in tokens.items():
            if times > 1:
                yield f"{token} took effect {times} times"
    for place, roots in found.roots.items():
        if roots > 1:
            yield f"{place} has {roots} threads"


def _astray(found: Evidence) -> Iterator[str]:
    """What turned up where it does not belong: at another lead's, or another firm's."""
    home = {given.token: given.place for given in found.inputs}
    for places in (found.shown, found.texted):
        for place, tokens in places.items():
            for token in tokens:
                if home.get(token) != place:
                    yield f"{token} of {home.get(token)} turned up at {place}"
    for row in found.stored:
        if home.get(row.token) != row.place:
            yield f"{row.token} of {home.get(row.token)} is stored at {row.place}"


def _out_of_order(found: Evidence) -> Iterator[str]:
    number = {row.token: row.id for row in found.stored}
    for kind, places in (("i", found.shown), ("o", found.texted)):
        for place, tokens in places.items():
            known = [token for token in tokens if token.startswith(kind) and token in number]
            for earlier, later in pairwise(known):
                if number[earlier] > number[later]:
                    yield f"{later} took effect after {earlier} at {place}, and was stored before it"
    yield from _overtaken(found, number)


def _overtaken(found: Evidence, number: dict[str, int]) -> Iterator[str]:
    """What came after something else of its conversation had been acknowledged is stored after it."""
    conversations: defaultdict[tuple[Place, str], list[Input]] = defaultdict(list)
    for given in found.inputs:
        if given.token in number:
            conversations[given.place, given.way].append(given)
    for inputs in conversations.values():
        highest, holder = -1, ""
        waiting = sorted(
            (each for each in inputs if each.acknowledged_at), key=lambda each: each.acknowledged_at or 0
        )
        for given in sorted(inputs, key=lambda each: each.sent_at):
            while waiting and (waiting[0].acknowledged_at or 0) < given.sent_at:
                done = waiting.pop(0)
                if number[done.token] > highest:
                    highest, holder = number[done.token], done.token
            if number[given.token] < highest:
                yield f"{given.token} came after {holder} was acknowledged, and is stored before it"
