"""Addresses of threads, which Slack is asked for once."""

from collections.abc import Collection, Sequence
from datetime import datetime

from bridge.services import announce, homes
from bridge.services.deps import Deps
from bridge.services.promises import Promise, let_go
from bridge.store import firms, outbox, threads
from bridge.store.firms import Firm
from bridge.store.outbox import Row
from bridge.store.threads import Thread
from bridge.store.tx import Tx


async def missing(tx: Tx, firm_id: int, conversation_ids: Collection[int]) -> list[Thread]:
    """The threads of these conversations whose address nobody has asked for."""
    current = await threads.current_of(tx, firm_id, conversation_ids)
    return [thread for thread in current.values() if thread.permalink is None]


async def ask(deps: Deps, firm: Firm, found: Sequence[Thread]) -> None:
    """Their addresses will be known soon."""
    async with deps.db.begin() as tx:
        for thread in found:
            await announce.learn_link(tx, firm, thread, deps.clock())


async def learn(deps: Deps, row: Row, now: datetime) -> None:
    """Ask Slack, and keep the answer. Raises GatewayError."""
    payload = row.payload
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
    link = await deps.clients.slack(firm).permalink(payload["channel_id"], payload["ts"])
    await deps.keep(lambda: _keep(deps, row, link))


async def _keep(deps: Deps, row: Row, link: str) -> None:
    async with deps.db.begin() as tx:
        await threads.set_permalink(tx, row.firm_id, row.payload["thread_id"], link)
        await homes.refresh_all(tx, await firms.get(tx, row.firm_id), deps.clock())
        await outbox.finish(tx, row, deps.clock())


LINK = Promise(keep=learn, give_up=let_go)
