"""Firms: the Slack workspaces that installed the app."""

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import select

from bridge.rules.preferences import Preferences, of
from bridge.store.prepared import Prepared
from bridge.store.records import by, changing, every, find, held, one, select_as, the
from bridge.store.tables import firms
from bridge.store.tx import Tx


@dataclass(frozen=True, repr=False)
class Firm:
    """A tenant. Tokens are sealed; `channel_id` is where new threads open; `two_way` is the switch of row 1.
    `capped_at` is when it had sent as many texts as it may in a day, `month_full_at` as many as it wants to pay
    for in a month. `told_level` percent of the allowance is what admins heard of, of the month at `told_month`.
    `unpaid_since` is since when a payment for it is open.

    While it is off, `away_text` is what leads who text are told. `next_step`: admins are shown what to do next.

    Slack gives a channel another id when it converts it. Here a channel keeps the id by which it was first known:
    `converted` holds a later id, that first one, and the ts of Slack's event, in the order of these.
    """

    id: int
    team_id: str
    name: str
    bot_token: bytes | None
    bot_user_id: str | None
    bot_id: str | None
    installer_id: str | None
    channel_id: str | None
    converted: list[list[str]]
    plan: str
    two_way: bool
    help_text: str | None
    preferences: dict[str, Any]
    account_sid: str | None
    account_token: bytes | None
    capped_at: datetime | None = None
    month_full_at: datetime | None = None
    told_month: datetime | None = None
    told_level: int = 0
    unpaid_since: datetime | None = None
    away_text: str | None = None
    next_step: bool = False
    home_seen_at: datetime | None = None

    @cached_property
    def prefers(self) -> Preferences:
        """The firm's choices, and ours where it made none."""
        return of(self.preferences)

    def known_as(self, channel_id: str) -> str:
        """The id under which we store a channel that Slack names."""
        return {later: first for later, first, _ in self.converted}.get(channel_id, channel_id)

    def called_now(self, channel_id: str) -> str:
        """The id by which Slack knows a channel of ours today."""
        return {first: later for later, first, _ in self.converted}.get(channel_id, channel_id)

    def converting(self, old: str, new: str, at: str) -> list[list[str]]:
        """What `converted` is with this change in it: told twice or late, it has its place all the same."""
        first = self.known_as(old)
        known = {later: [later, first if was == new else was, when] for later, was, when in self.converted}
        if new not in known or known[new][2] < at:
            known[new] = [new, first, at]
        return sorted(known.values(), key=lambda change: change[2])


_everyone = Prepared(select_as(Firm, firms).order_by(firms.c.id))


async def get(tx: Tx, firm_id: int) -> Firm:
    """The firm. Raises LookupError."""
    return the(Firm, await tx.row(find(Firm, firms, "id"), by(id=firm_id)))


async def hold(tx: Tx, firm_id: int) -> Firm:
    """The firm, unchanged by anybody else until this transaction ends. Raises LookupError."""
    return the(Firm, await tx.row(held(Firm, firms, "id"), by(id=firm_id)))


async def by_team(tx: Tx, team_id: str) -> Firm | None:
    """The firm of a Slack workspace."""
    return one(Firm, await tx.row(find(Firm, firms, "team_id"), by(team_id=team_id)))


async def everyone(tx: Tx) -> list[Firm]:
    """All firms, oldest first."""
    return every(Firm, await tx.rows(_everyone))


async def with_account(tx: Tx, account_sid: str) -> list[Firm]:
    """The firms that brought this Twilio account of their own."""
    return every(Firm, await tx.rows(find(Firm, firms, "account_sid"), by(account_sid=account_sid)))


async def install(tx: Tx, team_id: str, now: datetime, **values: Any) -> int:
    """Add the firm, or renew what Slack told us of it; its id."""
    statement = tx.insert(firms).values(team_id=team_id, created_at=now, **values)
    await tx.run(statement.on_conflict_do_update(index_elements=["team_id"], set_=values))
    return int(await tx.value(select(firms.c.id).where(firms.c.team_id == team_id)))


async def change(tx: Tx, firm_id: int, **values: Any) -> None:
    """Set columns of the firm."""
    await tx.run(changing(firms, "id"), by(id=firm_id) | values)
