"""What a firm pays is kept with its subscription: the operator's price may be another one by now."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Of those that run it is known within an hour: each subscription is read that often."""
    op.add_column("subscriptions", sa.Column("terms", sa.JSON()))


def downgrade() -> None:
    op.drop_column("subscriptions", "terms")
