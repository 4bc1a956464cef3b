"""Firms, and what belongs to one as a whole: its channels, its numbers, its staff."""

from sqlalchemy import JSON, Boolean, Column, Index, Integer, LargeBinary, String, Table, UniqueConstraint

from bridge.store.columns import of_firm, row_id, when, where, yes
from bridge.store.tables.metadata import metadata

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
    Column("preferences", JSON, nullable=False, server_default="{}"),
    Column("account_sid", String(34)),
    Column("account_token", LargeBinary),
    when("capped_at", optional=True),
    # Texts of this month: since when there are as many as the firm's own cap allows; and of which month its admins
    # were told last how much of the allowance is used, in percent.
    when("month_full_at", optional=True),
    when("told_month", optional=True),
    Column("told_level", Integer, nullable=False, server_default="0"),
    # Since when a payment for two-way SMS is open.
    when("unpaid_since", optional=True),
    # While two-way SMS is off: what leads who text are told, if anything.
    Column("away_text", String(320)),
    # Since it is on: whether admins are still shown what to do next; when somebody last looked at their Home.
    yes("next_step"),
    when("home_seen_at", optional=True),
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
    # Whether it can send MMS; of numbers that were connected before anybody asked it is not known.
    Column("mms", Boolean),
    when("no_mms_told_at", optional=True),
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

# Who has looked at their Home, when last, and which page of the conversations it shows.
homes = Table(
    "homes",
    metadata,
    *of_firm(),
    Column("user_id", String(20), nullable=False),
    when("opened_at"),
    Column("page", Integer, nullable=False, server_default="0"),
    UniqueConstraint("firm_id", "user_id"),
)

# What other programs show to enter leads. Of a key only its hash is kept; `prefix` is how people tell them apart.
# `used_at` is the minute in which it was last used, with how many requests and how many leads in them.
api_keys = Table(
    "api_keys",
    metadata,
    *of_firm(),
    Column("name", String(80), nullable=False),
    Column("prefix", String(16), nullable=False),
    Column("hash", LargeBinary, nullable=False, unique=True),
    when("created_at"),
    when("used_at", optional=True),
    Column("requests", Integer, nullable=False, server_default="0"),
    Column("leads", Integer, nullable=False, server_default="0"),
    when("revoked_at", optional=True),
    UniqueConstraint("firm_id", "name"),
)
