"""Staff: the Slack users of a firm, as Slack last described them."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import select

from bridge.store.records import Id, by, every, find, held, one, select_as
from bridge.store.tables import staff
from bridge.store.tx import Tx


class Role(StrEnum):
    """What a person may do."""

    ADMIN = "admin"
    AGENT = "agent"


class Standing(StrEnum):
    """What a person is to the workspace. Only members may text leads."""

    MEMBER = "member"
    GUEST = "guest"
    STRANGER = "stranger"
    BOT = "bot"
    GONE = "gone"


@dataclass(frozen=True)
class Person:
    """A Slack user of the firm. `checked_at` is when Slack was last asked about them."""

    user_id: str
    name: str
    role: str
    standing: str
    checked_at: datetime

    @property
    def is_admin(self) -> bool:
        """Whether they may change what costs or connects."""
        return self.role == Role.ADMIN and self.standing == Standing.MEMBER


async def get(tx: Tx, firm_id: int, user_id: str) -> Person | None:
    """The person, if they were ever looked up."""
    found = find(Person, staff, "firm_id", "user_id")
    return one(Person, await tx.row(found, by(firm_id=firm_id, user_id=user_id)))


async def names(tx: Tx, firm_id: int, user_ids: set[str]) -> dict[str, str]:
    """What these people are called, as far as known."""
    if not user_ids:
        return {}
    found = select(staff.c.user_id, staff.c.name).where(staff.c.firm_id == firm_id, staff.c.user_id.in_(user_ids))
    return {row.user_id: row.name for row in await tx.rows(found)}


async def admins(tx: Tx, firm_id: int) -> list[Person]:
    """Who may and must hear of trouble."""
    found = select_as(Person, staff).where(
        staff.c.firm_id == firm_id, staff.c.role == Role.ADMIN, staff.c.standing == Standing.MEMBER
    )
    return every(Person, await tx.rows(found.order_by(staff.c.id)))


async def remember(tx: Tx, firm_id: int, user_id: str, **values: Any) -> None:
    """Store what Slack said about the person."""
    statement = tx.insert(staff).values(firm_id=firm_id, user_id=user_id, **values)
    await tx.run(statement.on_conflict_do_update(index_elements=["firm_id", "user_id"], set_=values))


async def hold(tx: Tx, firm_id: int, user_id: str) -> None:
    """Until this transaction ends nobody else counts this person's texts: two processes cannot both see nine."""
    await tx.row(held(Id, staff, "firm_id", "user_id"), by(firm_id=firm_id, user_id=user_id))
