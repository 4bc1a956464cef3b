"""How things stand for one firm, in a few lines."""

from datetime import datetime

from bridge.rules.phones import national
from bridge.services.deps import Deps
from bridge.store import numbers, outbox, routes
from bridge.store.firms import Firm


async def status(deps: Deps, firm: Firm, now: datetime) -> str:
    """What `/sms status` says (mrkdwn)."""
    async with deps.db.read() as tx:
        own = await numbers.of_firm(tx, firm.id)
        off = await routes.off(tx, firm.id)
        waiting = await outbox.count_open(tx, firm.id)
    lines = [f"*Two-way SMS is {'on' if firm.two_way else 'off'}.*"]
    lines.append("Number: " + (", ".join(national(number.phone) for number in own) or "none yet."))
    lines.append(
        "Threads open in " + (f"<#{firm.called_now(firm.channel_id)}>." if firm.channel_id else "no channel yet.")
    )
    if waiting:
        lines.append(f"{waiting} on their way right now.")
    lines += [f":warning: Waiting for a repair: {route.name} ({route.off_reason})." for route in off]
    return "\n".join(lines)
