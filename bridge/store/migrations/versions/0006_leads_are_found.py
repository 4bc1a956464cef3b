"""Leads are found by what they are called, and one that comes again is known by where it came from."""

import sqlalchemy as sa
from alembic import op

from bridge.rules.picker import terms
from bridge.store.columns import Id, term

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

AT_ONCE = 1000  # leads


def upgrade() -> None:
    """Those that are there already are entered, too."""
    op.add_column("leads", sa.Column("origin", sa.String(80)))
    of_some = sa.text("origin IS NOT NULL")
    op.create_index(
        "uq_leads_firm_id_origin",
        "leads",
        ["firm_id", "origin"],
        unique=True,
        sqlite_where=of_some,
        postgresql_where=of_some,
    )
    made = op.create_table(
        "lead_terms",
        sa.Column("firm_id", Id, sa.ForeignKey("firms.id", name=op.f("fk_lead_terms_firm_id")), nullable=False),
        term(64),
        sa.Column("lead_id", Id, sa.ForeignKey("leads.id", name=op.f("fk_lead_terms_lead_id")), nullable=False),
        sa.PrimaryKeyConstraint("firm_id", "term", "lead_id", name=op.f("pk_lead_terms")),
        sqlite_with_rowid=False,
    )
    _enter(made)


def _enter(made: sa.Table) -> None:
    leads = sa.table("leads", *(sa.column(name) for name in ("id", "firm_id", "name", "email", "phone")))
    last = 0
    while found := (
        op.get_bind().execute(sa.select(leads).where(leads.c.id > last).order_by(leads.c.id).limit(AT_ONCE)).all()
    ):
        rows = [
            {"firm_id": lead.firm_id, "lead_id": lead.id, "term": word}
            for lead in found
            for word in sorted(terms(lead.name, lead.email, lead.phone))
        ]
        op.bulk_insert(made, rows)
        last = found[-1].id


def downgrade() -> None:
    op.drop_table("lead_terms")
    op.drop_index("uq_leads_firm_id_origin", "leads")
    op.drop_column("leads", "origin")
