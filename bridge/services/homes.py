"""Homes are kept fresh: whatever they show has changed, and whoever may be looking sees it within a second."""

from datetime import datetime, timedelta

from bridge.services.announce import SLACK
from bridge.store import outbox
from bridge.store.firms import Firm
from bridge.store.outbox import Kind
from bridge.store.tx import Tx

DELAY = timedelta(milliseconds=500)  # changes that follow each other so closely cost one refresh
OPEN_FOR = timedelta(hours=1)  # Slack does not tell when somebody has stopped looking


async def refresh(tx: Tx, firm: Firm, user_id: str, now: datetime) -> None:
    """A person's Home will show what is true by then."""
    lane = f"home:{firm.id}:{user_id}"
    if not await outbox.has_waiting(tx, firm.id, lane):
        payload = {"user_id": user_id}
        await outbox.put(tx, firm.id, Kind.HOME, now, lane=lane, service=SLACK, route="homes", payload=payload)


async def refresh_all(tx: Tx, firm: Firm, now: datetime) -> None:
    """So will that of everybody who looked at theirs lately; while nobody does, this costs nothing."""
    if firm.home_seen_at is None or now - firm.home_seen_at > OPEN_FOR:
        return
    lane = f"homes:{firm.id}"
    if not await outbox.has_waiting(tx, firm.id, lane):
        await outbox.put(
            tx, firm.id, Kind.HOMES, now, lane=lane, service=SLACK, route="roots", payload={}, due_at=now + DELAY
        )
