"""Claims by when they end: those that ended are looked for again and again, those that began today are not."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BEFORE, NOW = "ix_outbox_state_due_at", "ix_outbox_state_lease_until"


def upgrade() -> None:
    """On PostgreSQL a claim leaves an entry behind when it ends. By their moments, those of the last minutes lie
    beyond what is looked for; by when a row was due, all of them were gone through each time.

    The old index goes last: from then on others may not even read, until this is committed.
    """
    _replace(BEFORE, NOW, "lease_until")


def downgrade() -> None:
    _replace(NOW, BEFORE, "due_at")


def _replace(old: str, new: str, moment: str) -> None:
    if op.get_bind().dialect.name == "postgresql":
        # Whoever reads or writes for long makes this fail, to be tried again: behind us all would queue.
        op.execute(sa.text("SET LOCAL lock_timeout = '2s'"))
    op.create_index(new, "outbox", ["state", moment])
    op.drop_index(old, "outbox")
