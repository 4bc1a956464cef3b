"""How safely the database keeps what it is given: others may have set it otherwise, and then nobody starts."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text

from bridge.store.tx import Tx

_OF_SQLITE = ("journal_mode", "synchronous", "foreign_keys")
_OF_POSTGRES = text(
    "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')"
)
_SERVER = text(
    """SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS is_standby,
              current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
                - (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend') AS connections_left,
              clock_timestamp() AS now"""
)


SAFE = {  # by name, the values that lose nothing
    "journal_mode": {"wal"},
    "synchronous": {"2", "3"},
    "foreign_keys": {"1"},
    "fsync": {"on"},
    "full_page_writes": {"on"},
    "synchronous_commit": {"on", "local", "remote_write", "remote_apply"},
}
LOSES_COMMITS = (
    "fsync",
    "synchronous_commit",
)  # without full_page_writes some file systems are safe; we cannot tell


class Forgetful(Exception):
    """The server answers that something is stored before it is."""

    def __init__(self, wrong: list[str]) -> None:
        super().__init__(
            f"A crash of this PostgreSQL can lose what it has committed ({', '.join(wrong)}): turn that on, in "
            "postgresql.conf or where it was set for this database or role, and start again."
        )


@dataclass(frozen=True)
class Server:
    """A PostgreSQL server: what it is, how many more connections it takes, and what its clock says."""

    version: str
    is_standby: bool
    connections_left: int
    now: datetime

    @property
    def major(self) -> int:
        """16 of "16.4 (Debian 16.4-1)"."""
        return int(self.version.partition(".")[0].partition(" ")[0])


async def settings(tx: Tx) -> dict[str, str]:
    """What decides on this connection whether something that was committed survives a crash, by name."""
    if tx.dialect == "sqlite":
        return {name: str(await tx.value(text(f"PRAGMA {name}"))) for name in _OF_SQLITE}
    return {row.name: row.setting for row in await tx.rows(_OF_POSTGRES)}


def unsafe(found: dict[str, str]) -> dict[str, str]:
    """Those of the settings with which a crash can lose something."""
    return {name: value for name, value in found.items() if value not in SAFE[name]}


async def check(tx: Tx) -> None:
    """Whether what is committed here is kept. Raises Forgetful. On SQLite it is ours to decide, and it is."""
    if tx.dialect == "postgresql":
        wrong = unsafe(await settings(tx))
        if lost := [f"{name} is {wrong[name]}" for name in LOSES_COMMITS if name in wrong]:
            raise Forgetful(lost)


async def server(tx: Tx) -> Server:
    """The server behind the connection; PostgreSQL only."""
    (found,) = await tx.rows(_SERVER)
    return Server(*found)
