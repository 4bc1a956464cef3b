"""A pretend Slack on loopback, for tests, the demo and the page. It imports nothing else of the app."""

from bridge.sandbox.slack.model import (
    DEFAULT_SCOPES,
    STRANGERS_TEAM,
    Call,
    Delivery,
    DeliveryResult,
    PretendFile,
)
from bridge.sandbox.slack.server import PretendSlack

__all__ = [
    "DEFAULT_SCOPES",
    "STRANGERS_TEAM",
    "Call",
    "Delivery",
    "DeliveryResult",
    "PretendFile",
    "PretendSlack",
]
