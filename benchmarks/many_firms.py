"""Fills a database with firms and all that a usual firm leaves behind, by statements that make many rows each."""

import sqlite3
from datetime import datetime, timedelta
from typing import Any

import asyncpg

AUTHORS = 10  # each may send ten texts a minute
CONVERSATIONS = 20
TEXTS = 5  # each way, of a conversation
DONE = 120  # outbox rows of the last day
SEEN = 60  # keys of the last two days

# Rows {first} to {last} - 1, each as r.i
ROWS = "WITH RECURSIVE r(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM r WHERE i < {last} - 1) "
FIRM = "(r.i / {each} + 1)"  # the firm of a row, where each firm has so many of them


def phone(firm_id: int, number: int) -> int:
    """A lead's number without +1; somebody may have it, so it stays in here."""
    return 2_000_000_000 + (firm_id - 1) * CONVERSATIONS + number


def root(firm_id: int, number: int) -> str:
    """The ts of a conversation's thread."""
    return f"1700000000.{(firm_id - 1) * CONVERSATIONS + number:06d}"


def author(firm_id: int, number: int) -> str:
    """One of a firm's staff."""
    return f"U{(firm_id - 1) * AUTHORS + number % AUTHORS}"


STATEMENTS: tuple[tuple[int, str], ...] = (
    (1, """INSERT INTO firms (id, team_id, name, channel_id, two_way, created_at)
        SELECT r.i + 1, 'T' || (r.i + 1), 'Firm', 'C01', true, {now} FROM r"""),
    (1, """INSERT INTO numbers (id, firm_id, phone, account_sid, sid, before, ready, created_at)
        SELECT r.i + 1, r.i + 1, '+1' || (3000000000 + r.i), 'AC0', 'PN' || r.i, '{{}}', true, {now} FROM r"""),
    (AUTHORS, """INSERT INTO staff (firm_id, user_id, name, role, standing, checked_at)
        SELECT {firm}, 'U' || r.i, 'Ben', 'agent', 'member', {now} FROM r"""),
    (CONVERSATIONS, """INSERT INTO contacts (id, firm_id, phone, created_at)
        SELECT r.i + 1, {firm}, '+1' || (2000000000 + r.i), {now} FROM r"""),
    (CONVERSATIONS, """INSERT INTO conversations (id, firm_id, contact_id, number_id, last_at, created_at)
        SELECT r.i + 1, {firm}, r.i + 1, {firm}, {now}, {now} FROM r"""),
    (CONVERSATIONS, """INSERT INTO threads (firm_id, conversation_id, channel_id, root_ts, created_at)
        SELECT {firm}, r.i + 1, 'C01', '1700000000.' || {padded}, {now} FROM r"""),
    (CONVERSATIONS * TEXTS, """INSERT INTO messages
        (firm_id, conversation_id, number_id, direction, body, state, sid, created_at)
        SELECT {firm}, r.i / 5 + 1, {firm}, 'in', {words}, 'received', 'SMin' || {long}, {before} FROM r"""),
    (CONVERSATIONS * TEXTS, """INSERT INTO messages
        (firm_id, conversation_id, number_id, direction, purpose, body, state, sid, segments, author_id,
         origin_channel, origin_ts, client_msg_id, mark, started_at, created_at)
        SELECT {firm}, r.i / 5 + 1, {firm}, 'out', 'reply', {words}, 'delivered', 'SMout' || {long}, 1,
            'U' || (({firm} - 1) * 10 + r.i % 10), 'C01', '1690000000.' || r.i, 'client-' || {long},
            'heavy_check_mark', {before}, {before} FROM r"""),
    (CONVERSATIONS * TEXTS, """INSERT INTO audit (firm_id, at, actor, action, facts)
        SELECT {firm}, {before}, 'U' || r.i, 'send', {facts} FROM r"""),
    (CONVERSATIONS * TEXTS, """INSERT INTO receipts (firm_id, sid, status, at)
        SELECT {firm}, 'SMout' || {long}, 'sent', {before} FROM r"""),
    (CONVERSATIONS * TEXTS, """INSERT INTO receipts (firm_id, sid, status, at)
        SELECT {firm}, 'SMout' || {long}, 'delivered', {before} FROM r"""),
    (SEEN, "INSERT INTO seen (firm_id, key, at) SELECT {firm}, 'event:Ev' || {long}, {now} FROM r"),
    (DONE, """INSERT INTO outbox (firm_id, lane, service, route, kind, payload, state, due_at, created_at, done_at)
        SELECT {firm}, 'thread:' || (r.i / 6 + 1), 'slack', 'post:C01', 'post', {payload}, 'done',
            {now}, {now}, {now} FROM r"""),
)  # fmt: skip

