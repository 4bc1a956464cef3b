"""Messages: one text in or out, each with one origin that is never repeated.

An origin is a Twilio sid (in), or a Slack channel and ts (out). The unique constraints on them are the last word
about duplicates, whatever came before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Integer, and_, bindparam, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from bridge import metrics
from bridge.store.outbox import in_state
from bridge.store.prepared import Prepared
from bridge.store.records import by, changing, every, held, one, select_as, the
from bridge.store.records import find as find_by
from bridge.store.tables import messages, receipts
from bridge.store.tx import Tx

_m = messages.c
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, repr=False)
class Message:
    """A text. `state` is a bridge.rules.carrier.State, or "received"; `mark` is the reaction it shows.

    send_at: when it goes out, or was to, if not at once. waived_by: who let it go out at an hour at which nobody is
    texted first.
    """

    id: int
    conversation_id: int
    number_id: int
    direction: str
    purpose: str | None
    category: str
    subject: str | None
    body: str
    state: str
    sid: str | None
    error_code: str | None
    author_id: str | None
    origin_channel: str | None
    origin_ts: str | None
    mark: str | None
    late: bool
    send_at: datetime | None
    waived_by: str | None
    started_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Sid:
    """What Twilio calls a text."""

    sid: str


_in_firm, _since = _m.firm_id == bindparam("firm_id"), bindparam("since", type_=_m.created_at.type)
_of_author = and_(_in_firm, _m.author_id == bindparam("author_id"), _m.direction == "out")
_in_conversation = and_(_in_firm, _m.conversation_id == bindparam("conversation_id"))
_add_inbound = {
    name: Prepared(
        insert(messages).on_conflict_do_nothing(index_elements=["firm_id", "sid"]).returning(_m.id, _m.sid)
    )
    for name, insert in _INSERTS.items()
}
_add = {
    name: Prepared(insert(messages).on_conflict_do_nothing().returning(_m.id)) for name, insert in _INSERTS.items()
}
# What lies far ahead was stored by a clock that has been set back since; who comes at once may be a little ahead.
_is_late = and_(_m.created_at > _since, _m.created_at <= bindparam("until", type_=_m.created_at.type))
_count_since = Prepared(select(func.count()).where(_of_author, _is_late, _m.state != "held"))
_said_the_same = select(_m.id).where(
    _of_author,
    _in_conversation,
    _m.created_at >= bindparam("same_since", type_=_m.created_at.type),
    _m.created_at <= bindparam("until", type_=_m.created_at.type),
    _m.body == bindparam("body"),
)
# Whether there are so many, and no more than these are looked at: by when the last of them was written.
_is_crowded = (
    select(_m.created_at)
    .where(_in_conversation, _m.direction == "out", _m.state.not_in(["held", "canceled", "refused"]))
    .order_by(_m.id.desc())
    .limit(1)
    .offset(bindparam("others", type_=Integer))
    .scalar_subquery()
) >= bindparam("day", type_=_m.created_at.type)
_lately = Prepared(
    select(
        _said_the_same.exists(),
        select(func.count()).where(_of_author, _is_late, _m.state != "held").scalar_subquery(),
        _is_crowded,
    )
)
_count_to = Prepared(
    select(func.count()).where(
        _of_author, _is_late, _in_conversation, _m.state.not_in(["held", "later", "canceled", "refused"])
    )
)
_newest_id = Prepared(select(func.max(_m.id)).where(_in_conversation))
# By parameters: SQLite's RETURNING is written without the names of tables.
_was_told = exists().where(receipts.c.firm_id == bindparam("the_firm_id"), receipts.c.sid == bindparam("the_sid"))
# And by no index of sids: PostgreSQL, which counts seldom, may believe that nearly all texts have one.
_accept = Prepared(
    update(messages)
    .where(_m.firm_id == bindparam("the_firm_id"), _m.id == bindparam("the_id"), func.coalesce(_m.sid, "") == "")
    .returning(_was_told, _m.purpose, _m.segments, _m.mms)
)


async def get(tx: Tx, firm_id: int, message_id: int) -> Message:
    """The message. Raises LookupError."""
    found = find_by(Message, messages, "firm_id", "id")
    return the(Message, await tx.row(found, by(firm_id=firm_id, id=message_id)))


async def hold(tx: Tx, firm_id: int, message_id: int) -> Message:
    """The message, unchanged by anybody else until this transaction ends. Raises LookupError."""
    found = await find(tx, firm_id, message_id)
    if found is None:
        raise LookupError("Message")
    return found


async def find(tx: Tx, firm_id: int, message_id: int) -> Message | None:
    """As hold(), for an id that came from outside: it may be another firm's, or nobody's."""
    found = held(Message, messages, "firm_id", "id")
    return one(Message, await tx.row(found, by(firm_id=firm_id, id=message_id)))


async def owner(tx: Tx, message_id: int) -> tuple[int, int] | None:
    """The firm and number of a message that a receipt names; the receipt's account is checked against them."""
    row = await tx.row(select(_m.firm_id, _m.number_id).where(_m.id == message_id))
    return None if row is None else (row.firm_id, row.number_id)


async def by_sid(tx: Tx, firm_id: int, sid: str) -> Message | None:
    """The message that Twilio calls so."""
    found = find_by(Message, messages, "firm_id", "sid")
    return one(Message, await tx.row(found, by(firm_id=firm_id, sid=sid)))


async def by_origin(tx: Tx, firm_id: int, channel_id: str, ts: str) -> Message | None:
    """The text that a Slack message became."""
    found = find_by(Message, messages, "firm_id", "origin_channel", "origin_ts")
    return one(Message, await tx.row(found, by(firm_id=firm_id, origin_channel=channel_id, origin_ts=ts)))


