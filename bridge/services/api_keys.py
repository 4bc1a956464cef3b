"""API keys: made, shown by other programs, and revoked."""

import secrets
from datetime import datetime, timedelta

from bridge.rules import api_keys as rules
from bridge.rules.intake import LEADS_A_MINUTE, REQUESTS_A_MINUTE
from bridge.services.deps import Deps
from bridge.store import api_keys, audit, firms
from bridge.store.api_keys import Key
from bridge.store.firms import Firm


async def create(deps: Deps, firm: Firm, name: str, now: datetime) -> str | None:
    """A new key, which nobody can be told a second time; None if the firm has one of this name already."""
    key = rules.made_of(secrets.token_bytes(rules.BYTES))
    prefix = key[: rules.SHOWN]
    async with deps.db.begin() as tx:
        if not await api_keys.add(tx, firm.id, name, prefix, rules.digest(key), now):
            return None
        facts = {"name": name, "prefix": prefix}
        await audit.record(tx, firm.id, now, actor="operator", action="create_key", facts=facts)
    return key


async def revoke(deps: Deps, firm: Firm, name: str, now: datetime) -> bool:
    """The key opens nothing from now on; False if there is none of this name."""
    async with deps.db.begin() as tx:
        key = await api_keys.named(tx, firm.id, name)
        if key is not None and key.revoked_at is None:
            await api_keys.revoke(tx, firm.id, key.id, now)
            facts = {"name": name, "prefix": key.prefix}
            await audit.record(tx, firm.id, now, actor="operator", action="revoke_key", facts=facts)
    return key is not None


async def whose(deps: Deps, key: str) -> tuple[Firm, Key] | None:
    """The firm that gave this key away; None for one that opens nothing, whatever the reason."""
    if not rules.is_key(key):
        return None
    async with deps.db.glance() as tx:
        found = await api_keys.shown(tx, rules.digest(key))
        if found is None or found.revoked_at is not None:
            return None
        return await firms.get(tx, found.firm_id), found


def is_used_up(key: Key, now: datetime) -> bool:
    """Whether no request more is let in with it this minute."""
    return key.used_at == _minute(now) and key.requests >= REQUESTS_A_MINUTE


async def count(deps: Deps, key: Key, leads: int, now: datetime) -> bool:
    """Count a request; False if that is one too many for this minute. It holds for all processes together.

    When the key was last used is written down with it, to the minute.
    """
    async with deps.db.begin() as tx:
        return await api_keys.count(
            tx, key.firm_id, key.id, _minute(now), leads=leads,
            most_requests=REQUESTS_A_MINUTE, most_leads=LEADS_A_MINUTE,
        )  # fmt: skip


def seconds_left(now: datetime) -> int:
    """Until the next minute, in which it may go on."""
    return max(1, 60 - now.second)


def _minute(now: datetime) -> datetime:
    return now - timedelta(seconds=now.second, microseconds=now.microsecond)
