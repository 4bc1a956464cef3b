"""Firms by the Twilio account that they brought: it is looked for with each webhook."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NAME = "ix_firms_account_sid"


def upgrade() -> None:
    """Firms are few, and written seldom: nobody waits for this."""
    of_some = sa.text("account_sid IS NOT NULL")
    op.create_index(NAME, "firms", ["account_sid"], sqlite_where=of_some, postgresql_where=of_some)


def downgrade() -> None:
    op.drop_index(NAME, "firms")
