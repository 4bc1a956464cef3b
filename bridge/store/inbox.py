"""The inbox: a firm's conversations with what was said last, the latest first."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, and_, bindparam, func, select

from bridge.store.prepared import Prepared
from bridge.store.tables import contacts, conversations, leads, messages, threads
from bridge.store.tx import Tx

_c, _m, _t = conversations.c, messages.c, threads.c


@dataclass(frozen=True, repr=False)
class Entry:
    """A conversation as the list shows it. `link` is the address of its thread, where that is known."""

    conversation_id: int
    last_at: datetime
    phone: str
    name: str | None
    channel_id: str | None
    link: str | None
    direction: str
    body: str


# The last message of each by the index: a conversation may have thousands.
_any = messages.alias().c
_newest_id = (
    select(func.max(_any.id))
    .where(_any.firm_id == _c.firm_id, _any.conversation_id == _c.id)
    .correlate(conversations)
    .scalar_subquery()
)
_newest_name = (
    select(leads.c.name)
    .where(leads.c.firm_id == _c.firm_id, leads.c.phone == contacts.c.phone)
    .order_by(leads.c.id.desc())
    .limit(1)
    .correlate(conversations, contacts)
    .scalar_subquery()
)
_in_thread = and_(_t.firm_id == _c.firm_id, _t.conversation_id == _c.id, _t.current)
_page = Prepared(
    select(_c.id, _c.last_at, contacts.c.phone, _newest_name, _t.channel_id, _t.permalink, _m.direction, _m.body)
    .select_from(
        conversations.join(contacts, and_(contacts.c.firm_id == _c.firm_id, contacts.c.id == _c.contact_id))
        .join(messages, _m.id == _newest_id)
        .outerjoin(threads, _in_thread)
    )
    .where(_c.firm_id == bindparam("firm_id"))
    .order_by(_c.last_at.desc(), _c.id.desc())
    .limit(bindparam("many", type_=Integer))
    .offset(bindparam("skipped", type_=Integer))
)


async def page(tx: Tx, firm_id: int, *, many: int, skipped: int) -> list[Entry]:
    """So many conversations of this list, behind those that are skipped."""
    return [Entry(*row) for row in await tx.rows(_page, {"firm_id": firm_id, "many": many, "skipped": skipped})]
