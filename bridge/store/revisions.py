"""Alembic's part of the migrations: to bring tables from one revision to another, and to draft the next one.

Only what changes tables imports this: Alembic takes longer to load than everything else that a start does.
"""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from bridge.store.tables import metadata


def upgrade(connection: Connection) -> None:
    """Change the tables to those of this version."""
    command.upgrade(_config(connection), "head")


def downgrade(connection: Connection) -> None:
    """Undo every migration."""
    command.downgrade(_config(connection), "base")


def differences(connection: Connection) -> list[Any]:
    """What would still change; empty when tables and migrations agree."""
    return list(compare_metadata(MigrationContext.configure(connection), metadata))


def draft(connection: Connection, revision: str, message: str) -> None:
    """Write a migration from the difference between the tables and this database. `revision` such as "0002"."""
    command.revision(_config(connection), message, autogenerate=True, rev_id=revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
