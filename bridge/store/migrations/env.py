"""Run by alembic; the connection is handed over by bridge.store.migrate."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from bridge.store.columns import UtcDateTime
from bridge.store.tables import metadata


def _plain_types(kind: str, item: Any, _: AutogenContext) -> str | Literal[False]:
    """A migration is history: it names the database's types, not ours, which may change their ways later."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_item=_plain_types,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
