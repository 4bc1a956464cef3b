"""What was promised and is not done: late, given up, in doubt, or waiting for a repair."""

from collections import Counter
from datetime import datetime, timedelta

from bridge.services.deps import Deps
from bridge.services.examinations.findings import Finding, fail, ok, warn
from bridge.services.health import LONGEST_WAIT
from bridge.store import agenda, backlog, messages, routes
from bridge.store.firms import Firm
from bridge.store.routes import Route

LIST = "Look at them: python -m bridge outbox list"
UNSETTLED = timedelta(minutes=15)  # what became of a try is known sooner, or staff are asked


async def look(deps: Deps, every: list[Firm], now: datetime) -> list[Finding]:
    """Everything that somebody may have to see to."""
    async with deps.db.survey() as tx:
        off = await routes.off(tx)
        rows = await backlog.counted(tx)
        oldest = await agenda.oldest_due(tx, now)
        unsettled = await backlog.count_unsettled(tx, now - UNSETTLED)
        doubtful = await messages.count_in_doubt(tx)
    teams = {firm.id: firm.team_id for firm in every}
    findings = [_off(route, teams[route.firm_id]) for route in off]
    if oldest is not None:
        findings += _late(*oldest, now)
    if dead := Counter({kind: many for (kind, state), many in rows.items() if state == "dead"}):
        told = ", ".join(f"{rows} {kind}" for kind, rows in sorted(dead.items()))
        todo = "Look at them, then retry or drop them: python -m bridge outbox list"
        findings.append(warn("outbox", f"{dead.total()} given up ({told})", todo))
    if unsettled:
        says = f"{unsettled} tries whose outcome nobody could find out for a quarter of an hour"
        findings.append(warn("outbox", says, LIST))
    if doubtful:
        says = f"{doubtful} of which nobody knows whether they went out"
        findings.append(warn("texts", says, "Staff decide, with the buttons in the threads."))
    return findings or [ok("outbox", "nothing is late, given up or in doubt")]


def _late(kind: str, due: datetime, now: datetime) -> list[Finding]:
    if now - due <= LONGEST_WAIT:
        return []
    says = f"a {kind} has been due for {int((now - due).total_seconds())} seconds"
    return [fail("outbox", says, "See whether serve, or a worker, is running, and what /readyz says.")]


def _off(route: Route, team_id: str) -> Finding:
    since = f"{route.off_since:%Y-%m-%d %H:%M} UTC" if route.off_since else "unknown"
    says = f"it is off since {since} ({route.off_reason}); what goes there waits"
    todo = "Repair what the lines above name; it is tried again every few minutes."
    return fail(f"route {team_id} {route.name}", says, todo)
