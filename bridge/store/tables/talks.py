"""What was said."""

from sqlalchemy import Column, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from bridge.store.columns import of_firm, ref, when, where, yes
from bridge.store.tables.metadata import metadata

conversations = Table(
    "conversations",
    metadata,
    *of_firm(),
    ref("contact_id", "contacts"),
    ref("number_id", "numbers"),
    Column("status", String(10), nullable=False, server_default="open"),
    when("last_at"),
    # When the lead was last told that nobody reads this, because two-way SMS is off.
    when("away_at", optional=True),
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
    Column("subject", String(200)),
    Column("body", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("sid", String(34)),
    Column("error_code", String(20)),
    Column("segments", Integer),
    # It went out as MMS, with pictures or words alone.
    yes("mms"),
    Column("author_id", String(20)),
    Column("origin_channel", String(20)),
    Column("origin_ts", String(20)),
    Column("client_msg_id", String(50)),
    Column("mark", String(30)),
    yes("late"),
    # It came while two-way SMS was off, and is in no thread.
    yes("unshown"),
    when("send_at", optional=True),
    Column("waived_by", String(20)),
    when("started_at", optional=True),
    # When its words were deleted, because their time was over; all else of it stays.
    when("forgotten_at", optional=True),
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

Index("ix_messages_unshown", messages.c.firm_id, messages.c.conversation_id, messages.c.id, **where("unshown"))

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

# What people made of texts in Slack after they had written them, as Slack told it at `told_at`: the words `before`
# and `after`, none after a deletion. Without a text, it is not known yet whether the message will be one.
edits = Table(
    "edits",
    metadata,
    *of_firm(),
    ref("message_id", "messages", optional=True),
    Column("channel_id", String(20), nullable=False),
    Column("ts", String(20), nullable=False),
    Column("told_at", String(40), nullable=False),
    when("at"),
    Column("by_id", String(20)),
    yes("deleted"),
    Column("before", Text, nullable=False),
    Column("after", Text),
    UniqueConstraint("firm_id", "channel_id", "ts", "told_at"),
    Index("ix_edits_message_id", "message_id"),
    Index("ix_edits_waiting", "at", **where("message_id IS NULL")),
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
