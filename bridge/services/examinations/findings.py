"""What an examination finds: how bad it is, in words, and what to do about it."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.gateways.errors import GatewayError, Retry


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """How one part is, and what to do if it is not well."""

    level: Level
    about: str
    says: str
    todo: str = ""


def ok(about: str, says: str) -> Finding:
    """It is as it should be."""
    return Finding(Level.OK, about, says)


def warn(about: str, says: str, todo: str) -> Finding:
    """It works, and somebody should look."""
    return Finding(Level.WARN, about, says, todo)


def fail(about: str, says: str, todo: str) -> Finding:
    """It does not work."""
    return Finding(Level.FAIL, about, says, todo)


def trouble(about: str, service: str, error: GatewayError, todo: str) -> Finding:
    """What it means that a service did not do what it was asked; `todo` is for when it refused."""
    if error.retry in {Retry.REPAIR, Retry.NEVER}:
        return fail(about, f"{service} refuses: {error.code}", todo)
    return warn(about, f"{service} does not answer: {error.code}", "Try again in a minute.")
