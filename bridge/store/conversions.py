"""What was stored under a later id of a channel, before we heard that it is one, comes under its first."""

from typing import Any

from sqlalchemy import String, cast, delete, select, update

from bridge.store import routes
from bridge.store.outbox import OPEN, in_state
from bridge.store.tables import channels, edits, firms, messages, outbox, threads
from bridge.store.tables import routes as routes_table
from bridge.store.tx import Tx

WAYS = ("post", "files")


async def rename_channel(tx: Tx, firm_id: int, old: str, new: str) -> None:
    """Whatever names the one id names the other. Mostly there is nothing, and told again there is nothing left."""
    if old == new:  # it was converted back
        return
    f, t, m, e = firms.c, threads.c, messages.c, edits.c
    await tx.run(update(firms).where(f.id == firm_id, f.channel_id == old).values(channel_id=new))
    await tx.run(update(threads).where(t.firm_id == firm_id, t.channel_id == old).values(channel_id=new))
    await tx.run(update(messages).where(m.firm_id == firm_id, m.origin_channel == old).values(origin_channel=new))
    await tx.run(update(edits).where(e.firm_id == firm_id, e.channel_id == old).values(channel_id=new))
    await _rename_settings(tx, firm_id, old, new)
    await _rename_promises(tx, firm_id, old, new)
    r = routes_table.c
    await tx.run(delete(routes_table).where(r.firm_id == firm_id, r.name.in_([f"{way}:{old}" for way in WAYS])))


async def _rename_settings(tx: Tx, firm_id: int, old: str, new: str) -> None:
    c = channels.c
    is_set_anew = select(c.id).where(c.firm_id == firm_id, c.channel_id == new)
    if await tx.row(is_set_anew) is None:
        await tx.run(update(channels).where(c.firm_id == firm_id, c.channel_id == old).values(channel_id=new))
    await tx.run(delete(channels).where(c.firm_id == firm_id, c.channel_id == old))


async def _rename_promises(tx: Tx, firm_id: int, old: str, new: str) -> None:
    o = outbox.c
    for way in WAYS:
        await routes.switch_on(tx, firm_id, f"{way}:{old}")
        moved = {"route": f"{way}:{new}"}
        is_this_way = (o.firm_id == firm_id) & (o.route == f"{way}:{old}") & in_state(outbox, *OPEN, "dead")
        await tx.run(update(outbox).where(is_this_way).values(**moved))
    names_it = cast(o.payload, String).contains(f'"{old}"')
    found = select(o.id, o.payload).where(o.firm_id == firm_id, in_state(outbox, *OPEN, "dead"), names_it)
    for row in await tx.rows(found):
        await tx.run(update(outbox).where(o.id == row.id).values(payload=_renamed(row.payload, old, new)))


def _renamed(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(each, old, new) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, old, new) for each in value]
    return new if value == old else value
