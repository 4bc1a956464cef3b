"""Indexes only of the rows that are looked for in them: each row stored is a piece of work for each index."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEXES = (  # index, table, columns, and the column without which a row is not in it
    ("ix_messages_firm_id_author_id_created_at", "messages", ["firm_id", "author_id", "created_at"], "author_id"),
    ("ix_outbox_batch", "outbox", ["batch"], "batch"),
    ("ix_outbox_done_at", "outbox", ["done_at"], "done_at"),
)


def upgrade() -> None:
    for name, table, columns, needed in INDEXES:
        of_some = sa.text(f"{needed} IS NOT NULL")
        op.drop_index(name, table)
        op.create_index(name, table, columns, sqlite_where=of_some, postgresql_where=of_some)


def downgrade() -> None:
    for name, table, columns, _ in INDEXES:
        op.drop_index(name, table)
        op.create_index(name, table, columns)
