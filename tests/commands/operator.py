"""Somebody at a terminal, and what the tests of commands put into their database."""

import asyncio
import contextlib
import json
import os
import sqlite3
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.twilio import PretendTwilio
from tests import cast
from tests.cast import LAW
from tests.forked import Forked, Said, say, start

BARE = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


@dataclass
class Operator:
    """Somebody at a terminal, with the app's environment."""

    environ: dict[str, str]
    slack: PretendSlack
    twilio: PretendTwilio
    database: Path
    started: list[Forked] = field(default_factory=list)

    async def start(self, *words: str, **environ: str) -> Forked:
        """Start a command. Settings given here count more; an empty one is as good as none."""
        process = await start(words, BARE | self.environ | environ)
        self.started.append(process)
        return process

    async def __call__(self, *words: str, typed: str = "", **environ: str) -> Said:
        """Run a command to its end."""
        return await say(words, BARE | self.environ | environ, typed)

    async def succeeds(self, *words: str, typed: str = "", **environ: str) -> str:
        """What a command prints that must do what was asked."""
        said = await self(*words, typed=typed, **environ)
        assert (said.status, said.err) == (0, ""), said
        return said.out

    async def fails(self, *words: str, status: int = 1, **environ: str) -> str:
        """The sentence of a command that must refuse, without a traceback and without any secret."""
        said = await self(*words, **environ)
        assert said.status == status, said
        assert "Traceback" not in said.err
        assert said.out == ""
        for secret in (cast.TOKEN, cast.OWN_TOKEN, cast.KEY, LAW.bot_token, cast.SIGNING_SECRET):
            assert secret not in said.err
        return said.err.rpartition("Error: ")[2].strip()

    async def serve(self, *words: str, **environ: str) -> Forked:
        """Start the app and wait for its one line."""
        process = await self.start(*(words or ("serve",)), **environ)
        async with asyncio.timeout(60):
            line = await process.stdout.readline()
        assert b"is ready" in line, await process.stderr.read()
        return process

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Look at the database, or change it, behind the app's back."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as connection, connection:
            return connection.execute(statement, values).fetchall()


def install(operator: Operator, *teams: str) -> None:
    """Firms that are there already."""
    for team in teams:
        operator.sql(
            "INSERT INTO firms (team_id, name, created_at) VALUES (?, ?, '2026-01-02 12:00:00.000000')",
            team,
            "Harbor \x1b[31mLaw",
        )


def connect(operator: Operator) -> None:
    """The first firm has a number at Twilio, as if it were connected."""
    operator.sql(
        "INSERT INTO numbers (firm_id, phone, account_sid, sid, toll_free, before, ready, created_at) "
        "VALUES (1, ?, ?, 'PN1', 0, '{}', 1, '2026-01-02 12:00:00.000000')",
        LAW.number,
        cast.ACCOUNT,
    )


def row_of_outbox(operator: Operator, kind: str, state: str, **more: Any) -> int:
    """A row of the outbox with secrets in it; its id."""
    values = {
        "firm_id": 1, "lane": "thread:1", "service": "slack", "route": "post:C0LAW", "kind": kind, "state": state,
        "payload": json.dumps({"phone": "+14155550111", "text": "a secret word"}), "error": "channel_not_found",
        "attempts": 3, "due_at": "2026-01-02 12:00:00.000000", "created_at": "2026-01-02 12:00:00.000000", **more,
    }  # fmt: skip
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    [(row,)] = operator.sql(f"INSERT INTO outbox ({names}) VALUES ({marks}) RETURNING id", *values.values())  # noqa: S608 (all ours)
    return int(row)
