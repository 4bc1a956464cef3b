"""The one way in which trouble with an outside service is told.

GatewayError
  .retry   NEVER   refused for good; `code` says why
           LATER   certainly not done: repeat, not before `after` seconds
           DOUBT   unknown whether it was done: settle that first, never repeat blindly
           REPAIR  refused until somebody repairs something; `scope` says how much of the service is off
"""

from dataclasses import dataclass
from enum import Enum, auto


class Retry(Enum):
    """What may be done after a call that did not succeed."""

    NEVER = auto()
    LATER = auto()
    DOUBT = auto()
    REPAIR = auto()


class Scope(Enum):
    """How much of a service is off until it is repaired."""

    CALL = auto()  # nothing beyond this call
    CHANNEL = auto()  # this Slack channel, or this sending number
    ACCOUNT = auto()  # the firm's whole Slack token or Twilio account


@dataclass(eq=False)
class GatewayError(Exception):
    """A service did not do what it was asked. Carries no personal data, so it may be logged.

    `code` is the service's own word or number ("channel_not_found", "21610"), or ours for trouble on the
    way ("timeout", "connection", "http_502", "garbled"). `after` is in seconds.
    """

    code: str
    retry: Retry
    after: float | None = None
    scope: Scope = Scope.CALL

    def __str__(self) -> str:
        return f"{self.code} ({self.retry.name.lower()})"
