"""Rows that wait are found by their way."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

WAITING = sa.text("state NOT IN ('sending', 'done', 'dead')")


def upgrade() -> None:
    op.create_index(
        "ix_outbox_ways",
        "outbox",
        ["firm_id", "service", "route", "due_at"],
        sqlite_where=WAITING,
        postgresql_where=WAITING,
    )


def downgrade() -> None:
    op.drop_index("ix_outbox_ways", "outbox")
