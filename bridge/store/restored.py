"""A database that was put back from a copy: what waited in it may have been done since, and ids were given out."""

from datetime import datetime

from sqlalchemy import func, text, update

from bridge.store.outbox import OPEN, Kind
from bridge.store.tables import messages, outbox, usage
from bridge.store.tables.billing import UNREPORTED
from bridge.store.tx import Tx

FAR = 1_000_000  # ids; more than anybody uses between a copy and its return
# What Slack's buttons, Twilio's receipts, links to pictures and the keys of posts name us by.
NAMED_OUTSIDE = ("messages", "outbox", "pictures")
LOOKED_FOR = (
    Kind.TEXT,
    Kind.POST,
    Kind.NOTICE,
    Kind.PICTURE,
)  # kinds of which the outside can say whether they are
ASKED_OF_US = (Kind.RELAY, Kind.PRESS)

_o, _m = outbox.c, messages.c


async def skip_ids(tx: Tx) -> None:
    """New rows get ids that nothing outside can know from the time after the copy."""
    for name in NAMED_OUTSIDE:
        if tx.dialect == "postgresql":
            sequence = func.pg_get_serial_sequence(name, "id")
            await tx.value(func.setval(sequence, func.nextval(sequence) + FAR).select())
            continue
        here = {"name": name, "far": FAR}
        if not await tx.run(text("UPDATE sqlite_sequence SET seq = seq + :far WHERE name = :name"), here):
            await tx.run(text("INSERT INTO sqlite_sequence (name, seq) VALUES (:name, :far)"), here)


async def doubt_texts(tx: Tx) -> int:
    """Texts that waited count as tried when they were accepted, so that Twilio's list is asked; how many.

    Also those whose time had not come in the copy: somebody may have sent them at once, or canceled them.
    """
    waited = update(messages).where(_m.direction == "out", _m.state.in_(["queued", "later"]))
    return await tx.run(waited.values(state="sending", started_at=_m.created_at))


async def doubt_rows(tx: Tx, now: datetime) -> int:
    """Promises that waited are looked for before they are kept; how many."""
    tx.wakes = True
    await tx.run(update(outbox).where(_o.kind == Kind.DUE, _o.state.in_(OPEN)).values(kind=Kind.TEXT.value))
    waited = update(outbox).where(_o.kind.in_(LOOKED_FOR), _o.state.in_(["ready", "sending"]))
    since = func.coalesce(_o.started_at, _o.created_at)
    return await tx.run(waited.values(state="unknown", started_at=since, due_at=now, lease=None, error=None))


async def doubt_usage(tx: Tx) -> int:
    """Texts that were not reported to Stripe in the copy count as tried as they were sent, so that a day later its
    sums are asked; how many.
    """
    waited = update(usage).where(text(UNREPORTED), usage.c.tried_at.is_(None))
    return await tx.run(waited.values(tried_at=usage.c.at))


async def drop_asked(tx: Tx, now: datetime) -> int:
    """Replies and presses that nobody had judged come to nothing; how many."""
    unjudged = update(outbox).where(_o.kind.in_(ASKED_OF_US), _o.state.in_(OPEN))
    return await tx.run(unjudged.values(state="done", done_at=now, lease=None))
