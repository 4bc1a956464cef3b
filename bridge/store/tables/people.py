"""Who can be texted: signups, and what is known about their numbers."""

from sqlalchemy import (
    JSON,
    Column,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
)

from bridge.store.columns import Id, of_firm, ref, term, when, where, yes
from bridge.store.tables.metadata import metadata

leads = Table(
    "leads",
    metadata,
    *of_firm(),
    Column("name", String(200), nullable=False),
    Column("email", String(320)),
    Column("phone", String(20)),
    Column("source", String(200)),
    Column("origin", String(80)),
    Column("digest", LargeBinary),
    Column("time_zone", String(40)),
    Column("tags", JSON, nullable=False, server_default="[]"),
    Column("attributes", JSON, nullable=False, server_default="{}"),
    when("created_at"),
    Index("ix_leads_firm_id_phone_id", "firm_id", "phone", "id"),
    Index("uq_leads_firm_id_origin", "firm_id", "origin", unique=True, **where("origin IS NOT NULL")),
)

# What leads are found by. Without rows of its own, so that SQLite keeps it once and not twice; and without a
# reference to leads, for which the database would read all of it whenever a lead is removed.
lead_terms = Table(
    "lead_terms",
    metadata,
    ref("firm_id", "firms"),
    term(64),
    Column("lead_id", Id, nullable=False),
    PrimaryKeyConstraint("firm_id", "term", "lead_id"),
    sqlite_with_rowid=False,
)

contacts = Table(
    "contacts",
    metadata,
    *of_firm(),
    Column("phone", String(100), nullable=False),
    Column("line_type", String(20)),
    yes("opted_out"),
    yes("carrier_blocked"),
    # Consent to marketing: none, granted or revoked; what was granted may end by itself.
    Column("marketing", String(10), nullable=False, server_default="none"),
    when("marketing_until", optional=True),
    # Words that may have been an opt-out: nothing is sent until somebody has decided.
    when("suspected_at", optional=True),
    when("line_checked_at", optional=True),
    # When they first texted: whoever does can be texted, whatever a look-up says.
    when("heard_at", optional=True),
    Column("filtered", Integer, nullable=False, server_default="0"),
    when("blocked_at", optional=True),
    when("created_at"),
    UniqueConstraint("firm_id", "phone"),
    Index("ix_contacts_suspected_at", "suspected_at", **where("suspected_at IS NOT NULL")),
)

# What somebody said about texts to a number, in the order in which it was heard. `at` is when it was said: what is
# `late` may have been overtaken by then.
consent_events = Table(
    "consent_events",
    metadata,
    *of_firm(),
    ref("contact_id", "contacts"),
    Column("change", String(20), nullable=False),
    Column("scope", String(10), nullable=False, server_default="all"),
    Column("source", String(20), nullable=False),
    Column("actor", String(40), nullable=False, server_default="lead"),
    yes("late"),
    when("until", optional=True),
    Column("evidence", JSON, nullable=False),
    when("at"),
    Index("ix_consent_events_firm_id_contact_id", "firm_id", "contact_id"),
)

# Whose words are not deleted, however old: a contact's, or the whole firm's, where none is named. Several may hold
# the same; each is lifted by itself, and stays here.
legal_holds = Table(
    "legal_holds",
    metadata,
    *of_firm(),
    ref("contact_id", "contacts", optional=True),
    Column("why", String(300), nullable=False),
    Column("placed_by", String(40), nullable=False),
    when("placed_at"),
    Column("lifted_why", String(300)),
    when("lifted_at", optional=True),
    Index("ix_legal_holds_standing", "firm_id", **where("lifted_at IS NULL")),
)
