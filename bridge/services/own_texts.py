"""Texts that staff did not type in their thread: they are shown there, and carry their marks."""

from datetime import datetime
from functools import partial

from bridge.gateways.slack_shapes import Posted
from bridge.services import announce, posts, threads
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import firms, messages, outbox
from bridge.store.messages import Message
from bridge.store.outbox import Row
from bridge.views.threads import own_text

LOST = "A text to this lead could not be shown here. Your operator finds it with “python -m bridge outbox list”."


async def show(deps: Deps, row: Row, now: datetime) -> None:
    """Post it into the thread, which it may open. Raises GatewayError."""
    await _show(deps, row, now, doubted=False)


async def settle(deps: Deps, row: Row, now: datetime) -> None:
    """Post it if the thread does not have it yet. Raises GatewayError."""
    await _show(deps, row, now, doubted=True)


async def _show(deps: Deps, row: Row, now: datetime, *, doubted: bool) -> None:
    async with deps.db.glance() as tx:
        place = await threads.place_of(tx, row.firm_id, row.payload["conversation_id"])
        text = await messages.get(tx, row.firm_id, row.payload["message_id"])
    attempt = posts.attempt(deps, row, now, before=text.id, doubted=doubted)
    posted = await threads.post(deps, place, own_text(text.body, text.author_id, text.subject), attempt)
    await deps.keep(lambda: _shown(deps, row, text, posted))


async def _shown(deps: Deps, row: Row, text: Message, posted: Posted) -> None:
    """From now on its marks are put under this message, as under one that was typed there."""
    now = deps.clock()
    async with deps.db.begin() as tx:
        if not await outbox.finish(tx, row, now):
            return
        firm = await firms.get(tx, row.firm_id)
        where = {"origin_channel": firm.known_as(posted.channel), "origin_ts": posted.ts}
        await messages.change(tx, firm.id, text.id, **where)
        await announce.mark_text(tx, firm.id, text.id, now)


SHOW = Promise(keep=show, settle=settle, give_up=partial(posts.give_up_text, sentence=LOST))
