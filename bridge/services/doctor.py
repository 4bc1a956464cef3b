"""What an operator wants to know when something does not work: every part is looked at, nothing is changed."""

from datetime import datetime

from bridge.services.deps import Deps
from bridge.services.examinations import database, door, outbox, slack, stripe, twilio
from bridge.services.examinations.clocks import Clocks
from bridge.services.examinations.findings import Finding, Level, ok, warn
from bridge.settings import Settings
from bridge.store import firms
from bridge.store.firms import Firm


async def examine(deps: Deps, needed_scopes: frozenset[str], now: datetime) -> list[Finding]:
    """Every part in turn; without a usable database there is nothing more to look at. Raises StoreUnavailable."""
    findings = [*_signatures(deps.settings), *await database.is_usable(deps)]
    if findings[-1].level is Level.FAIL:
        return findings
    clocks = Clocks()
    findings += await database.look(deps, clocks)
    async with deps.db.read() as tx:
        every = await firms.everyone(tx)
    if not every:
        todo = "Set SLACK_BOT_TOKEN and start the app once: python -m bridge serve"
        findings.append(warn("firms", "no workspace has installed the app yet", todo))
    for firm in every:
        findings += [_switch(firm), *await slack.look(deps, firm, needed_scopes, clocks)]
        findings += await twilio.look(deps, firm, clocks)
    findings += await stripe.look(deps, every, clocks, now)
    return [*findings, *clocks.found(), *await door.look(deps), *await outbox.look(deps, every, now)]


def _signatures(settings: Settings) -> list[Finding]:
    if settings.twilio_signatures != "log":
        return []
    says = "wrong Twilio signatures are only logged: anybody can put words into leads' mouths"
    return [warn("settings", says, "Remove TWILIO_SIGNATURES once everything is set up.")]


def _switch(firm: Firm) -> Finding:
    about = f"two-way {firm.team_id}"
    if firm.two_way:
        return ok(about, "two-way SMS is on")
    says = "two-way SMS is off: leads' texts are stored but not shown, and replies are not sent"
    return warn(about, says, "Run: python -m bridge firms two-way on")
