"""What is paid for, and by whom."""

from sqlalchemy import JSON, Column, Index, Integer, String, Table, UniqueConstraint

from bridge.store.columns import of_firm, ref, when, where, yes
from bridge.store.tables.metadata import metadata

UNREPORTED = "plan = 'add-on' AND reported_at IS NULL AND failed_at IS NULL AND lost_at IS NULL"
TO_TAKE_BACK = "failed_at IS NOT NULL AND tried_at IS NOT NULL AND lost_at IS NULL"

# Texts that the carrier took and that count towards what is paid: once each, under the plan of that moment, as so
# many `units`. What failed in the end, at `failed_at`, costs nothing. Those of the add-on are reported to Stripe:
# tried first at `tried_at`, taken at `reported_at`; `lost_at` is when it became certain that they never will be.
usage = Table(
    "usage",
    metadata,
    *of_firm(),
    ref("message_id", "messages"),
    Column("plan", String(20), nullable=False),
    when("at"),
    Column("units", Integer, nullable=False, server_default="1"),
    when("failed_at", optional=True),
    when("tried_at", optional=True),
    when("reported_at", optional=True),
    when("lost_at", optional=True),
    UniqueConstraint("firm_id", "message_id"),
    Index("ix_usage_firm_id_at_plan", "firm_id", "at", "plan", **where("failed_at IS NULL")),
    Index("ix_usage_to_take_back", "firm_id", **where(TO_TAKE_BACK)),
    Index("ix_usage_unreported", "firm_id", "at", **where(UNREPORTED)),
    Index("ix_usage_lost", "firm_id", "lost_at", **where("lost_at IS NOT NULL")),
)

# What a firm with the add-on is at Stripe: who pays, and the subscription that runs, or last ran, as it stood at
# `read_at`, on its own `terms`: of whoever began at another price, or none that we know. `attempt` is the wish
# that began it, by `wished_by`; `wish` what is wanted of it now and not done yet, and `problem` why the last one
# was not done. `away_text` is what leads are told once it has ended, and `told_unpaid` how often admins were told
# that it is not paid. At `compared_at`, Stripe's sum of the month's usage was `usage_off` texts more than it
# should have been, or fewer.
subscriptions = Table(
    "subscriptions",
    metadata,
    *of_firm(),
    Column("customer", String(40)),
    Column("stripe_id", String(40)),
    Column("status", String(20)),
    when("period_start", optional=True),
    when("period_end", optional=True),
    yes("ends_with_period"),
    Column("terms", JSON),
    Column("attempt", String(40)),
    Column("wished_by", String(20)),
    Column("wish", String(10)),
    Column("problem", String(60)),
    Column("away_text", String(320)),
    Column("told_unpaid", Integer, nullable=False, server_default="0"),
    when("read_at", optional=True),
    when("compared_at", optional=True),
    Column("usage_off", Integer, nullable=False, server_default="0"),
    UniqueConstraint("firm_id"),
    UniqueConstraint("customer"),
)
