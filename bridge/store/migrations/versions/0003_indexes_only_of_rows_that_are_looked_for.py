"""Indexes only of the rows that are looked for in them: each row stored is a piece of work for each index."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXES = (  # table, columns, the column without which a row is not in it, and the index before
    ("ix_messages_by_author", "messages", ["firm_id", "author_id", "created_at"], "author_id",
     "ix_messages_firm_id_author_id_created_at"),
    ("ix_outbox_company", "outbox", ["batch"], "batch", "ix_outbox_batch"),
    ("ix_outbox_ended", "outbox", ["done_at"], "done_at", "ix_outbox_done_at"),
)  # fmt: skip


def upgrade() -> None:
    """What is open in a lane is looked for by the lane. While PostgreSQL knows that nearly all rows are done, it
    takes all that is open for as quick to go through; so it shall not know.

    The old indexes go at the very end: from then on others may not even read, until all is committed.
    """
    for name, table, columns, needed, _ in INDEXES:
        of_some = sa.text(f"{needed} IS NOT NULL")
        op.create_index(name, table, columns, sqlite_where=of_some, postgresql_where=of_some)
    _wait_for_nobody()
    _let_states_be_known(known=False)
    for _, table, _, _, before in INDEXES:
        op.drop_index(before, table)


def downgrade() -> None:
    for _, table, columns, _, before in INDEXES:
        op.create_index(before, table, columns)
    _wait_for_nobody()
    _let_states_be_known(known=True)
    for name, table, *_ in INDEXES:
        op.drop_index(name, table)


def _let_states_be_known(*, known: bool) -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"ALTER TABLE outbox ALTER COLUMN state SET STATISTICS {-1 if known else 0}")


def _wait_for_nobody() -> None:
    """Whoever reads for long, such as a backup, makes this fail, to be tried again: behind us all would queue."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET LOCAL lock_timeout = '2s'")
