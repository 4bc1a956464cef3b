"""Whose request is this? Slack's requests are authorised from our own tables.

Bolt's own way asks Slack's auth.test on each request; when that call is rate limited, Bolt answers 200 and drops
the event (seen with slack_bolt 1.30). Here a database that does not answer raises, Slack gets a 503 and sends the
event again.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncBoltContext
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.authorization.async_authorize import AsyncAuthorize

from bridge.services.deps import Deps
from bridge.store import firms
from bridge.store.coalesced import Coalesced
from bridge.store.database import patiently
from bridge.store.firms import Firm

PATIENCE = 1.0  # seconds: a connection that was cut while it stood idle is known only once it is used


class UnknownWorkspace(Exception):
    """No firm: the app is not installed there, or not any more."""


class FromOurTables(AsyncAuthorize):
    """Authorises a workspace that installed the app. Raises UnknownWorkspace, where Bolt would log and call out."""

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._firms = Coalesced(partial(_by_team, deps))

    async def __call__(
        self,
        *,
        context: AsyncBoltContext,
        enterprise_id: str | None,
        team_id: str | None,
        user_id: str | None,
        **_: Any,
    ) -> AuthorizeResult:
        firm = await _known(lambda: self._firms.ask(team_id or ""))
        if firm.bot_token is None:
            raise UnknownWorkspace
        context["firm"] = firm
        return AuthorizeResult(
            enterprise_id=enterprise_id,
            team_id=team_id,
            bot_token=self._deps.vault.open(firm.bot_token),
            bot_user_id=firm.bot_user_id,
            bot_id=firm.bot_id,
            user_id=user_id,
        )


def hand_over(deps: Deps) -> Callable[..., Awaitable[Any]]:
    """Middleware that gives every listener what services need."""

    async def middleware(
        context: AsyncBoltContext,
        body: dict[str, Any],
        next: Callable[[], Awaitable[Any]],  # noqa: A002 (Bolt's)
    ) -> Any:
        context["deps"] = deps
        context["now"] = deps.clock()
        if "firm" not in context:  # Bolt authorises no event that tells of an uninstall
            context["firm"] = await _known(lambda: _by_team(deps, context.team_id or ""))
        if context["firm"].converted and body.get("event", {}).get("type") != "channel_id_changed":
            _name_channels(context["firm"], body)
        return await next()

    return middleware


def _name_channels(firm: Firm, said: Any) -> None:
    """A channel that was converted is, wherever Slack names it, the one that we know; what people wrote stays."""
    inside = said if isinstance(said, list) else said.values() if isinstance(said, dict) else ()
    for part in inside:
        _name_channels(firm, part)
    if isinstance(said, dict):
        _name_channel(firm, said, "channel")
        _name_channel(firm, said, "channel_id")
        if isinstance(channel := said.get("channel"), dict):
            _name_channel(firm, channel, "id")


def _name_channel(firm: Firm, said: dict[str, Any], key: str) -> None:
    if isinstance(named := said.get(key), str):
        said[key] = firm.known_as(named)


async def _known(look: Callable[[], Awaitable[Firm | None]]) -> Firm:
    firm = await patiently(look, seconds=PATIENCE)
    if firm is None:
        raise UnknownWorkspace
    return firm


async def _by_team(deps: Deps, team_id: str) -> Firm | None:
    async with deps.db.glance() as tx:
        return await firms.by_team(tx, team_id)
