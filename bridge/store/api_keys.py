"""API keys: what other programs show to enter leads. Of each only a hash is here."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, case, not_, or_, update

from bridge.store.prepared import Prepared
from bridge.store.records import adding, by, changing, every, find, one, select_as
from bridge.store.tables import api_keys
from bridge.store.tx import Tx

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, repr=False)
class Key:
    """One key. `used_at` is the minute of its last use; `requests` and `leads` came in that minute."""

    id: int
    firm_id: int
    name: str
    prefix: str
    created_at: datetime
    used_at: datetime | None
    requests: int
    leads: int
    revoked_at: datetime | None


_c = api_keys.c
# Clocks of several processes differ a little: whoever is behind counts on in the minute of whoever is ahead.
_is_now = and_(
    _c.used_at >= bindparam("minute", type_=_c.used_at.type), _c.used_at <= bindparam("next", type_=_c.used_at.type)
)
_has_room = and_(_c.requests < bindparam("most_requests"), _c.leads + bindparam("more") <= bindparam("most_leads"))
_count = Prepared(
    update(api_keys)
    .where(
        _c.firm_id == bindparam("the_firm"),
        _c.id == bindparam("the_key"),
        or_(_c.used_at.is_(None), not_(_is_now), _has_room),
    )
    .values(
        used_at=case((_is_now, _c.used_at), else_=bindparam("minute", type_=_c.used_at.type)),
        requests=case((_is_now, _c.requests + 1), else_=1),
        leads=case((_is_now, _c.leads + bindparam("more")), else_=bindparam("more")),
    )
)


async def shown(tx: Tx, digest: bytes) -> Key | None:
    """The key with this hash. It tells whose request this is."""
    return one(Key, await tx.row(find(Key, api_keys, "hash"), by(hash=digest)))


async def of_firm(tx: Tx, firm_id: int) -> list[Key]:
    """A firm's keys, oldest first."""
    return every(Key, await tx.rows(select_as(Key, api_keys).where(_c.firm_id == firm_id).order_by(_c.id)))


async def named(tx: Tx, firm_id: int, name: str) -> Key | None:
    """The firm's key of this name."""
    return one(Key, await tx.row(find(Key, api_keys, "firm_id", "name"), by(firm_id=firm_id, name=name)))


async def add(tx: Tx, firm_id: int, name: str, prefix: str, digest: bytes, now: datetime) -> bool:
    """Remember a key; whether its name was free."""
    values = {"firm_id": firm_id, "name": name, "prefix": prefix, "hash": digest, "created_at": now}
    return await tx.run(adding(tx.dialect, api_keys, ("firm_id", "name")), values) == 1


async def revoke(tx: Tx, firm_id: int, key_id: int, now: datetime) -> None:
    """It opens nothing any more."""
    await tx.run(changing(api_keys, "firm_id", "id"), by(firm_id=firm_id, id=key_id) | {"revoked_at": now})


async def count(
    tx: Tx, firm_id: int, key_id: int, minute: datetime, *, leads: int, most_requests: int, most_leads: int
) -> bool:
    """Count a request with so many leads in it; False, and not counted, if that is too much for one minute."""
    values = {"the_firm": firm_id, "the_key": key_id, "minute": minute, "next": minute + MINUTE, "more": leads}
    return await tx.run(_count, values | {"most_requests": most_requests, "most_leads": most_leads}) == 1
