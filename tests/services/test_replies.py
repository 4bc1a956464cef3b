"""What staff write under a root that is becoming known this moment is not taken for somebody else's talk."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import asyncpg
import pytest
from sqlalchemy import text

from bridge.services import inbound, replies
from bridge.services.inbound import Sms
from bridge.services.replies import Reply
from bridge.store import firms, joined, numbers
from bridge.store.outbox import Kind
from tests.bench import Bench, opened
from tests.store.scratch import only_postgres

OPENED = """
INSERT INTO threads (firm_id, conversation_id, channel_id, root_ts, created_at)
SELECT firm_id, id, 'C1', '1.1', now() FROM conversations;
UPDATE outbox SET state = 'done', done_at = now()
"""


async def _first_text_is_being_posted(bench: Bench) -> None:
    async with bench.db.begin() as tx:
        await firms.change(tx, bench.firm_id, two_way=True, channel_id="C1")
        await numbers.connect(tx, bench.firm_id, "+14155550100", bench.now, account_sid="AC1", sid="PN1", before={})
        owner, _ = await joined.whose(tx, "AC1", "+14155550100")
    assert owner is not None
    await inbound.receive(bench.deps, *owner, Sms("SM1", "+14155550101", "hello"), bench.now)
    async with bench.db.begin() as tx:
        await tx.run(text("UPDATE outbox SET state = 'sending'"))


@only_postgres
@pytest.mark.faults("F27")
async def test_a_root_that_another_process_gets_known_between_two_looks_is_ours(database_url: str) -> None:
    """One process is told of the reply while the other one keeps the root's ts and ends its post."""

    async def other_process() -> None:
        connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
        await connection.execute(OPENED)
        await connection.close()

    def hear(words: str) -> None:
        if "FROM outbox" in words and not ended:
            ended.append(words)
            with ThreadPoolExecutor() as thread:
                thread.submit(asyncio.run, other_process()).result(10)

    ended: list[str] = []
    async with opened(database_url) as bench:
        await _first_text_is_being_posted(bench)
        bench.db._readers._lines.listeners.append(hear)
        async with bench.db.read() as tx:
            firm = await firms.get(tx, bench.firm_id)
        reply = Reply("C1", "U1", "1.2", "1.1", "hi", [], [], None, "Ev1", is_outsider=False)
        await replies.relay(bench.deps, firm, reply, bench.now)
        assert ended
        assert await bench.count(Kind.RELAY) == 1