async def add_inbound(tx: Tx, firm_id: int, texts: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Store texts that came in, in this order: the ids, by sid, of those that were not here before."""
    rows = [text | {"firm_id": firm_id, "direction": "in", "state": "received"} for text in texts]
    ids = {sid: message_id for message_id, sid in await tx.many(_add_inbound[tx.dialect], rows)}
    tx.once_durable(partial(metrics.TEXTS.of("in", "received").inc, len(ids)))
    return ids


async def add_outbound(tx: Tx, firm_id: int, now: datetime, **values: Any) -> int | None:
    """Store a text that is to go out; None when its origin was here before."""
    values |= {"firm_id": firm_id, "direction": "out", "created_at": now}
    found = await tx.value(_add[tx.dialect], values)
    if found is not None:
        tx.once_durable(metrics.TEXTS.of("out", values["state"]).inc)
    return None if found is None else int(found)


async def change(tx: Tx, firm_id: int, message_id: int, **values: Any) -> None:
    """Set columns of the message."""
    if "state" in values:
        tx.once_durable(metrics.TEXTS.of("out", values["state"]).inc)
    await tx.run(changing(messages, "firm_id", "id"), by(firm_id=firm_id, id=message_id) | values)


@dataclass(frozen=True)
class Taken:
    """A text that Twilio has taken. was_told: receipts were faster than its answer. segments: by our own count."""

    was_told: bool
    purpose: str | None
    segments: int = 1
    is_mms: bool = False


async def accept(tx: Tx, firm_id: int, message_id: int, sid: str, state: str) -> Taken | None:
    """Twilio has it under this sid. None when the sid was known."""
    values = by(firm_id=firm_id, id=message_id, sid=sid) | {"sid": sid, "state": state}
    accepted = await tx.row(_accept, values)
    if accepted is None:
        return None
    tx.once_durable(metrics.TEXTS.of("out", state).inc)
    was_told, purpose, segments, is_mms = accepted
    return Taken(bool(was_told), purpose, segments or 1, bool(is_mms))


async def move(tx: Tx, firm_id: int, message_id: int, *, from_: str, to: str) -> bool:
    """Change the state if it still is what the caller saw: of two people pressing a button one does it."""
    values = by(firm_id=firm_id, id=message_id, state=from_) | {"state": to}
    moved = await tx.run(changing(messages, "firm_id", "id", "state"), values) == 1
    if moved:
        tx.once_durable(metrics.TEXTS.of("out", to).inc)
    return moved


@dataclass(frozen=True, repr=False)
class Lately:
    """Whose texts to look for: the same words in one conversation since a moment, and all since another.

    `until` is now and a margin: none is younger, if the clock was not set back. The conversation is crowded with
    one text and so many `others` since `day`.
    """

    author_id: str
    conversation_id: int
    body: str
    same_since: datetime
    since: datetime
    until: datetime
    others: int
    day: datetime


async def lately(tx: Tx, firm_id: int, asked: Lately) -> tuple[bool, int, bool]:
    """Whether this person sent the same words there, how many texts they had accepted, and whether it is full."""
    row = await tx.row(_lately, {"firm_id": firm_id, **vars(asked)})
    return bool(row[0]), int(row[1]), bool(row[2])


async def count_since(tx: Tx, firm_id: int, author_id: str, since: datetime, until: datetime) -> int:
    """How many texts this person had accepted for sending since then; `until` as in Lately."""
    asked = {"firm_id": firm_id, "author_id": author_id, "since": since, "until": until}
    return int(await tx.value(_count_since, asked))


async def count_to(
    tx: Tx, firm_id: int, author_id: str, conversation_id: int, since: datetime, until: datetime
) -> int:
    """As count_since(), in one conversation, without those that wait or did not go out."""
    asked = {"firm_id": firm_id, "author_id": author_id, "conversation_id": conversation_id}
    return int(await tx.value(_count_to, asked | {"since": since, "until": until}))


async def last_of(tx: Tx, firm_id: int, conversation_id: int, before: int, limit: int) -> list[Message]:
    """The last messages before this one, oldest first: what a new thread repeats, if it went out.

    Not those whose words are deleted.
    """
    found = select_as(Message, messages).where(
        _m.firm_id == firm_id, _m.conversation_id == conversation_id, _m.id < before, _m.category == "natural"
    )
    found = found.where(_m.forgotten_at.is_(None))
    found = found.where(_m.state.not_in(["held", "later", "canceled", "refused"]))
    rows = await tx.rows(found.order_by(_m.id.desc()).limit(limit))
    return list(reversed(every(Message, rows)))


async def newest_id(tx: Tx, firm_id: int, conversation_id: int) -> int:
    """The id of the conversation's last message, or 0."""
    return int(await tx.value(_newest_id, {"firm_id": firm_id, "conversation_id": conversation_id}) or 0)


async def went_out_since(tx: Tx, firm_id: int, number_id: int, since: datetime) -> bool:
    """Whether Twilio took a text from this number after that moment."""
    taken = select(_m.id).where(
        _m.firm_id == firm_id, _m.number_id == number_id, _m.direction == "out", _m.sid.is_not(None)
    )
    return await tx.row(taken.where(_m.started_at > since).order_by(_m.id.desc()).limit(1)) is not None


async def known_sids(tx: Tx, firm_id: int, sids: list[str]) -> set[str]:
    """Which of these Twilio sids are stored."""
    asked = [by(firm_id=firm_id, sid=sid) for sid in sids]
    return {sid for (sid,) in await tx.many(find_by(Sid, messages, "firm_id", "sid"), asked)}


async def count_in_doubt(tx: Tx) -> int:
    """How many texts of all firms wait for somebody to say whether they went out; reads the whole table."""
    return int(await tx.value(select(func.count()).where(in_state(messages, "unknown"))))
