"""Sending numbers: the firm's own at Twilio."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from bridge.store.prepared import Prepared
from bridge.store.records import by, every, find, select_as, the
from bridge.store.tables import numbers
from bridge.store.tx import Tx


@dataclass(frozen=True, repr=False)
class Number:
    """A number of the firm. `keyword_replies` says who answers STOP and HELP: "carrier" or "bridge".

    `mms`: whether it can send MMS, if that is known. `before` holds the webhooks that stood there when the number
    was connected, `ready` says that ours stand there now. `swept_to` is how far texts were compared with Twilio's
    own list.
    """

    id: int
    firm_id: int
    phone: str
    account_sid: str
    sid: str
    service_sid: str | None
    toll_free: bool
    mms: bool | None
    keyword_replies: str
    before: dict[str, Any]
    ready: bool
    swept_to: datetime | None
    created_at: datetime


async def get(tx: Tx, firm_id: int, number_id: int) -> Number:
    """One of the firm's numbers. Raises LookupError."""
    found = find(Number, numbers, "firm_id", "id")
    return the(Number, await tx.row(found, by(firm_id=firm_id, id=number_id)))


async def of_firm(tx: Tx, firm_id: int) -> list[Number]:
    """The firm's numbers, the first connected first."""
    found = select_as(Number, numbers).where(numbers.c.firm_id == firm_id).order_by(numbers.c.id)
    return every(Number, await tx.rows(found))


async def account(tx: Tx, firm_id: int) -> str | None:
    """The Twilio account of the firm's first number that is connected; None while there is none."""
    found = select(numbers.c.account_sid).where(numbers.c.firm_id == firm_id, numbers.c.ready)
    sid = await tx.value(found.order_by(numbers.c.id).limit(1))
    return None if sid is None else str(sid)


async def by_service(tx: Tx, account_sid: str, service_sid: str) -> Number | None:
    """The first number of a messaging service, for webhooks about a number of its pool that we do not know.

    None where several firms share the service: nobody can say whose text it is.
    """
    found = select_as(Number, numbers).where(
        numbers.c.account_sid == account_sid, numbers.c.service_sid == service_sid
    )
    pool = every(Number, await tx.rows(found.order_by(numbers.c.id)))
    return pool[0] if len({number.firm_id for number in pool}) == 1 else None


_everyone = Prepared(select_as(Number, numbers).order_by(numbers.c.id))


async def everyone(tx: Tx) -> list[Number]:
    """All numbers of all firms, for the sweeps."""
    return every(Number, await tx.rows(_everyone))


async def connect(tx: Tx, firm_id: int, phone: str, now: datetime, **values: Any) -> None:
    """Remember a connected number. What stood there before is kept from the first time."""
    statement = tx.insert(numbers).values(firm_id=firm_id, phone=phone, created_at=now, **values)
    renewed = {name: value for name, value in values.items() if name != "before"}
    await tx.run(
        statement.on_conflict_do_update(index_elements=["phone"], set_=renewed, where=numbers.c.firm_id == firm_id)
    )


async def change(tx: Tx, firm_id: int, number_id: int, **values: Any) -> None:
    """Set columns of the number."""
    await tx.run(update(numbers).where(numbers.c.firm_id == firm_id, numbers.c.id == number_id).values(**values))


async def note_no_mms(tx: Tx, firm_id: int, number_id: int, now: datetime) -> bool:
    """Its firm is told that the number sends no MMS; whether that is the first time."""
    n = numbers.c
    first = update(numbers).where(n.firm_id == firm_id, n.id == number_id, n.no_mms_told_at.is_(None))
    return await tx.run(first.values(no_mms_told_at=now)) == 1
