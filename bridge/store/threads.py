"""Threads: the Slack end of a conversation. A lost one is replaced; replies in the old one still count."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import update

from bridge.store.records import by, every, find, one, select_as
from bridge.store.tables import threads
from bridge.store.tx import Tx


@dataclass(frozen=True)
class Thread:
    """Where a conversation is shown."""

    id: int
    conversation_id: int
    channel_id: str
    root_ts: str
    permalink: str | None
    current: bool
    created_at: datetime


async def current(tx: Tx, firm_id: int, conversation_id: int) -> Thread | None:
    """The thread that new messages are posted to."""
    found = find(Thread, threads, "firm_id", "conversation_id", "current")
    return one(Thread, await tx.row(found, by(firm_id=firm_id, conversation_id=conversation_id, current=True)))


async def current_of(tx: Tx, firm_id: int, conversation_ids: Collection[int]) -> dict[int, Thread]:
    """As current(), of many conversations: by their ids."""
    found = find(Thread, threads, "firm_id", "conversation_id", "current")
    asked = [by(firm_id=firm_id, conversation_id=each, current=True) for each in conversation_ids]
    return {thread.conversation_id: thread for thread in every(Thread, await tx.many(found, asked))}


async def before(tx: Tx, firm_id: int, thread_id: int, limit: int) -> list[Thread]:
    """Threads that conversations have now, older than this one, the newest first."""
    t = threads.c
    found = select_as(Thread, threads).where(t.firm_id == firm_id, t.current, t.id < thread_id)
    return every(Thread, await tx.rows(found.order_by(t.id.desc()).limit(limit)))


async def at(tx: Tx, firm_id: int, channel_id: str, root_ts: str) -> Thread | None:
    """The thread under this root message."""
    found = find(Thread, threads, "firm_id", "channel_id", "root_ts")
    return one(Thread, await tx.row(found, by(firm_id=firm_id, channel_id=channel_id, root_ts=root_ts)))


async def open_at(tx: Tx, firm_id: int, conversation_id: int, channel_id: str, root_ts: str, now: datetime) -> None:
    """From now on the conversation is shown here; a thread it had before becomes history."""
    await retire(tx, firm_id, conversation_id)
    statement = tx.insert(threads).values(
        firm_id=firm_id,
        conversation_id=conversation_id,
        channel_id=channel_id,
        root_ts=root_ts,
        created_at=now,
    )
    await tx.run(
        statement.on_conflict_do_update(index_elements=["firm_id", "channel_id", "root_ts"], set_={"current": True})
    )


async def retire(tx: Tx, firm_id: int, conversation_id: int) -> None:
    """The conversation's thread is lost; the next post opens a new one."""
    t = threads.c
    await tx.run(
        update(threads).where(t.firm_id == firm_id, t.conversation_id == conversation_id).values(current=False)
    )


async def of_conversation(tx: Tx, firm_id: int, conversation_id: int) -> list[Thread]:
    """All threads that the conversation has had, oldest first; most have one."""
    found = find(Thread, threads, "firm_id", "conversation_id")
    every_one = every(Thread, await tx.rows(found, by(firm_id=firm_id, conversation_id=conversation_id)))
    return sorted(every_one, key=lambda thread: thread.id)


async def set_permalink(tx: Tx, firm_id: int, thread_id: int, permalink: str) -> None:
    """Keep the link, so that Slack is asked for it once."""
    t = threads.c
    await tx.run(update(threads).where(t.firm_id == firm_id, t.id == thread_id).values(permalink=permalink))
