"""Slack, for one firm: the token, what it was granted, and the channel in which threads open."""

from bridge.gateways.errors import GatewayError
from bridge.gateways.slack import SlackGateway
from bridge.gateways.slack_shapes import Channel
from bridge.services.deps import Deps
from bridge.services.examinations.clocks import Clocks
from bridge.services.examinations.findings import Finding, fail, ok, trouble, warn
from bridge.store.firms import Firm

REINSTALL = "Install the app into the workspace again, and set SLACK_BOT_TOKEN to its new token."
INVITE = "In Slack, type /invite @ and the app's name in that channel, or choose another: firms set-channel"


async def look(deps: Deps, firm: Firm, needed: frozenset[str], clocks: Clocks) -> list[Finding]:
    """Token, scopes, channel; and what Slack's clock says."""
    about = f"slack {firm.team_id}"
    try:
        slack = deps.clients.slack(firm)
        identity = await slack.auth_test()
    except GatewayError as error:
        return [trouble(about, "Slack", error, REINSTALL)]
    clocks.note("slack", identity.ahead)
    if missing := sorted(needed - identity.scopes):
        todo = "Update the app's manifest (python -m bridge manifest), then install the app again."
        found = fail(about, f"the token works, but lacks {', '.join(missing)}", todo)
    else:
        found = ok(about, "the token works and has every scope")
    return [found, await _channel(slack, firm)]


async def _channel(slack: SlackGateway, firm: Firm) -> Finding:
    about = f"channel {firm.team_id}"
    if firm.channel_id is None:
        return fail(about, "none is set, so no thread can open", "Run: python -m bridge firms set-channel")
    try:
        return _judged(about, await slack.channel(firm.channel_id))
    except GatewayError as error:
        if error.code != "channel_not_found":
            return trouble(about, "Slack", error, REINSTALL)
        return fail(about, f"{firm.channel_id} is gone, or the app was never invited", INVITE)


def _judged(about: str, channel: Channel) -> Finding:
    if channel.is_archived:
        return fail(about, f"{channel.id} is archived", "Unarchive it, or run: firms set-channel")
    if not channel.is_member:
        return fail(about, f"the app is not a member of {channel.id}", INVITE)
    if channel.is_shared:
        says = f"{channel.id} is shared with another company, which reads what leads write"
        return warn(about, says, "Choose a channel of your own: firms set-channel")
    return ok(about, f"threads open in {channel.id}")
