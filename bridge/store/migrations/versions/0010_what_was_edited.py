"""What people edit and delete in Slack is kept, as it was before and after."""

import sqlalchemy as sa
from alembic import op

from bridge.store.columns import Id, UtcDateTime

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    of_firm = sa.ForeignKey("firms.id", name=op.f("fk_edits_firm_id"))
    of_text = sa.ForeignKey("messages.id", name=op.f("fk_edits_message_id"))
    op.create_table(
        "edits",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("firm_id", Id, of_firm, nullable=False),
        sa.Column("message_id", Id, of_text),
        sa.Column("channel_id", sa.String(20), nullable=False),
        sa.Column("ts", sa.String(20), nullable=False),
        sa.Column("told_at", sa.String(40), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("by_id", sa.String(20)),
        sa.Column("deleted", sa.Boolean, server_default=sa.text("false"), nullable=False),
        sa.Column("before", sa.Text, nullable=False),
        sa.Column("after", sa.Text),
        sa.UniqueConstraint(
            "firm_id", "channel_id", "ts", "told_at", name=op.f("uq_edits_firm_id_channel_id_ts_told_at")
        ),
    )
    op.create_index("ix_edits_message_id", "edits", ["message_id"])
    waiting = sa.text("message_id IS NULL")
    op.create_index("ix_edits_waiting", "edits", ["at"], sqlite_where=waiting, postgresql_where=waiting)


def downgrade() -> None:
    op.drop_table("edits")
