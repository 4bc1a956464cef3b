"""The database that every world begins with: all tables, one firm with a number, and two of its people."""

import asyncio
import gc
import logging
import sqlite3
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bridge.store import append_only, firms, migrate, numbers, staff
from bridge.store.database import Database
from bridge.store.firms import Firm
from bridge.store.numbers import Number
from bridge.store.vault import Vault
from tests.simulation import apps
from tests.simulation.disk import Engines, connect_plainly

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
NUMBER = "+14155550100"

# What the checks want to know of every change, also of those that later ones hide.
WATCH = """
CREATE TABLE watched (at INTEGER PRIMARY KEY, what TEXT, id INTEGER, old TEXT, new TEXT);
CREATE TRIGGER watch_messages AFTER UPDATE OF state, sid ON messages
    WHEN old.state IS NOT new.state OR old.sid IS NOT new.sid BEGIN
    INSERT INTO watched (what, id, old, new) VALUES ('message', new.id, old.state, new.state);
    INSERT INTO watched (what, id, old, new) SELECT 'sid', new.id, old.sid, new.sid WHERE old.sid IS NOT new.sid;
END;
CREATE TRIGGER watch_outbox AFTER UPDATE OF state ON outbox WHEN old.state IS NOT new.state BEGIN
    INSERT INTO watched (what, id, old, new) VALUES ('row', new.id, old.state, new.state);
END;
"""


class Ground:
    """A folder with the database; fresh() makes it new again."""

    firm: Firm
    number: Number

    def __init__(self, folder: Path) -> None:
        self._path = folder / "bridge.db"
        self.url = f"sqlite+aiosqlite:///{self._path}"
        self.settings = {pace: apps.settings(pace) for pace in ("0", "1")}
        self.engines = Engines()
        asyncio.run(self._make())
        self._eyes = connect_plainly(self._path)
        self._eyes.row_factory = sqlite3.Row
        self._eyes.executescript(WATCH)
        for name in append_only.names("sqlite"):
            if name.endswith("_delete"):  # worlds are cleared away; nothing of the app's own deletes
                self._eyes.execute(f"DROP TRIGGER {name}")
        self._reset = _reset(self._eyes)

    async def _make(self) -> None:
        await migrate.upgrade(self.url)
        db = Database(self.url)
        async with db.begin() as tx:
            token = Vault([apps.KEY]).seal("xoxb-1")
            firm_id = await firms.install(tx, "T1", LONG_AGO, name="Harbor Law", bot_token=token)
            await firms.change(tx, firm_id, channel_id="C1", two_way=True, installer_id="U1", bot_user_id="UBOT")
            for user in ("U1", "U2"):
                await staff.remember(
                    tx, firm_id, user, name=user, role="admin" if user == "U1" else "agent", standing="member",
                    checked_at=datetime(2026, 3, 2, 14, tzinfo=UTC),
                )  # fmt: skip
            await numbers.connect(
                tx, firm_id, NUMBER, LONG_AGO, account_sid=apps.ACCOUNT, sid="PN" + "1" * 32, before={}, ready=True
            )
        async with db.read() as tx:
            self.firm = await firms.get(tx, firm_id)
            (self.number,) = await numbers.of_firm(tx, firm_id)
        await db.close()

    def clear(self) -> None:
        """Close everything."""
        for connection in [self._eyes, *self.engines.connections]:
            sqlite3.Connection.close(connection)

    def fresh(self) -> None:
        """As in the beginning."""
        self._eyes.executescript(self._reset)

    def rows(self, query: str, *values: Any) -> list[Any]:
        """What is stored now."""
        return self._eyes.execute(query, values).fetchall()


@contextmanager
def laid(folder: Path) -> Iterator[Ground]:
    """The ground, in that folder."""
    ground = Ground(folder)
    try:
        yield ground
    finally:
        ground.clear()
        with in_peace():
            gc.collect()


@contextmanager
def in_peace() -> Iterator[None]:
    """In this block nobody complains of what the dead have left unfinished."""
    hook, sys.unraisablehook = sys.unraisablehook, lambda _: None
    logging.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
        sys.unraisablehook = hook


def _reset(raw: sqlite3.Connection) -> str:
    """What makes the database again as it is now."""
    tables = [row["name"] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    kept = {"alembic_version", "sqlite_sequence"}
    deletions = [f"DELETE FROM {table};" for table in tables if table not in kept]  # noqa: S608 (our own tables)
    additions = [line for line in raw.iterdump() if line.startswith("INSERT INTO") and "alembic" not in line]
    return "\n".join(["BEGIN;", *deletions, "DELETE FROM sqlite_sequence;", *additions, "COMMIT;"])
