"""A message was edited or deleted: a text that went out stays as it is, one that did not go yet stays inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bridge import metrics
from bridge.rules import mrkdwn
from bridge.rules.carrier import State
from bridge.rules.exports import Edit
from bridge.services import announce
from bridge.services.deps import Deps
from bridge.services.wording import as_sms
from bridge.store import edits, messages, outbox, seen, threads
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.tx import Tx
from bridge.views import threads as views

EDITED = "This was already texted, and a text can't be changed. Send a new message to correct it."
DELETED = "This was already texted, and a text can't be taken back. The lead still has it."
REWRITTEN = "You changed this before it was sent, so it stays inside. Post it again to text it."
AWAITED = timedelta(days=1)  # Slack's last retry of a message is much sooner


@dataclass(frozen=True, repr=False)
class Version:
    """A message as it was, or is now."""

    text: str = ""
    blocks: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, repr=False)
class Alteration:
    """What Slack tells of an edit or a deletion. `at` is its own time: copies with other event ids share it.

    Of a deletion Slack does not tell whose it is.
    """

    channel_id: str
    ts: str
    thread_ts: str | None
    at: str
    is_deletion: bool
    before: Version = Version()
    after: Version = Version()
    by_id: str | None = None


def arrival(channel_id: str, ts: str) -> str:
    """The key under which a message is taken in once."""
    return f"message:{channel_id}:{ts}"


def replies_lane(channel_id: str, thread_ts: str) -> str:
    """Where replies of a thread wait to be judged, one behind the other."""
    return f"relay:{channel_id}:{thread_ts}"


def _edited(channel_id: str, ts: str) -> str:
    return f"edited:{channel_id}:{ts}"


def _deleted(channel_id: str, ts: str) -> str:
    return f"deleted:{channel_id}:{ts}"


async def take_in(deps: Deps, firm: Firm, change: Alteration, now: datetime) -> None:
    """Tell the author that a text can't follow, or keep back what has not gone yet. Raises StoreUnavailable.

    1. Is it in a lead's thread, or the root of one?
    2. Was it here before?
    3. It is remembered, for a message that still waits to be judged. One that a deletion has overtaken on its way
       here finds itself known when it comes.
    4. A thread without its root is lost; the next post opens another.
    5. The words are kept: of a text, and of a message that may become one. What stays inside is none of ours.
    """
    async with deps.db.read() as tx:
        if not await _concerns_us(tx, firm, change):
            return
    async with deps.db.begin() as tx:
        if not await seen.first_time(tx, firm.id, [f"altered:{change.channel_id}:{change.ts}:{change.at}"], now):
            tx.once_durable(metrics.DUPLICATES.of("edit").inc)
            return
        may_become_one = await _is_to_come(tx, firm, change, now)
        if change.is_deletion:
            keys = [arrival(change.channel_id, change.ts), _deleted(change.channel_id, change.ts)]
            await seen.first_time(tx, firm.id, keys, now)
            await _lose_root(tx, firm, change)
        else:
            await seen.first_time(tx, firm.id, [_edited(change.channel_id, change.ts)], now)
        text = await messages.by_origin(tx, firm.id, change.channel_id, change.ts)
        if text is not None or may_become_one:
            await _keep(tx, firm, change, text, now)
        if text is not None:
            await _follow(tx, firm, text, deleted=change.is_deletion, now=now)


async def _concerns_us(tx: Tx, firm: Firm, change: Alteration) -> bool:
    root_ts = change.thread_ts or change.ts
    if await threads.at(tx, firm.id, change.channel_id, root_ts):
        return True
    if await outbox.is_opening_threads(tx, firm.id):  # this may be one whose root is not known yet
        return True
    if await outbox.has_open(tx, firm.id, replies_lane(change.channel_id, root_ts)):
        return True
    return await messages.by_origin(tx, firm.id, change.channel_id, change.ts) is not None


async def _is_to_come(tx: Tx, firm: Firm, change: Alteration, now: datetime) -> bool:
    """The message itself waits to be judged, or is still on its way to us: in a lead's thread, and no note."""
    if change.thread_ts is None or mrkdwn.is_note(change.before.text, change.before.blocks):
        return False
    waiting = await outbox.payloads(tx, firm.id, replies_lane(change.channel_id, change.thread_ts))
    if any(each.get("ts") == change.ts for each in waiting):
        return True
    if change.is_deletion or now.timestamp() - float(change.ts) > AWAITED.total_seconds():
        return False
    if await threads.at(tx, firm.id, change.channel_id, change.thread_ts) is None:
        return False
    return not await seen.was_here(tx, firm.id, arrival(change.channel_id, change.ts))


async def _keep(tx: Tx, firm: Firm, change: Alteration, text: Message | None, now: datetime) -> None:
    before = (await as_sms(tx, firm, change.before.text, change.before.blocks)).text or (text.body if text else "")
    after = None if change.is_deletion else (await as_sms(tx, firm, change.after.text, change.after.blocks)).text
    await edits.add(
        tx, firm.id, text.id if text else None, channel_id=change.channel_id, ts=change.ts,
        edit=Edit(now, change.at, change.by_id, change.is_deletion, before, after),
    )  # fmt: skip


async def _lose_root(tx: Tx, firm: Firm, change: Alteration) -> None:
    thread = await threads.at(tx, firm.id, change.channel_id, change.ts)
    if thread is not None and thread.current:
        await threads.retire(tx, firm.id, thread.conversation_id)


async def _follow(tx: Tx, firm: Firm, text: Message, *, deleted: bool, now: datetime) -> None:
    """What has not begun to go out does not go; of what has, the author learns that it stays."""
    stays = {State.HELD, State.LATER} | ({State.QUEUED} if deleted else set())
    # Unless it is released this very moment: who was told to post it again would text it twice.
    if text.state in stays and await messages.move(tx, firm.id, text.id, from_=text.state, to=State.CANCELED):
        if not deleted:
            await _tell_author(tx, firm, text, REWRITTEN, now)
        return
    if text.state not in {State.REFUSED, State.CANCELED}:
        await _tell_author(tx, firm, text, DELETED if deleted else EDITED, now)


async def _tell_author(tx: Tx, firm: Firm, text: Message, sentence: str, now: datetime) -> None:
    if text.author_id is None or text.origin_channel is None:
        return
    thread = await threads.current(tx, firm.id, text.conversation_id)
    await announce.tell(
        tx, firm, channel_id=text.origin_channel, user_id=text.author_id,
        thread_ts=thread.root_ts if thread else None, shown=views.remark(sentence, warning=True), now=now,
    )  # fmt: skip


def keys(channel_id: str, ts: str) -> dict[str, str]:
    """Under which it is remembered that a message was deleted or edited."""
    return {"deleted": _deleted(channel_id, ts), "edited": _edited(channel_id, ts)}


async def catch_up(tx: Tx, firm: Firm, channel_id: str, ts: str, now: datetime) -> None:
    """The message was altered while it waited to be judged: what follows, now that it is a text or stays inside."""
    text = await messages.by_origin(tx, firm.id, channel_id, ts)
    await edits.settle(tx, firm.id, channel_id, ts, text.id if text else None)
    if text is not None:
        await _follow(tx, firm, text, deleted=False, now=now)
