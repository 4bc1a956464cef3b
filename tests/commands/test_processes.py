"""Serving, and how it ends: processes of their own, run as an operator runs them."""

import asyncio
import signal
import socket

import aiohttp
import pytest
from cryptography.fernet import Fernet
from sqlalchemy.engine import make_url

from bridge.app import running
from bridge.commands import trouble
from bridge.sandbox.ports import free_port
from bridge.settings import Settings
from bridge.store.durability import Forgetful
from tests.cast import LAW
from tests.commands.operator import Operator
from tests.databases import connected, run
from tests.store.scratch import only_postgres


async def test_a_signal_ends_it_while_it_starts_and_a_second_one_at_once(operator: Operator) -> None:
    operator.slack.fail("auth.test", times=None, hang=20.0)
    starting = await operator.start("serve")
    async with asyncio.timeout(30):
        while not any(call.method == "auth.test" for call in operator.slack.calls):
            await asyncio.sleep(0.05)
    starting.send_signal(signal.SIGINT)
    async with asyncio.timeout(8):
        assert await starting.wait() == 0

    operator.slack.clear_faults()
    serving = await operator.serve()
    with socket.create_connection(("127.0.0.1", int(operator.environ["PORT"]))) as slow:
        slow.sendall(b"POST /twilio/sms HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nFrom")
        await asyncio.sleep(0.3)  # the request is under way now, and will be for ten seconds
        serving.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
        assert serving.returncode is None
        serving.send_signal(signal.SIGTERM)
        async with asyncio.timeout(3):
            assert await serving.wait() == 1


@only_postgres
async def test_web_and_worker_are_processes_of_their_own_on_postgresql(
    operator: Operator, database_url: str
) -> None:
    """Nobody reaches a worker, but who watches over it sees what it counts and whether it works."""
    port = str(free_port())
    serving = await operator.serve("web", DATABASE_URL=database_url)
    working = await operator.serve("worker", DATABASE_URL=database_url, METRICS_PORT=port)
    async with aiohttp.ClientSession() as session:
        for url in (operator.environ["PUBLIC_BASE_URL"], f"http://127.0.0.1:{port}"):
            async with session.get(f"{url}/readyz") as got:
                assert got.status == 200
        async with session.post(f"{url}/twilio/sms") as got:
            assert got.status == 404
        told = ""
        async with asyncio.timeout(20):
            while 'bridge_calls_total{method="messages.list",outcome="ok",service="twilio"} 1.0' not in told:
                async with session.get(f"{url}/metrics") as got:
                    told = await got.text()
    assert "bridge_worker_stuck 0.0" in told
    taken = await operator.fails("worker", DATABASE_URL=database_url, METRICS_PORT=port)
    assert "METRICS_PORT" in taken
    assert LAW.team_id in await operator.succeeds("firms", "list", DATABASE_URL=database_url)
    for process in (serving, working):
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0


@only_postgres
@pytest.mark.faults("S29")
async def test_nothing_starts_on_a_server_that_does_not_wait_for_its_disk(database_url: str, postgres: str) -> None:
    settings = Settings.load(
        {"ENCRYPTION_KEY": Fernet.generate_key().decode(), "DATABASE_URL": database_url, "PORT": "0"}
    )
    name = make_url(database_url).database
    try:
        await run(postgres, "ALTER SYSTEM SET fsync = off")
        await run(postgres, f"ALTER DATABASE {name} SET synchronous_commit = off")
        await _reload(postgres, "off")
        assert "(fsync is off, synchronous_commit is off): turn that on" in await _refused(settings, work=False)
    finally:
        await run(postgres, "ALTER SYSTEM RESET fsync")
        await _reload(postgres, "on")
    assert "(synchronous_commit is off): turn that on" in await _refused(settings, work=True)
    await run(postgres, f"ALTER DATABASE {name} SET synchronous_commit = local")
    async with running(settings, serve_web=False, work=True):
        """It starts."""


async def _reload(postgres: str, fsync: str) -> None:
    """The server has read its settings anew."""
    await run(postgres, "SELECT pg_reload_conf()")
    async with asyncio.timeout(10), connected(postgres) as connection:
        while await connection.fetchval("SHOW fsync") != fsync:
            await asyncio.sleep(0.01)


async def _refused(settings: Settings, *, work: bool) -> str:
    """What a person reads; of a web process, or of a worker."""
    with pytest.raises(Forgetful) as refused:
        async with running(settings, serve_web=not work, work=work):
            """It starts, and should not."""
    return trouble.sentence(refused.value) or ""
