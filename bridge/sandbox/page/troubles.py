"""Trouble that can be ordered on the page: one at a time for each service, until it is switched off."""

from collections.abc import Callable
from dataclasses import dataclass

from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.twilio import PretendTwilio

ALWAYS = 1_000_000  # requests

Order = Callable[[], None]


@dataclass(frozen=True)
class Trouble:
    """One switch, and what it does. `about` is the service that it concerns."""

    name: str
    about: str
    begin: Order


class Troubles:
    """The switches, and how they stand: as services and settings are, for all who look."""

    def __init__(self, slack: PretendSlack, twilio: PretendTwilio, stripe: PretendStripe) -> None:
        self._slack, self._twilio, self._stripe = slack, twilio, stripe
        self.on: dict[str, str] = {}  # the trouble of each service
        self._every = {
            "limited": Trouble("Slack is rate limited", "slack", self._limited),
            "down": Trouble("Slack is down", "slack", self._down),
            "slow": Trouble("Twilio is slow", "twilio", self._slow),
            "silent": Trouble("Twilio takes texts and says nothing", "twilio", self._silent),
            "no_billing": Trouble("Stripe is down", "stripe", self._no_billing),
            "twice": Trouble("Everything is delivered twice", "deliveries", self._twice),
        }

    def shown(self) -> list[dict[str, object]]:
        """How each of them stands."""
        return [
            {"id": key, "name": one.name, "on": self.on.get(one.about) == key} for key, one in self._every.items()
        ]

    def switch(self, key: str, *, on: bool) -> None:
        """Begin or end it; one that is on already at the same service ends. Raises KeyError."""
        trouble = self._every[key]
        if not on and self.on.get(trouble.about) != key:
            return
        self._heal(trouble.about)
        self.on.pop(trouble.about, None)
        if on:
            trouble.begin()
            self.on[trouble.about] = key

    def _heal(self, about: str) -> None:
        if about == "slack":
            self._slack.clear_faults()
        elif about == "twilio":
            self._twilio.heal()
        elif about == "stripe":
            self._stripe.heal()
        else:
            self._slack.duplicates = self._twilio.duplicates = self._stripe.duplicates = 0

    def _limited(self) -> None:
        self._slack.fail("*", times=None, status=429, retry_after=5)

    def _down(self) -> None:
        self._slack.fail("*", times=None, status=503)

    def _slow(self) -> None:
        self._twilio.fail(what="create", times=ALWAYS, hang=3.0)

    def _silent(self) -> None:
        self._twilio.fail(what="create", times=ALWAYS, drop=True, accept_first=True)

    def _no_billing(self) -> None:
        self._stripe.fail("*", times=ALWAYS, status=503)

    def _twice(self) -> None:
        self._slack.duplicates = self._twilio.duplicates = self._stripe.duplicates = 1
