"""Texts that came while two-way SMS was off, and are in no thread."""

from sqlalchemy import func, select, update

from bridge.store.tables import firms, messages
from bridge.store.tx import Tx

_m = messages.c


async def count(tx: Tx, firm_id: int) -> tuple[int, int]:
    """How many there are, and of how many conversations."""
    many = select(func.count(), func.count(_m.conversation_id.distinct()))
    row = await tx.row(many.where(_m.firm_id == firm_id, _m.unshown))
    return int(row[0]), int(row[1])


async def take(tx: Tx, firm_id: int, conversations: int) -> list[tuple[int, int]]:
    """Those of so many conversations, as ids of conversation and message, in order; they are shown from now on."""
    some = select(_m.conversation_id).where(_m.firm_id == firm_id, _m.unshown).distinct()
    some = some.order_by(_m.conversation_id).limit(conversations)
    ids = [conversation_id for (conversation_id,) in await tx.rows(some)]
    these = (_m.firm_id == firm_id, _m.unshown, _m.conversation_id.in_(ids))
    found = await tx.rows(select(_m.conversation_id, _m.id).where(*these).order_by(_m.id).with_for_update())
    taken = [(int(conversation_id), int(message_id)) for conversation_id, message_id in found]
    await tx.run(
        update(messages)
        .where(_m.firm_id == firm_id, _m.id.in_([message_id for _, message_id in taken]))
        .values(unshown=False)
    )
    return taken


async def of_firms_that_are_on(tx: Tx) -> list[int]:
    """The firms of which there are some although two-way SMS is on."""
    some = select(_m.id).where(_m.firm_id == firms.c.id, _m.unshown).exists()
    return [firm_id for (firm_id,) in await tx.rows(select(firms.c.id).where(firms.c.two_way, some))]
