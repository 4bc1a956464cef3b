"""`make bench` measures what it says: its clock hides no waiting, and a refused, lost or doubled text fails it."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from benchmarks import limit, load, report, rig, stock, texts, wire
from benchmarks.figures import GOALS, Figure
from benchmarks.providers import listening
from bridge.handlers import signatures
from bridge.sandbox.ports import free_port
from bridge.store import contacts, conversations, messages, numbers, threads
from bridge.store import tables as t
from tests.bench import opened

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (0.991, 100), (1, 100), (0.001, 1)])
def test_a_percentile_is_a_value_that_was_seen(share: float, value: float) -> None:
    assert load.percentile([float(number) for number in range(100, 0, -1)], share) == value


async def test_what_waits_because_all_stood_still_is_counted_from_when_it_was_due() -> None:
    async def stand_still_once(number: int) -> float:
        if number == 0:
            time.sleep(0.1)  # noqa: ASYNC251 (that is the trouble)
        return time.monotonic()

    took = await load.by_the_clock(stand_still_once, rate=200, count=5)

    assert all(late >= 0.1 - number / 200 for number, late in enumerate(took))


async def test_a_window_counts_what_falls_into_it_and_nothing_else() -> None:
    window = load.Window(warm_up=10, seconds=5)
    now = time.monotonic()
    for at in (now + 9, now + 11, now + 14, now + 16):
        window.count(at)

    assert (window.done, window.is_over) == (2, False)


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[wire.Connection]:
    """Connected to a server that answers so."""
    ended = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            await answer(writer)
        writer.close()
        ended.set()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        connection = await wire.Connection.open(f"http://127.0.0.1:{port}")
        yield connection
        connection.close()
        await ended.wait()


async def test_who_was_hung_up_on_before_he_was_needed_is_asked_nothing() -> None:
    """The app does so with connections on which nothing is said."""

    served = asyncio.Semaphore(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        writer.close()
        await writer.wait_closed()
        served.release()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, asyncio.timeout(5):
        async with wire.pool(url, 2) as opened:
            silent = opened._idle[-1]
            silent.close()
            await asyncio.gather(opened.ask(b"first"), opened.ask(b"second"))
            with pytest.raises(wire.Failed, match="before it was used"):
                await silent.ask(b"third")
        for _ in range(3):
            await served.acquire()


async def test_an_answer_is_waited_for_to_its_end_and_the_connection_is_kept() -> None:
    async def in_pieces(writer: asyncio.StreamWriter) -> None:
        for piece in (b"HTTP/1.1 200 OK\r\nContent-", b"Length: 4\r\n\r\nab", b"cd"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)

    async with answering(in_pieces) as connection:
        await connection.ask(b"POST / HTTP/1.1\r\n\r\n")
        await connection.ask(b"POST / HTTP/1.1\r\n\r\n")


@pytest.mark.parametrize(
    ("said", "told"),
    [(b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy", "POST /x was answered with 503"), (b"", "was cut")],
)
async def test_a_refusal_and_a_cut_connection_fail_the_run(said: bytes, told: str) -> None:
    async def refuse(writer: asyncio.StreamWriter) -> None:
        writer.write(said)
        if not said:
            writer.transport.abort()

    async with answering(refuse) as connection:
        with pytest.raises(wire.Failed, match=told):
            await connection.ask(b"POST /x HTTP/1.1\r\n\r\n")


async def test_what_was_lost_doubled_or_said_to_staff_fails_the_run() -> None:
    seen = rig.Sightings()
    first, _never = seen.expect("text 1", 7), seen.expect("reply 1", 7)
    with pytest.raises(wire.Failed, match="2 texts never reached"):
        await seen.settled(0)
    seen.hear("text 1 12.5 1700000000.000001")
    seen.hear("reply 1 13.0")
    await seen.settled(0)
    assert (await first, seen.roots) == (12.5, {7: "1700000000.000001"})
    seen.hear("said That was one text too many")
    with pytest.raises(wire.Failed, match="too many"):
        await seen.settled(0)
    for doubled in ("text 1 14.0 1700000000.000001", "text 9 14.0 "):
        seen = rig.Sightings()
        seen.hear(doubled)
        with pytest.raises(wire.Failed, match="unasked or twice"):
            await seen.settled(0)


async def test_the_limit_takes_what_is_signed_and_nothing_else() -> None:
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    async with listening(limit.app(url), port):
        connection = await wire.Connection.open(url)
        await connection.ask(texts.text(url, 1, 0))
        with pytest.raises(wire.Failed, match="403"):
            await connection.ask(texts.text(url, 1, 0).replace(b"text+number+1", b"text+number+2"))
        connection.close()


def test_replies_are_signed_as_slack_signs() -> None:
    head, _, body = texts.reply("http://127.0.0.1:1", 5, "1700000000.000001").partition(b"\r\n\r\n")
    headers = dict(re.findall(r"^([\w-]+): (.*)$", head.decode().replace("\r", ""), re.MULTILINE))
    signature, timestamp = headers["X-Slack-Signature"], headers["X-Slack-Request-Timestamp"]

    assert signatures.is_slacks(texts.SIGNING_SECRET.encode(), timestamp, body, signature, time.time())
    assert json.loads(body)["event"]["user"] == texts.author(5)


def test_a_goal_is_judged_by_what_it_is_about() -> None:
    of_limit = [Figure("accepted", "SQLite", value, control=10_000).reached for value in (2_500, 2_499)]
    at_least = [Figure("in", "SQLite", value, control=10_000).reached for value in (600, 599)]
    at_most = [Figure("ack", "SQLite", value, control=1).reached for value in (50, 51)]

    assert of_limit == at_least == at_most == [True, False]


def test_every_figure_is_told_in_the_table_and_to_machines() -> None:
    figures = [Figure(key, "SQLite", 12.0, 10.0, 300.0, 100.0, many=1_000) for key in GOALS]
    rows = report.table(figures).splitlines()
    found = json.loads(json.dumps(report.document(figures, {"cores": 2}, "a text was lost")))

    assert rows[2] == (
        "| texts accepted per second, 64 connections | SQLite | 12.0/s | 1.20 × | 300 µs | 3.00 × | at least 25.0% "
        "| reached |"
    )
    assert {row.count("|") for row in rows} == {len(report.HEAD) + 1}
    assert found["failure"] == "a text was lost"
    assert [one["key"] for one in found["figures"]] == [*GOALS]
    assert {"value", "control", "ratio", "cpu", "control_cpu", "goal", "reached", "database"} <= {
        *found["figures"][0]
    }


async def test_stored_messages_are_such_as_the_app_stores(database_url: str) -> None:
    async with opened(database_url) as bench:
        firm_id, now = bench.firm_id, bench.now
        async with bench.db.begin() as tx:
            await numbers.connect(
                tx, firm_id, "+14155550100", now, before={}, account_sid="AC1", sid="PN1", service_sid=None,
                toll_free=False, keyword_replies="carrier",
            )  # fmt: skip
        await stock.fill(database_url, 1_000)
        async with bench.db.begin() as tx:
            assert await tx.value(select(func.count()).select_from(t.messages)) == 1_000
            lead = (await contacts.ensure_all(tx, firm_id, [texts.lead(63)], now))[texts.lead(63)]
            talks = await conversations.ensure_all(tx, firm_id, {lead.id: (1, now)})
            place = await threads.current(tx, firm_id, talks[lead.id].id)
            newest = await messages.get(tx, firm_id, await messages.newest_id(tx, firm_id, talks[lead.id].id))
    assert (lead.id, place and place.channel_id) == (64, "C01BENCH")
    assert (newest.direction, newest.state, newest.author_id) == (
        "out",
        "delivered",
        texts.author((newest.id // 2 - 1) % 20),
    )
    assert timedelta(0) < now - newest.created_at < timedelta(days=stock.DAYS)
