"""An API request as an operation sees it, and the checks that every operation shares."""

from collections.abc import Awaitable, Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp import web
from multidict import MultiDict

from .records import Account
from .refused import CutError, RefusedError
from .world import World


@dataclass(frozen=True)
class Call:
    """One authorised request: whose it is, which resource, what parameters."""

    world: World
    account: Account
    path: str
    parts: dict[str, str]
    params: MultiDict[str]

    def get(self, name: str, default: str = "") -> str:
        """A parameter's (first) value."""
        return self.params.get(name, default)

    def flag(self, name: str) -> bool:
        """A boolean parameter."""
        value = self.get(name, "false").lower()
        if value not in {"true", "false"}:
            raise RefusedError(20001, f"{name} is no boolean")
        return value == "true"

    def only(self, names: Collection[str]) -> None:
        """Refuse parameters that the operation does not have."""
        for name in self.params:
            if name not in names:
                raise RefusedError(20001, f"Unknown parameter: {name}")


def check_url(value: str, code: int) -> None:
    """Refuse an address that Twilio could not call: no http, no host, an underscore in it, or too long."""
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
        good = parts.scheme in {"http", "https"} and host and "_" not in host and (parts.port or 1)
    except ValueError:
        good = False
    if not good or len(value) > 4000:
        raise RefusedError(code)


def check_one_of(name: str, value: str, allowed: Iterable[str], code: int = 20001) -> None:
    """Refuse a word that is not one of a list."""
    if value and value not in allowed:
        raise RefusedError(code, f"{name} is invalid")


def json_answer(what: object, status: int = 200) -> web.Response:
    """The usual answer."""
    return web.json_response(what, status=status)


async def or_cut(hook: Awaitable[None]) -> None:
    """A hook that raises ConnectionError means: cut off, and never accepted."""
    try:
        await hook
    except ConnectionError as error:
        raise CutError from error