HELD = """INSERT INTO outbox (firm_id, lane, service, route, kind, payload, due_at, created_at)
    SELECT r.i % {firms} + 1, 'thread:' || ((r.i % {firms}) * 20 + r.i / {firms} % 20 + 1), 'slack', 'post:C01',
        'post', {payload}, {now}, {now} FROM r"""
BROKEN = """INSERT INTO routes (firm_id, name, free_at, off_reason, off_since)
    SELECT id, 'post:C01', {later}, 'is_archived', {now} FROM firms WHERE true ON CONFLICT DO NOTHING"""


class Stock:
    """A database that is filled beside the app, which would not wait for statements that take so long."""

    def __init__(self, url: str, now: datetime) -> None:
        self._url = url
        self.is_postgres = url.startswith("postgresql")
        self._firms = self._held = 0
        self._words = {
            "now": _moment(now),
            "before": _moment(now - timedelta(days=1)),
            "later": _moment(now + timedelta(hours=1)),
            "padded": "lpad(CAST(r.i AS text), 6, '0')" if self.is_postgres else "printf('%06d', r.i)",
            "long": "(100000000000000 + r.i)",
            "words": "'Could we move my appointment from Monday to Friday afternoon?'",
            "payload": """'{"conversation_id": 1, "message_id": 1}'""",
            "facts": """'{"conversation": 1, "purpose": "reply", "refusal": null, "characters": 61}'""",
        }  # fmt: skip

    async def fill(self, firms: int) -> None:
        """Up to so many firms."""
        for each, statement in STATEMENTS:
            words = self._words | {"firm": FIRM.format(each=each)}
            rows = ROWS.format(first=self._firms * each, last=firms * each)
            await self.run(rows + statement.format(**words))
        self._firms = firms
        await self._tidy()

    async def hold_back(self, promises: int) -> None:
        """Up to so many promises whose ways are off, spread over all firms."""
        await self.run(BROKEN.format(**self._words))
        rows = ROWS.format(first=self._held, last=promises)
        await self.run(rows + HELD.format(**self._words, firms=self._firms))
        self._held = promises
        await self._tidy()

    async def settle(self) -> None:
        """All that was promised is done."""
        await self.run("UPDATE outbox SET state = 'done', done_at = due_at WHERE state <> 'done'")

    async def row_sizes(self) -> dict[str, int]:
        """Bytes that a row takes with its indexes, by table; only PostgreSQL tells."""
        if not self.is_postgres:
            return {}
        found = await self.run(
            "SELECT relname, pg_total_relation_size(oid) / reltuples FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND reltuples > 100"
        )
        return {str(name): round(size) for name, size in found}

    async def _tidy(self) -> None:
        """What PostgreSQL does by itself in its own time; SQLite is never told to."""
        if not self.is_postgres:
            return
        for table in ("firms", "numbers", "contacts", "conversations"):
            numbers = f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"  # noqa: S608 (ours)
            await self.run(numbers)
        await self.run("VACUUM ANALYZE")

    async def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Carry it out; its rows."""
        if self.is_postgres:
            server = await asyncpg.connect(self._url)
            try:
                return [tuple(row) for row in await server.fetch(sql)]
            finally:
                await server.close()
        file = sqlite3.connect(self._url.removeprefix("sqlite:///"), timeout=60, isolation_level=None)
        try:
            return file.execute(sql).fetchall()
        finally:
            file.close()


def _moment(moment: datetime) -> str:
    return f"'{moment:%Y-%m-%d %H:%M:%S.%f}'"
