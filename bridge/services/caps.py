"""A firm that sends more texts in a day than it may is stopped: somebody must have gone astray."""

from datetime import datetime

from bridge.rules.sending import DAY
from bridge.services import announce
from bridge.services.deps import Deps
from bridge.store import audit, firms
from bridge.store.firms import Firm
from bridge.views import threads as views

STOPPED = (
    "Your firm has sent {limit:,} texts within 24 hours, as many as it may. Nothing more is sent until that is "
    "over, and what leads text still arrives. If this is right, ask your operator for a higher limit."
)


async def watch(deps: Deps, now: datetime) -> None:
    """Count what each firm has sent, and stop it or let it go on. The gate hears of it within minutes."""
    async with deps.db.read() as tx:
        every = await firms.everyone(tx)
    for firm in every:
        limit = firm.prefers.daily_limit
        async with deps.db.read() as tx:
            # Who was stopped goes on with some room, and not text by text.
            many = limit if firm.capped_at is None else max(limit * 9 // 10, 1)
            is_over = await audit.has_many(tx, firm.id, "send", now - DAY, many)
        if is_over != (firm.capped_at is not None):
            await _turn(deps, firm, now, limit=limit, stop=is_over)


async def _turn(deps: Deps, firm: Firm, now: datetime, *, limit: int, stop: bool) -> None:
    async with deps.db.begin() as tx:
        held = await firms.hold(tx, firm.id)
        if (held.capped_at is not None) == stop:  # another process was faster
            return
        await firms.change(tx, firm.id, capped_at=now if stop else None)
        action, facts = "cap" if stop else "uncap", {"limit": limit}
        await audit.record(tx, firm.id, now, actor="bridge", action=action, facts=facts)
        if stop:
            await announce.alert_admins(tx, firm, views.remark(STOPPED.format(limit=limit), warning=True), now)
