"""A workspace becomes a firm."""

from datetime import datetime

from bridge.gateways.slack import SlackGateway
from bridge.rules.plans import Plan
from bridge.services import endings, homes, plans, repairs
from bridge.services.deps import Deps
from bridge.store import audit, channels, conversions, firms, routes, seen
from bridge.store.channels import ReplyMode
from bridge.store.firms import Firm

PLANS = tuple(plan.value for plan in Plan)
HELP_LIMIT = 320  # characters; two texts are enough to say how to get help


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
            await firms.change(tx, firm_id, channel_id=firm.known_as(channel_id))
        await routes.switch_on_all(tx, firm_id, like="")
        return await firms.get(tx, firm_id)


async def set_channel(deps: Deps, firm: Firm, channel_id: str, now: datetime) -> None:
    """New threads open there from now on; what waited for a channel goes at once."""
    async with deps.db.begin() as tx:
        channel_id = (await firms.get(tx, firm.id)).known_as(channel_id)
        await firms.change(tx, firm.id, channel_id=channel_id)
        for kind in ("post:", "files:"):
            await routes.switch_on_all(tx, firm.id, like=kind)
        await homes.refresh_all(tx, await firms.get(tx, firm.id), now)
        await audit.record(tx, firm.id, now, actor="operator", action="set_channel", facts={"channel": channel_id})


async def set_two_way(deps: Deps, firm: Firm, now: datetime, *, on: bool) -> None:
    """The switch of the whole product, for one firm."""
    async with deps.db.begin() as tx:
        await plans.turn(tx, firm, now, on=on, actor=plans.OPERATOR, facts={})
        if not on:  # nobody pays for what is off
            await endings.wish(tx, firm.id, endings.NOW, plans.OPERATOR, now)


async def set_plan(deps: Deps, firm: Firm, plan: str, now: datetime) -> None:
    """Whether two-way SMS is part of what the firm pays already, or charged by itself: one of PLANS."""
    async with deps.db.begin() as tx:
        await firms.change(tx, firm.id, plan=plan)
        if plan != Plan.ADD_ON:  # nobody pays for what is included
            await endings.wish(tx, firm.id, endings.NOW, plans.OPERATOR, now)
        await homes.refresh_all(tx, await firms.get(tx, firm.id), now)
        await audit.record(tx, firm.id, now, actor="operator", action="set_plan", facts={"plan": plan})


async def set_own_twilio(deps: Deps, firm: Firm, account_sid: str, token: str, now: datetime) -> None:
    """From now on the firm's numbers are looked for in its own Twilio account; the token is stored sealed."""
    sealed = deps.vault.seal(token)
    async with deps.db.begin() as tx:
        await firms.change(tx, firm.id, account_sid=account_sid, account_token=sealed)
        await routes.switch_on(tx, firm.id, "twilio")
        await routes.switch_on_all(tx, firm.id, like="sms:")
        await audit.record(tx, firm.id, now, actor="operator", action="set_twilio", facts={"account": account_sid})


async def set_help(deps: Deps, firm: Firm, words: str | None, now: datetime) -> None:
    """What a lead who texts HELP reads; None for the built-in sentence."""
    async with deps.db.begin() as tx:
        await firms.change(tx, firm.id, help_text=words)
        await audit.record(tx, firm.id, now, actor="operator", action="set_help", facts={"text": words})


async def prefer(deps: Deps, firm: Firm, name: str, value: object, now: datetime) -> None:
    """The firm wants this otherwise than it is by itself; what it wanted before is kept in the audit."""
    async with deps.db.begin() as tx:
        held = await firms.hold(tx, firm.id)
        await firms.change(tx, firm.id, preferences={**held.preferences, name: value})
        await homes.refresh_all(tx, held, now)
        facts = {"name": name, "value": value, "before": held.preferences.get(name)}
        await audit.record(tx, firm.id, now, actor="operator", action="prefer", facts=facts)


async def set_reply_mode(deps: Deps, firm: Firm, channel_id: str, mode: ReplyMode, now: datetime) -> None:
    """What replies in a channel's threads do from now on."""
    async with deps.db.begin() as tx:
        channel_id = (await firms.get(tx, firm.id)).known_as(channel_id)
        facts = {"channel": channel_id, "mode": mode.value}
        await channels.set_reply_mode(tx, firm.id, channel_id, mode)
        await audit.record(tx, firm.id, now, actor="operator", action="set_reply_mode", facts=facts)


async def channel_works_again(deps: Deps, firm: Firm, channel_id: str) -> None:
    """Slack told that a channel was unarchived or that the app was invited: do not wait for the next probe."""
    async with deps.db.begin() as tx:
        for kind in ("post", "files"):
            await routes.switch_on(tx, firm.id, f"{kind}:{channel_id}")


async def channel_renamed(deps: Deps, firm: Firm, old: str, new: str, at: str, now: datetime) -> None:
    """Slack gave a channel another id: it stays the same channel to us, and what waited for it goes at once."""
    async with deps.db.begin() as tx:
        firm = await firms.hold(tx, firm.id)
        await firms.change(tx, firm.id, converted=firm.converting(old, new, at))
        for kind in ("post", "files"):
            await routes.switch_on(tx, firm.id, f"{kind}:{firm.known_as(old)}")
        # Somebody may have chosen the new id, and texts may have come there, before Slack told us.
        await conversions.rename_channel(tx, firm.id, new, (await firms.get(tx, firm.id)).known_as(new))
        facts = {"from": old, "to": new}
        await audit.record(tx, firm.id, now, actor="slack", action="channel_renamed", facts=facts)


async def revoked(deps: Deps, firm: Firm, now: datetime, *, removed_at: str | None = None) -> None:
    """Slack told that the token is gone: everything towards this workspace waits for a new install.

    Where the app itself was removed, at `removed_at` by Slack's clock, the add-on ends with what is paid for, or
    its firm would pay for what nobody there sees any more. Who installs it again before that is asked whether to
    keep it; a copy of the same news that comes after their answer changes nothing.
    """
    async with deps.db.begin() as tx:
        await repairs.needed(tx, firm.id, "slack", "token_revoked", now)
        if removed_at is not None and await seen.first_time(tx, firm.id, [f"removed:{removed_at}"], now):
            await endings.leave(tx, firm.id, now)
