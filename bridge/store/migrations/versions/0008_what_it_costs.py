"""What is sent is counted, Homes are kept fresh, and the audit trail is a chain that nobody may change."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from bridge.store import append_only
from bridge.store.columns import Id, UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, columns in _new().items():
        for column in columns:
            op.add_column(table, column)
    _count_what_is_paid_for()
    _subscribe()
    _show_how_it_stands()
    _hold_what_is_old()
    _chain()
    append_only.guard(op.get_bind())


def _chain() -> None:
    """Entries of the audit trail get their places and hashes within minutes of the next start."""
    op.create_index("ix_audit_unsealed", "audit", ["firm_id", "id"], **_of("place IS NULL"))
    op.create_index(
        "uq_audit_firm_id_place", "audit", ["firm_id", "place"], unique=True, **_of("place IS NOT NULL")
    )
    op.create_table(
        "audit_heads",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("firm_id", Id, sa.ForeignKey("firms.id", name=op.f("fk_audit_heads_firm_id")), nullable=False),
        sa.Column("place", Id, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("seal", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("firm_id", name=op.f("uq_audit_heads_firm_id")),
    )


def _show_how_it_stands() -> None:
    op.create_index("ix_messages_unshown", "messages", ["firm_id", "conversation_id", "id"], **_of("unshown"))
    op.create_table(
        "homes",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("firm_id", Id, sa.ForeignKey("firms.id", name=op.f("fk_homes_firm_id")), nullable=False),
        sa.Column("user_id", sa.String(20), nullable=False),
        sa.Column("opened_at", UtcDateTime, nullable=False),
        sa.Column("page", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("firm_id", "user_id", name=op.f("uq_homes_firm_id_user_id")),
    )


def _hold_what_is_old() -> None:
    op.create_table(
        "legal_holds",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("firm_id", Id, sa.ForeignKey("firms.id", name=op.f("fk_legal_holds_firm_id")), nullable=False),
        sa.Column("contact_id", Id, sa.ForeignKey("contacts.id", name=op.f("fk_legal_holds_contact_id"))),
        sa.Column("why", sa.String(300), nullable=False),
        sa.Column("placed_by", sa.String(40), nullable=False),
        sa.Column("placed_at", UtcDateTime, nullable=False),
        sa.Column("lifted_why", sa.String(300)),
        sa.Column("lifted_at", UtcDateTime),
    )
    op.create_index("ix_legal_holds_standing", "legal_holds", ["firm_id"], **_of("lifted_at IS NULL"))


def _count_what_is_paid_for() -> None:
    op.create_table(
        "usage",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("firm_id", Id, sa.ForeignKey("firms.id", name=op.f("fk_usage_firm_id")), nullable=False),
        sa.Column("message_id", Id, sa.ForeignKey("messages.id", name=op.f("fk_usage_message_id")), nullable=False),
        sa.Column("plan", sa.String(20), nullable=False),
        sa.Column("at", UtcDateTime, nullable=False),
        sa.Column("units", sa.Integer, nullable=False, server_default="1"),
        *(sa.Column(name, UtcDateTime) for name in ("failed_at", "tried_at", "reported_at", "lost_at")),
        sa.UniqueConstraint("firm_id", "message_id", name=op.f("uq_usage_firm_id_message_id")),
    )
    unreported = "plan = 'add-on' AND reported_at IS NULL AND failed_at IS NULL AND lost_at IS NULL"
    to_take_back = "failed_at IS NOT NULL AND tried_at IS NOT NULL AND lost_at IS NULL"
    op.create_index("ix_usage_to_take_back", "usage", ["firm_id"], **_of(to_take_back))
    op.create_index("ix_usage_unreported", "usage", ["firm_id", "at"], **_of(unreported))
    op.create_index("ix_usage_lost", "usage", ["firm_id", "lost_at"], **_of("lost_at IS NOT NULL"))
    op.create_index("ix_usage_firm_id_at_plan", "usage", ["firm_id", "at", "plan"], **_of("failed_at IS NULL"))


def _subscribe() -> None:
    op.create_table(
        "subscriptions",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("firm_id", Id, sa.ForeignKey("firms.id", name=op.f("fk_subscriptions_firm_id")), nullable=False),
        sa.Column("customer", sa.String(40)),
        sa.Column("stripe_id", sa.String(40)),
        sa.Column("status", sa.String(20)),
        *(sa.Column(name, UtcDateTime) for name in ("period_start", "period_end")),
        sa.Column("ends_with_period", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("attempt", sa.String(40)),
        sa.Column("wished_by", sa.String(20)),
        sa.Column("wish", sa.String(10)),
        sa.Column("problem", sa.String(60)),
        sa.Column("away_text", sa.String(320)),
        sa.Column("told_unpaid", sa.Integer, nullable=False, server_default="0"),
        *(sa.Column(name, UtcDateTime) for name in ("read_at", "compared_at")),
        sa.Column("usage_off", sa.Integer, nullable=False, server_default="0"),
        sa.UniqueConstraint("firm_id", name=op.f("uq_subscriptions_firm_id")),
        sa.UniqueConstraint("customer", name=op.f("uq_subscriptions_customer")),
    )


def _of(words: str) -> dict[str, Any]:
    return {"sqlite_where": sa.text(words), "postgresql_where": sa.text(words)}


def _new() -> dict[str, list[sa.Column[object]]]:
    return {
        "firms": [
            sa.Column("month_full_at", UtcDateTime),
            sa.Column("told_month", UtcDateTime),
            sa.Column("told_level", sa.Integer, nullable=False, server_default="0"),
            sa.Column("unpaid_since", UtcDateTime),
            sa.Column("away_text", sa.String(320)),
            sa.Column("next_step", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("home_seen_at", UtcDateTime),
        ],
        "messages": [
            sa.Column("unshown", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("mms", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("forgotten_at", UtcDateTime),
        ],
        "numbers": [sa.Column("mms", sa.Boolean), sa.Column("no_mms_told_at", UtcDateTime)],
        "conversations": [sa.Column("away_at", UtcDateTime)],
        "audit": [sa.Column("place", Id), sa.Column("hash", sa.LargeBinary)],
    }


def downgrade() -> None:
    append_only.unguard(op.get_bind())
    for index in ("ix_audit_unsealed", "uq_audit_firm_id_place"):
        op.drop_index(index, "audit")
    op.drop_table("audit_heads")
    op.drop_table("legal_holds")
    op.drop_table("homes")
    op.drop_index("ix_messages_unshown", "messages")
    op.drop_table("usage")
    op.drop_table("subscriptions")
    for table, columns in _new().items():
        for column in columns:
            op.drop_column(table, column.name)
