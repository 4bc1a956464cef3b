"""Clocks: signatures carry times, and who is late by more than five minutes is taken for a thief."""

from bridge.services.examinations.findings import Finding, fail, ok, warn

APART, FAR_APART = 30.0, 300.0  # seconds; at the second Slack and we refuse each other's requests
TODO = "Let this machine set its clock by the network: timedatectl set-ntp true"
NAMES = {"slack": "Slack's", "twilio": "Twilio's", "stripe": "Stripe's", "database": "the database's"}


class Clocks:
    """How far ours is ahead of others', as far as somebody has told."""

    def __init__(self) -> None:
        self._ahead: dict[str, float] = {}

    def note(self, whose: str, ahead: float | None) -> None:
        """By an answer of theirs, our clock is so many seconds ahead."""
        if ahead is not None:
            self._ahead[whose] = ahead

    def found(self) -> list[Finding]:
        """One finding about all of them; none while nobody has told his time."""
        return [_judged(self._ahead)] if self._ahead else []


def _judged(ahead: dict[str, float]) -> Finding:
    whose, most = max(ahead.items(), key=lambda each: abs(each[1]))
    if abs(most) <= APART:
        return ok("clock", f"it agrees with {' and '.join(NAMES[each] for each in ahead)}")
    says = f"it is {abs(most):.0f} seconds {'ahead of' if most > 0 else 'behind'} {NAMES[whose]}"
    return (fail if abs(most) >= FAR_APART else warn)("clock", says, TODO)
