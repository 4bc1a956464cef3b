"""The database: does it answer, is it ours, does it keep what it is given, and has it room for us."""

import sqlite3
import stat
from pathlib import Path
from typing import NoReturn

from sqlalchemy.exc import SQLAlchemyError

from bridge.services.deps import Deps
from bridge.services.examinations.clocks import Clocks
from bridge.services.examinations.findings import Finding, fail, ok, warn
from bridge.store import durability, keys, migrate
from bridge.store.database import patiently, sqlite_is_old
from bridge.store.durability import Server
from bridge.store.vault import WrongKey

BUSY = 10.0  # seconds that another process may hold the database
OLDEST = 14  # of PostgreSQL: what is older gets no repairs any more
CONNECTIONS = 7  # that a process may use

ON_NETWORK = "Keep the file on a disk of this machine: SQLite's log does not work on network folders."
NEWER = "Run that version again, or bring back the backup that was made before it."
TURN_ON = "Turn it on in postgresql.conf: what Slack and Twilio were told is stored must survive a power cut."


async def is_usable(deps: Deps) -> list[Finding]:
    """Whether it can be worked with; the last finding is a failure when not."""
    try:
        await migrate.check(deps.settings.database_url)
    except (SQLAlchemyError, OSError):
        return [fail("database", "it does not answer", "Check that it runs, and what DATABASE_URL says.")]
    except migrate.OutdatedError:
        return [fail("database", "its tables are those of an older version", "Run: python -m bridge migrate")]
    except migrate.NewerError:
        return [fail("database", "its tables are those of a newer version", NEWER)]
    return [ok("database", "it answers, and its tables are current"), await _key(deps)]


class _Undo(Exception):
    """Rolls back what a look would otherwise have written."""


async def _key(deps: Deps) -> Finding:
    try:
        await patiently(lambda: _check_key(deps), seconds=BUSY)
    except WrongKey as wrong:
        return fail("key", str(wrong), "Find the right key in your backups, or enter all tokens anew.")
    except _Undo:
        return ok("key", "it opens what the database holds")


async def _check_key(deps: Deps) -> NoReturn:
    async with deps.db.begin() as tx:
        await keys.check(tx, deps.vault)
        raise _Undo  # the first key that is used becomes the database's own, and a look is no use


async def look(deps: Deps, clocks: Clocks) -> list[Finding]:
    """How it is set, and where it stands."""
    found = [durable(await patiently(lambda: _settings(deps), seconds=BUSY))]
    if deps.db.is_sqlite:
        return [*found, private(Path(deps.db.url.database or "")), _version()]
    async with deps.db.read() as tx:
        server = await durability.server(tx)
    clocks.note("database", (deps.clock() - server.now).total_seconds())
    return [*found, *serving(server)]


async def _settings(deps: Deps) -> dict[str, str]:
    """Asked where texts are stored: other connections may be set otherwise."""
    async with deps.db.begin() as tx:
        return await durability.settings(tx)


def durable(settings: dict[str, str]) -> Finding:
    """Whether what was committed survives a crash."""
    wrong = [f"{name} is {value}" for name, value in durability.unsafe(settings).items()]
    if not wrong:
        return ok("durability", "what is committed is on the disk")
    todo = ON_NETWORK if "journal_mode" in settings else TURN_ON
    return fail("durability", f"a crash can lose what was taken in: {', '.join(wrong)}", todo)


def private(path: Path) -> Finding:
    """Whether others on this machine can read the file, or the log beside it: they hold leads' words."""
    every = [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]
    open_to_others = [each.name for each in every if each.exists() and stat.S_IMODE(each.stat().st_mode) & 0o077]
    if not open_to_others:
        return ok("files", "only their owner can read them")
    names = " ".join(open_to_others)
    return warn("files", f"others on this machine can read {names}", f"Run, as their owner: chmod 600 {names}")


def _version() -> Finding:
    says = sqlite3.sqlite_version
    if sqlite_is_old():
        says += "; before 3.51.3 two programs that write can damage the file: let none but this app write to it"
    return ok("sqlite", says)


def serving(server: Server) -> list[Finding]:
    """Whether a PostgreSQL server can serve us, and for how long yet."""
    found = [ok("postgresql", server.version)]
    if server.is_standby:
        todo = "Let DATABASE_URL name the primary."
        found = [fail("postgresql", "it is a standby, which only reads", todo)]
    elif server.major < OLDEST:
        todo = f"Upgrade it to {OLDEST} or newer."
        found = [warn("postgresql", f"{server.version} gets no repairs any more", todo)]
    if server.connections_left < CONNECTIONS:
        says = f"{server.connections_left} connections are left, and a process may use {CONNECTIONS}"
        found.append(warn("connections", says, "Raise max_connections, or run fewer processes."))
    else:
        found.append(ok("connections", f"{server.connections_left} are left"))
    return found
