"""What is handed out: numbers, what was said with each, and nothing of any other firm."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from bridge.rules.exports import Attachment, Talk, Text
from bridge.store import edits
from bridge.store.tables import contacts, conversations, leads, messages, numbers, pictures
from bridge.store.tx import Tx

_c, _t, _m, _p = contacts.c, conversations.c, messages.c, pictures.c
_OWN = {"firm_number", "author_name", "attachments", "edits"}  # of a Text, but of no column
_STORED = [each.name for each in fields(Text) if each.name not in _OWN]


@dataclass(frozen=True)
class Wanted:
    """What somebody wants: texts with these contacts, or with all; from `since` until just before `until`."""

    contact_ids: tuple[int, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None


def _within(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.since is not None:
        yield _m.created_at >= wanted.since
    if wanted.until is not None:
        yield _m.created_at < wanted.until


async def talks(tx: Tx, firm_id: int, wanted: Wanted, after: int, many: int) -> list[Talk]:
    """Some contacts behind the one with the id `after`. Of all of them, only those with texts of that time."""
    found = select(_c.id, _c.phone, _t.id).select_from(
        contacts.outerjoin(conversations, and_(_t.firm_id == _c.firm_id, _t.contact_id == _c.id))
    )
    found = found.where(_c.firm_id == firm_id, _c.id > after).order_by(_c.id).limit(many)
    if wanted.contact_ids is not None:
        found = found.where(_c.id.in_(wanted.contact_ids))
    elif within := list(_within(wanted)):
        said = select(_m.id).where(_m.firm_id == _c.firm_id, _m.conversation_id == _t.id, *within)
        found = found.where(said.correlate(contacts, conversations).exists())
    rows = await tx.rows(found)
    names = await _names(tx, firm_id, [phone for _, phone, _ in rows])
    return [Talk(id_, phone, talk, names.get(phone)) for id_, phone, talk in rows]


async def _names(tx: Tx, firm_id: int, phones: Collection[str]) -> dict[str, str]:
    """What the newest signup with each of these numbers is called."""
    newest = select(func.max(leads.c.id)).where(leads.c.firm_id == firm_id, leads.c.phone.in_(phones))
    found = select(leads.c.phone, leads.c.name).where(
        leads.c.firm_id == firm_id, leads.c.id.in_(newest.group_by(leads.c.phone))
    )
    return {row.phone: row.name for row in await tx.rows(found)}


async def texts(tx: Tx, firm_id: int, wanted: Wanted, conversation_id: int, after: int, many: int) -> list[Text]:
    """Some of a conversation behind the one with the id `after`, in the order in which they were stored."""
    found = select(numbers.c.phone, *(_m[name] for name in _STORED)).join(
        numbers, and_(numbers.c.firm_id == _m.firm_id, numbers.c.id == _m.number_id)
    )
    found = found.where(_m.firm_id == firm_id, _m.conversation_id == conversation_id, _m.id > after)
    rows = await tx.rows(found.where(*_within(wanted)).order_by(_m.id).limit(many))
    every = [(phone, dict(zip(_STORED, values, strict=True))) for phone, *values in rows]
    ids = [values["id"] for _, values in every]
    attached, edited = await _attached(tx, firm_id, ids), await edits.of_messages(tx, firm_id, ids)
    return [
        Text(firm_number=phone, attachments=attached[values["id"]], edits=edited[values["id"]], **values)
        for phone, values in every
    ]


async def _attached(tx: Tx, firm_id: int, message_ids: Collection[int]) -> defaultdict[int, list[Attachment]]:
    found = select(_p.message_id, _p.name, _p.media_type, _p.url, _p.state).where(
        _p.firm_id == firm_id, _p.message_id.in_(message_ids)
    )
    attached = defaultdict[int, list[Attachment]](list)
    for message_id, *values in await tx.rows(found.order_by(_p.message_id, _p.position)):
        attached[message_id].append(Attachment(*values))
    return attached


async def extent(tx: Tx, firm_id: int, wanted: Wanted) -> tuple[int, int]:
    """How many texts that are, and the id of the newest that the firm has at all."""
    many = select(func.count()).where(_m.firm_id == firm_id, *_within(wanted))
    if wanted.contact_ids is not None:
        theirs = select(_t.id).where(_t.firm_id == firm_id, _t.contact_id.in_(wanted.contact_ids))
        many = many.where(_m.conversation_id.in_(theirs))
    newest = select(func.max(_m.id)).where(_m.firm_id == firm_id)
    return int(await tx.value(many)), int(await tx.value(newest) or 0)
