"""The outbox: promises to the outside world, written in the same transaction as what they announce.

A row's life:

    ready ──claim──▶ sending ──▶ done
      ▲                 │  └───▶ dead      (given up; a person can retry or drop it)
      └──── later ──────┤
                        └───▶ unknown      (nobody knows whether it happened; it is settled, never repeated)

Rows of one lane are done strictly one after the other, in the order of their ids: an open row blocks the younger
ones. Lanes are short-lived names such as "thread:12"; different lanes run in parallel.

How rows are claimed is told in bridge.store.claims.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    and_,
    bindparam,
    delete,
    func,
    literal_column,
    select,
)

from bridge import metrics
from bridge.store.prepared import Prepared
from bridge.store.records import Id, adding, by, changing, one, select_as
from bridge.store.tables import outbox
from bridge.store.tx import Tx

LEASE = timedelta(seconds=90)  # longer than any call may take, shorter than anybody's patience
AMPLE = timedelta(seconds=60)  # what must be left of a lease when a call begins
# What a process sent before its end may arrive after it: the system goes on sending, and the service has its own
# queues. Until then a look proves nothing.
LAST_WORDS = timedelta(seconds=3)

_o = outbox.c
OPEN = ("ready", "sending", "unknown")

LOOKUPS = "lookups"  # the service: Twilio's too, but at another address, and no text waits for what hangs there


class Kind(StrEnum):
    """What a row promises."""

    POST = "post"  # a lead's text into its thread
    SHOW = "show"  # a text that staff did not type in the thread, into it
    NOTICE = "notice"  # a line in the thread
    ROOT = "root"  # the root message shows what is true now
    TELL = "tell"  # a line that one person sees
    CHANGE = "change"  # other words in a message of ours
    MARK = "mark"  # a reaction on a staff member's message
    UNMARK = "unmark"  # a reaction that is out of date
    TEXT = "text"  # a text to a lead
    DUE = "due"  # a text that waits for its time gets its place among the others when it has come
    RELAY = "relay"  # a staff reply that could not be judged at once
    PRESS = "press"  # a button pressed by somebody whom we do not know yet
    PICTURE = "picture"  # a lead's picture into its thread
    MEET = "meet"  # Slack is asked who somebody is, before they need it
    OUTCOME = "outcome"  # a modal shows what became of the text that was written in it
    HOME = "home"  # a person's Home shows what is true now
    HOMES = "homes"  # so does the Home of everybody who looked at theirs lately
    ROOTS = "roots"  # all root messages show what is true now, some at a time
    CATCH_UP = "catch_up"  # what came while two-way SMS was off gets into its threads, some at a time
    SUBSCRIBE = "subscribe"  # the firm pays for the add-on from now on
    UNSUBSCRIBE = "unsubscribe"  # it does not any more, or not after what is paid; or it does all the same
    SUBSCRIPTION = "subscription"  # Stripe is asked how it stands with that
    USAGE = "usage"  # texts that cost something are reported to Stripe
    TOLD = "told"  # a modal shows what became of a wish about the add-on
    LINK = "link"  # the address of a thread, for people
    ALERT = "alert"  # a direct message to an admin
    LOOKUP = "lookup"  # a question to Twilio what kind of line a number is
    IMPORT = "import"  # a table is looked through, or some of its rows are entered
    PROGRESS = "progress"  # the message about a table shows what is true now
    REJECTED = "rejected"  # the rows of a table that could not be entered, as a file


def in_state(table: Any, *states: str) -> ColumnElement[bool]:
    """Written out, not as parameters: PostgreSQL would plan as if such rows were as many as those that are done."""
    state: ColumnElement[str] = table.c.state
    named = [literal_column(f"'{each}'", String) for each in states]
    return state == named[0] if len(named) == 1 else state.in_(named)


_in_firm = _o.firm_id == bindparam("firm_id")
_in_lane = and_(_in_firm, _o.lane == bindparam("lane"))
_open = Prepared(select(_o.id).where(_in_lane, in_state(outbox, *OPEN)).limit(1))
_waiting = Prepared(
    select(_o.id).where(_in_lane, in_state(outbox, "ready")).limit(1).with_for_update(skip_locked=True)
)
_opening = Prepared(
    select(_o.id)
    .where(_in_firm, _o.kind.in_([Kind.POST, Kind.SHOW, Kind.NOTICE]), in_state(outbox, "sending", "unknown"))
    .limit(1)
)


@dataclass(frozen=True, repr=False)
class Row:
    """A promise as the worker gets it. `created_at` is when it was made, `started_at` its first try."""

    id: int
    firm_id: int
    lane: str
    service: str
    route: str
    kind: str
    payload: dict[str, Any]
    state: str
    attempts: int
    error: str | None
    lease: str | None
    started_at: datetime | None
    due_at: datetime
    created_at: datetime
    lease_until: datetime | None = None


def promise(
    kind: Kind,
    now: datetime,
    *,
    lane: str,
    service: str,
    route: str,
    payload: dict[str, Any],
    due_at: datetime | None = None,
) -> dict[str, Any]:
    """A row as it will be stored, of whichever firm."""
    return {
        "kind": kind.value, "lane": lane, "service": service, "route": route,
        "payload": payload, "due_at": due_at or now, "created_at": now,
    }  # fmt: skip


async def put(tx: Tx, firm_id: int, kind: Kind, now: datetime, **promised: Any) -> int:
    """Promise something, as promise() describes it; the row's id."""
    tx.wakes = True
    values = {"firm_id": firm_id, **promise(kind, now, **promised)}
    return int(await tx.value(adding(tx.dialect, outbox, returning=Id), values))


