"""A workspace becomes a firm."""

from datetime import datetime

from bridge.gateways.slack import SlackGateway
from bridge.services import repairs
from bridge.services.deps import Deps
from bridge.store import audit, firms, routes
from bridge.store.firms import Firm


async def from_token(deps: Deps, slack: SlackGateway, token: str, channel_id: str, now: datetime) -> Firm:
    """The firm of a bot token from the environment, made or renewed from what Slack says about the token.

    Its channel is set only while it has none: one chosen since then is not overruled by a restart.
    Raises GatewayError, StoreUnavailable.
    """
    identity = await slack.auth_test()
    values = {
        "name": identity.team_name or identity.team_id,
        "bot_token": deps.vault.seal(token),
        "bot_user_id": identity.bot_user_id,
        "bot_id": identity.bot_id,
    }
    async with deps.db.begin() as tx:
        firm_id = await firms.install(tx, identity.team_id, now, **values)
        firm = await firms.get(tx, firm_id)
        if channel_id and firm.channel_id is None:
            await firms.change(tx, firm_id, channel_id=channel_id)
        await routes.switch_on_all(tx, firm_id, like="")
        return await firms.get(tx, firm_id)


async def set_channel(deps: Deps, firm: Firm, channel_id: str, now: datetime) -> None:
    """New threads open there from now on; what waited for a channel goes at once."""
    async with deps.db.begin() as tx:
        await firms.change(tx, firm.id, channel_id=channel_id)
        await routes.switch_on_all(tx, firm.id, like="post:")
        await audit.record(tx, firm.id, now, actor="operator", action="set_channel", facts={"channel": channel_id})


async def set_two_way(deps: Deps, firm: Firm, now: datetime, *, on: bool) -> None:
    """The switch of the whole product, for one firm."""
    async with deps.db.begin() as tx:
        await firms.change(tx, firm.id, two_way=on)
        await audit.record(tx, firm.id, now, actor="operator", action="two_way", facts={"on": on})


async def channel_works_again(deps: Deps, firm: Firm, channel_id: str) -> None:
    """Slack told that a channel was unarchived or that the app was invited: do not wait for the next probe."""
    async with deps.db.begin() as tx:
        await routes.switch_on(tx, firm.id, f"post:{channel_id}")


async def revoked(deps: Deps, firm: Firm, now: datetime) -> None:
    """Slack told that the token is gone: everything towards this workspace waits for a new install."""
    async with deps.db.begin() as tx:
        await repairs.needed(tx, firm.id, "slack", "token_revoked", now)
