"""Every table. Apart from `meta`, each row belongs to a firm, and unique constraints start with firm_id.

Three are unique without it, because they are what a request from outside is recognised by: a Slack team
belongs to one firm, and a sending number to one firm.
"""

from sqlalchemy import (
    JSON,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from bridge.store.columns import Id, of_firm, ref, row_id, term, when, where, yes

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


meta = Table("meta", metadata, Column("key", String(50), primary_key=True), Column("value", LargeBinary))

firms = Table(
    "firms",
    metadata,
    row_id(),
    Column("team_id", String(20), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("bot_token", LargeBinary),
    Column("bot_user_id", String(20)),
    Column("bot_id", String(20)),
    Column("installer_id", String(20)),
    Column("channel_id", String(20)),
    Column("converted", JSON, nullable=False, server_default="[]"),
    Column("plan", String(20), nullable=False, server_default="included"),
    yes("two_way"),
    Column("help_text", String(320)),
    Column("account_sid", String(34)),
    Column("account_token", LargeBinary),
    when("created_at"),
    Index("ix_firms_account_sid", "account_sid", **where("account_sid IS NOT NULL")),
)

channels = Table(
    "channels",
    metadata,
    *of_firm(),
    Column("channel_id", String(20), nullable=False),
    Column("reply_mode", String(10), nullable=False, server_default="send"),
    UniqueConstraint("firm_id", "channel_id"),
)

numbers = Table(
    "numbers",
    metadata,
    *of_firm(),
    Column("phone", String(20), nullable=False, unique=True),
    Column("account_sid", String(34), nullable=False),
    Column("sid", String(34), nullable=False),
    Column("service_sid", String(34), index=True),
    yes("toll_free"),
    Column("keyword_replies", String(10), nullable=False, server_default="carrier"),
    Column("before", JSON, nullable=False),
    yes("ready"),
    when("swept_to", optional=True),
    when("created_at"),
)

staff = Table(
    "staff",
    metadata,
    *of_firm(),
    Column("user_id", String(20), nullable=False),
    Column("name", String(200), nullable=False),
    Column("role", String(10), nullable=False),
    Column("standing", String(10), nullable=False),
    when("checked_at"),
    UniqueConstraint("firm_id", "user_id"),
)

leads = Table(
    "leads",
    metadata,
    *of_firm(),
    Column("name", String(200), nullable=False),
    Column("email", String(320)),
    Column("phone", String(20)),
    Column("source", String(200)),
    Column("origin", String(80)),
    when("created_at"),
    Index("ix_leads_firm_id_phone_id", "firm_id", "phone", "id"),
    Index("uq_leads_firm_id_origin", "firm_id", "origin", unique=True, **where("origin IS NOT NULL")),
)

# What leads are found by. Without rows of its own, so that SQLite keeps it once and not twice.
lead_terms = Table(
    "lead_terms",
    metadata,
    ref("firm_id", "firms"),
    term(64),
    ref("lead_id", "leads"),
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
    when("created_at"),
    UniqueConstraint("firm_id", "phone"),
)

conversations = Table(
    "conversations",
    metadata,
    *of_firm(),
    ref("contact_id", "contacts"),
    ref("number_id", "numbers"),
    Column("status", String(10), nullable=False, server_default="open"),
    when("last_at"),
    when("created_at"),
    UniqueConstraint("firm_id", "contact_id"),
    Index("ix_conversations_firm_id_last_at", "firm_id", "last_at"),
)

threads = Table(
    "threads",
    metadata,
    *of_firm(),
    ref("conversation_id", "conversations"),
    Column("channel_id", String(20), nullable=False),
    Column("root_ts", String(20), nullable=False),
    Column("permalink", String(500)),
    yes("current", default=True),
    when("created_at"),
    UniqueConstraint("firm_id", "channel_id", "root_ts"),
    Index("ix_threads_conversation_id", "conversation_id"),
)

messages = Table(
    "messages",
    metadata,
    *of_firm(),
    ref("conversation_id", "conversations"),
    ref("number_id", "numbers"),
    Column("direction", String(3), nullable=False),
    Column("purpose", String(20)),
    Column("category", String(10), nullable=False, server_default="natural"),
    Column("body", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("sid", String(34)),
    Column("error_code", String(20)),
    Column("segments", Integer),
    Column("author_id", String(20)),
    Column("origin_channel", String(20)),
    Column("origin_ts", String(20)),
    Column("client_msg_id", String(50)),
    Column("mark", String(30)),
    yes("late"),
    when("started_at", optional=True),
    when("created_at"),
    UniqueConstraint("firm_id", "sid"),
    UniqueConstraint("firm_id", "origin_channel", "origin_ts"),
    UniqueConstraint("firm_id", "origin_channel", "client_msg_id"),
    Index("ix_messages_conversation_id_id", "conversation_id", "id"),
    Index(
        "ix_messages_by_author",
        "firm_id",
        "author_id",
        "created_at",
        **where("author_id IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

# Statuses of texts that are not final yet, so that the sweep which asks Twilio about them stays small.
Index("ix_messages_undecided", messages.c.created_at, **where("state = 'sent'"))

pictures = Table(
    "pictures",
    metadata,
    *of_firm(),
    ref("message_id", "messages"),
    Column("position", Integer, nullable=False),
    Column("url", String(1000), nullable=False),
    Column("name", String(200)),
    Column("media_type", String(100)),
    Column("content", LargeBinary),
    Column("state", String(10), nullable=False, server_default="waiting"),
    UniqueConstraint("firm_id", "message_id", "position"),
    Index("ix_pictures_content", "id", **where("content IS NOT NULL")),
    sqlite_autoincrement=True,
)

consent_events = Table(
    "consent_events",
    metadata,
    *of_firm(),
    ref("contact_id", "contacts"),
    Column("change", String(20), nullable=False),
    Column("source", String(20), nullable=False),
    Column("evidence", JSON, nullable=False),
    when("at"),
    Index("ix_consent_events_firm_id_contact_id", "firm_id", "contact_id"),
)

audit = Table(
    "audit",
    metadata,
    *of_firm(),
    when("at"),
    Column("actor", String(40), nullable=False),
    Column("action", String(40), nullable=False),
    Column("facts", JSON, nullable=False),
    Index("ix_audit_firm_id_at", "firm_id", "at"),
)

receipts = Table(
    "receipts",
    metadata,
    *of_firm(),
    Column("sid", String(34), nullable=False),
    Column("status", String(20), nullable=False),
    Column("error_code", String(20)),
    when("at"),
    UniqueConstraint("firm_id", "sid", "status"),
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