async def put_all(tx: Tx, firm_id: int, promises: Sequence[dict[str, Any]]) -> None:
    """Promise several things, in this order."""
    tx.wakes = tx.wakes or bool(promises)
    await tx.many(adding(tx.dialect, outbox), [{"firm_id": firm_id, **each} for each in promises])


async def has_open(tx: Tx, firm_id: int, lane: str) -> bool:
    """Whether something is still to happen in this lane."""
    return await tx.row(_open, {"firm_id": firm_id, "lane": lane}) is not None


async def payloads(tx: Tx, firm_id: int, lane: str) -> list[dict[str, Any]]:
    """What is still to happen in this lane."""
    o = outbox.c
    found = select(o.payload).where(o.firm_id == firm_id, o.lane == lane, in_state(outbox, *OPEN)).order_by(o.id)
    return [row.payload for row in await tx.rows(found)]


async def has_waiting(tx: Tx, firm_id: int, lane: str) -> bool:
    """Whether something in this lane has not begun, so that one more promise of the same would add nothing.

    A row that another process is claiming this moment has begun; one that is found here begins after our commit.
    """
    found = await tx.row(_waiting, {"firm_id": firm_id, "lane": lane}) is not None
    if found and tx.dialect == "postgresql":
        tx.wakes = True  # whoever looks for something to do meanwhile passes it over
    return found


async def is_opening_threads(tx: Tx, firm_id: int) -> bool:
    """Whether a post is under way whose ts we may not know yet."""
    return await tx.row(_opening, {"firm_id": firm_id}) is not None


_CLAIM = ("id", "firm_id", "lease", "state")


def _claim(row: Row, **values: Any) -> dict[str, Any]:
    """The claim on a row, by which it is found, and what changes."""
    return by(id=row.id, firm_id=row.firm_id, lease=row.lease, state="sending") | values


def is_ample(row: Row, now: datetime) -> bool:
    """Whether so much is left of the lease that nobody else can take the row while a call is made."""
    return row.lease_until is not None and AMPLE <= row.lease_until - now <= LEASE


async def renew(tx: Tx, row: Row, now: datetime) -> bool:
    """Hold the row for another full lease; False when the claim was lost, and then it is somebody else's."""
    return await tx.run(changing(outbox, *_CLAIM), _claim(row, lease_until=now + LEASE)) == 1


async def renew_together(tx: Tx, row: Row, now: datetime) -> bool:
    """As renew, for the rows too that go together with this one: they are done with it, or doubted with it."""
    if not await renew(tx, row, now):
        return False
    company = by(batch=row.id, lease=row.lease, state="sending")
    await tx.run(changing(outbox, "batch", "lease", "state"), company | {"lease_until": now + LEASE})
    return True


async def finish(tx: Tx, rows: Row | Sequence[Row], now: datetime) -> bool:
    """These are done; False when a lease was lost meanwhile, and then nobody may draw conclusions."""
    tx.wakes = True  # the lane's next row may go
    held = [rows] if isinstance(rows, Row) else list(rows)
    done = {"state": "done", "done_at": now, "error": None}
    return await tx.run_each(changing(outbox, *_CLAIM), [_claim(row, **done) for row in held]) == len(held)


async def postpone(tx: Tx, row: Row, due_at: datetime, error: str, *, counts: bool = True) -> None:
    """Not now; `counts` is off when it was not this row's fault.

    A row that is being settled stays unknown: that this look failed says nothing about the try before it.
    """
    state = "unknown" if row.state == "unknown" else "ready"
    later = {"state": state, "due_at": due_at, "error": error[:60]}
    if not counts:
        later["attempts"] = row.attempts - 1
    tx.wakes = True
    tx.once_durable(metrics.RETRIES.of(row.kind, "later").inc)
    await tx.run(changing(outbox, *_CLAIM), _claim(row, **later))


async def start_over(tx: Tx, row: Row, now: datetime) -> None:
    """It is certain that it did not happen: an unknown row is ready again."""
    tx.wakes = True
    await tx.run(changing(outbox, *_CLAIM), _claim(row, state="ready", due_at=now))


async def doubt(tx: Tx, row: Row, due_at: datetime, error: str) -> None:
    """Nobody knows whether it happened; look again at that time."""
    tx.wakes = True
    tx.once_durable(metrics.RETRIES.of(row.kind, "doubt").inc)
    await tx.run(changing(outbox, *_CLAIM), _claim(row, state="unknown", due_at=due_at, error=error[:60]))


async def bury(tx: Tx, row: Row, now: datetime, error: str) -> bool:
    """Given up; False when the claim was lost meanwhile."""
    tx.wakes = True
    dead = {"state": "dead", "done_at": now, "error": error[:60]}
    return await tx.run(changing(outbox, *_CLAIM), _claim(row, **dead)) == 1


async def get(tx: Tx, row_id: int) -> Row | None:
    """One row, for the operator."""
    return one(Row, await tx.row(select_as(Row, outbox).where(_o.id == row_id)))


async def count_open(tx: Tx, firm_id: int) -> int:
    """How many of a firm's promises are still to be kept. What only keeps a Home fresh is nobody's concern."""
    is_open = [_o.firm_id == firm_id, in_state(outbox, *OPEN), _o.kind.not_in((Kind.HOME, Kind.HOMES))]
    return int(await tx.value(select(func.count()).where(*is_open)))


_long_done = (
    select(_o.id)
    .where(in_state(outbox, "done"), _o.done_at < bindparam("before", type_=_o.done_at.type))
    .limit(bindparam("limit", type_=Integer))
)
_prune = Prepared(delete(outbox).where(_o.id.in_(_long_done)))


async def prune(tx: Tx, before: datetime, limit: int) -> int:
    """Forget some of what was done long ago; how many."""
    return await tx.run(_prune, {"before": before, "limit": limit})
