"""Homes: who has looked at theirs, and what it shows them."""

from datetime import datetime

from sqlalchemy import select

from bridge.store.records import adding, by, changing
from bridge.store.tables import homes
from bridge.store.tx import Tx


async def opened(tx: Tx, firm_id: int, user_id: str, now: datetime) -> None:
    """Somebody looks at it, from the first page on."""
    statement = adding(tx.dialect, homes, ("firm_id", "user_id"), anew=("opened_at", "page"))
    await tx.run(statement, {"firm_id": firm_id, "user_id": user_id, "opened_at": now, "page": 0})


async def turn_to(tx: Tx, firm_id: int, user_id: str, page: int) -> None:
    """Another page of the conversations is wanted."""
    await tx.run(changing(homes, "firm_id", "user_id"), by(firm_id=firm_id, user_id=user_id) | {"page": page})


async def page_of(tx: Tx, firm_id: int, user_id: str) -> int:
    """The page that this person's Home shows."""
    h = homes.c
    return int(await tx.value(select(h.page).where(h.firm_id == firm_id, h.user_id == user_id)) or 0)


async def since(tx: Tx, firm_id: int, moment: datetime, limit: int) -> list[str]:
    """Who has looked at theirs since then, the last first."""
    h = homes.c
    found = select(h.user_id).where(h.firm_id == firm_id, h.opened_at >= moment)
    return [user_id for (user_id,) in await tx.rows(found.order_by(h.opened_at.desc()).limit(limit))]
