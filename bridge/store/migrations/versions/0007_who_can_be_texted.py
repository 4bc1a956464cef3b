"""More is known about leads and their numbers, firms have preferences, other programs keys; tables are imported."""

import sqlalchemy as sa
from alembic import op

from bridge.store.columns import Id, UtcDateTime, term

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table, columns in _new().items():
        for column in columns:
            op.add_column(table, column)
    # What is there already was said by leads. Which of it came late was not kept: all of it may have.
    op.execute("UPDATE consent_events SET late = true")
    # Until now only a text made a contact.
    op.execute("UPDATE contacts SET heard_at = created_at")
    of_some = sa.text("suspected_at IS NOT NULL")
    op.create_index(
        "ix_contacts_suspected_at", "contacts", ["suspected_at"], sqlite_where=of_some, postgresql_where=of_some
    )
    op.create_table(
        "api_keys",
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("firm_id", Id, sa.ForeignKey("firms.id", name=op.f("fk_api_keys_firm_id")), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("prefix", sa.String(16), nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("used_at", UtcDateTime),
        sa.Column("requests", sa.Integer, nullable=False, server_default="0"),
        sa.Column("leads", sa.Integer, nullable=False, server_default="0"),
        sa.Column("revoked_at", UtcDateTime),
        sa.UniqueConstraint("hash", name=op.f("uq_api_keys_hash")),
        sa.UniqueConstraint("firm_id", "name", name=op.f("uq_api_keys_firm_id_name")),
    )
    _let_go_of_leads()
    op.create_table("imports", *_imports())


def _imports() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("id", Id, primary_key=True, autoincrement=True),
        sa.Column("firm_id", Id, sa.ForeignKey("firms.id", name=op.f("fk_imports_firm_id")), nullable=False),
        sa.Column("view_id", sa.String(40), nullable=False),
        sa.Column("user_id", sa.String(20), nullable=False),
        sa.Column("url", sa.String(1000), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("state", sa.String(10), nullable=False, server_default="looking"),
        sa.Column("reason", sa.String(60)),
        sa.Column("digest", sa.String(64)),
        sa.Column("headings", sa.JSON, nullable=False, server_default="[]"),
        sa.Column("columns", sa.JSON),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in ("looks", "good", "bad")),
        sa.Column("known", sa.Integer, nullable=False, server_default="0"),
        sa.Column("problems", sa.JSON, nullable=False, server_default="[]"),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in ("place", "entered")),
        *(sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in ("repeated", "rejected")),
        sa.Column("channel_id", sa.String(20)),
        sa.Column("ts", sa.String(30)),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("ended_at", UtcDateTime),
        sa.UniqueConstraint("firm_id", "view_id", name=op.f("uq_imports_firm_id_view_id")),
    ]


def _new() -> dict[str, list[sa.Column[object]]]:
    return {
        "firms": [
            sa.Column("preferences", sa.JSON, nullable=False, server_default="{}"),
            sa.Column("capped_at", UtcDateTime),
        ],
        "leads": [
            sa.Column("time_zone", sa.String(40)),
            sa.Column("tags", sa.JSON, nullable=False, server_default="[]"),
            sa.Column("attributes", sa.JSON, nullable=False, server_default="{}"),
            sa.Column("digest", sa.LargeBinary),
        ],
        "contacts": [
            sa.Column("marketing", sa.String(10), nullable=False, server_default="none"),
            sa.Column("marketing_until", UtcDateTime),
            sa.Column("suspected_at", UtcDateTime),
            sa.Column("line_checked_at", UtcDateTime),
            sa.Column("heard_at", UtcDateTime),
            sa.Column("filtered", sa.Integer, nullable=False, server_default="0"),
            sa.Column("blocked_at", UtcDateTime),
        ],
        "messages": [
            sa.Column("send_at", UtcDateTime),
            sa.Column("subject", sa.String(200)),
            sa.Column("waived_by", sa.String(20)),
        ],
        "consent_events": [
            sa.Column("scope", sa.String(10), nullable=False, server_default="all"),
            sa.Column("actor", sa.String(40), nullable=False, server_default="lead"),
            sa.Column("late", sa.Boolean, nullable=False, server_default=sa.false()),
            sa.Column("until", UtcDateTime),
        ],
    }


def _let_go_of_leads() -> None:
    """Terms refer to leads no more: to remove one lead, the database would read the terms of all."""
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint("fk_lead_terms_lead_id", "lead_terms")
        return
    op.rename_table("lead_terms", "former_terms")  # SQLite cannot take a reference away
    op.create_table(
        "lead_terms",
        sa.Column("firm_id", Id, sa.ForeignKey("firms.id", name=op.f("fk_lead_terms_firm_id")), nullable=False),
        term(64),
        sa.Column("lead_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("firm_id", "term", "lead_id", name=op.f("pk_lead_terms")),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO lead_terms SELECT firm_id, term, lead_id FROM former_terms")
    op.drop_table("former_terms")


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.create_foreign_key("fk_lead_terms_lead_id", "lead_terms", "leads", ["lead_id"], ["id"])
    op.drop_table("imports")
    op.drop_table("api_keys")
    op.drop_index("ix_contacts_suspected_at", "contacts")
    for table, columns in _new().items():
        for column in columns:
            op.drop_column(table, column.name)
