"""What people changed in Slack about texts: the words before and after. What was texted stays what it was.

An edit of a message that is not judged yet belongs to no text. It is kept until it is known if one comes of it.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import and_, delete, insert, null, select, update

from bridge.rules.exports import Edit
from bridge.store.tables import edits, messages
from bridge.store.tx import Tx

_e, _m = edits.c, messages.c
_same_message = and_(_m.firm_id == _e.firm_id, _m.origin_channel == _e.channel_id, _m.origin_ts == _e.ts)


async def add(tx: Tx, firm_id: int, message_id: int | None, *, channel_id: str, ts: str, edit: Edit) -> None:
    """Keep it. Nothing of a text whose words are deleted, or being deleted, comes back by it."""
    if message_id is not None and not await _has_words(tx, firm_id, message_id):
        return
    await tx.run(
        insert(edits).values(
            firm_id=firm_id, message_id=message_id, channel_id=channel_id, ts=ts, told_at=edit.told_at, at=edit.at,
            by_id=edit.by_id, deleted=edit.deleted, before=edit.before, after=edit.after,
        )
    )  # fmt: skip


async def _has_words(tx: Tx, firm_id: int, message_id: int) -> bool:
    found = select(_m.id).where(_m.firm_id == firm_id, _m.id == message_id, _m.forgotten_at.is_(None))
    return await tx.row(found.with_for_update(key_share=True)) is not None


async def settle(tx: Tx, firm_id: int, channel_id: str, ts: str, message_id: int | None) -> None:
    """The message is judged: these are edits of that text, or of what stayed inside, and not ours to keep."""
    waiting = (_e.firm_id == firm_id, _e.channel_id == channel_id, _e.ts == ts, _e.message_id.is_(None))
    if message_id is None:
        await tx.run(delete(edits).where(*waiting))
    else:
        await tx.run(update(edits).where(*waiting).values(message_id=message_id))


async def of_messages(tx: Tx, firm_id: int, message_ids: Collection[int]) -> defaultdict[int, list[Edit]]:
    """All of these texts, in the order in which Slack says that they were made."""
    found = select(_e.message_id, _e.at, _e.told_at, _e.by_id, _e.deleted, _e.before, _e.after).where(
        _e.firm_id == firm_id, _e.message_id.in_(message_ids)
    )
    by_text = defaultdict[int, list[Edit]](list)
    for message_id, *values in await tx.rows(found.order_by(_e.told_at, _e.id)):
        by_text[message_id].append(Edit(*values))
    return by_text


async def forget(tx: Tx, firm_id: int, message_ids: Sequence[int]) -> int:
    """Delete the words of the edits of these texts; how many."""
    theirs = update(edits).where(_e.firm_id == firm_id, _e.message_id.in_(message_ids))
    return await tx.run(theirs.values(before="", after=null()))


async def drop_strays(tx: Tx, moment: datetime, limit: int) -> int:
    """Drop some of messages that never came; how many. What crossed the judging of its message is found first."""
    theirs = select(_m.id).where(_same_message, _m.forgotten_at.is_(None)).correlate(edits)
    crossed = update(edits).where(_e.message_id.is_(None), _e.at < moment, theirs.exists())
    await tx.run(crossed.values(message_id=theirs.scalar_subquery()))
    some = select(_e.id).where(_e.message_id.is_(None), _e.at < moment).limit(limit)
    return await tx.run(delete(edits).where(_e.id.in_(some), _e.message_id.is_(None)))
