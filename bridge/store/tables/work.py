"""What was done, and what is still to do."""

from sqlalchemy import JSON, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from bridge.store.columns import Id, of_firm, when, where
from bridge.store.tables.metadata import metadata

meta = Table("meta", metadata, Column("key", String(50), primary_key=True), Column("value", LargeBinary))

audit = Table(
    "audit",
    metadata,
    *of_firm(),
    when("at"),
    Column("actor", String(40), nullable=False),
    Column("action", String(40), nullable=False),
    Column("facts", JSON, nullable=False),
    # Set once, some seconds later: where the entry stands in its firm's chain, and the hash of the chain up to it.
    Column("place", Id),
    Column("hash", LargeBinary),
    Index("ix_audit_firm_id_at", "firm_id", "at"),
    Index("ix_audit_unsealed", "firm_id", "id", **where("place IS NULL")),
    Index("uq_audit_firm_id_place", "firm_id", "place", unique=True, **where("place IS NOT NULL")),
)

# Where each firm's chain ends, beside the chain; and the same under the encryption key.
audit_heads = Table(
    "audit_heads",
    metadata,
    *of_firm(),
    Column("place", Id, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("seal", LargeBinary, nullable=False),
    UniqueConstraint("firm_id"),
)

seen = Table(
    "seen",
    metadata,
    *of_firm(),
    Column("key", String(120), nullable=False),
    when("at"),
    UniqueConstraint("firm_id", "key"),
    Index("ix_seen_at", "at"),
)

outbox = Table(
    "outbox",
    metadata,
    *of_firm(),
    Column("lane", String(60), nullable=False),
    Column("service", String(10), nullable=False),
    Column("route", String(60), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String(10), nullable=False, server_default="ready"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("error", String(60)),
    Column("batch", Id),
    Column("lease", String(36)),
    when("lease_until", optional=True),
    when("started_at", optional=True),
    when("due_at"),
    when("created_at"),
    when("done_at", optional=True),
    Index("ix_outbox_ended", "done_at", **where("done_at IS NOT NULL")),
    Index("ix_outbox_company", "batch", **where("batch IS NOT NULL")),
    # Not partial ones by state: a query with its states as parameters could not use those.
    Index("ix_outbox_lane_state_id", "lane", "state", "id"),
    Index("ix_outbox_state_lease_until", "state", "lease_until"),
    Index(
        "ix_outbox_ways",
        "firm_id",
        "service",
        "route",
        "due_at",
        **where("state NOT IN ('sending', 'done', 'dead')"),
    ),
    sqlite_autoincrement=True,
)

routes = Table(
    "routes",
    metadata,
    *of_firm(),
    Column("name", String(60), nullable=False),
    when("free_at", optional=True),
    Column("off_reason", String(60)),
    when("off_since", optional=True),
    UniqueConstraint("firm_id", "name"),
)
