"""Tables of signups that somebody has dropped in Slack."""

from sqlalchemy import JSON, Column, Integer, String, Table, UniqueConstraint

from bridge.store.columns import of_firm, when
from bridge.store.tables.metadata import metadata


def _many(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, server_default="0")


imports = Table(
    "imports",
    metadata,
    *of_firm(),
    # The modal in which it was dropped, by which it is known when that is sent twice; and by whom.
    Column("view_id", String(40), nullable=False),
    Column("user_id", String(20), nullable=False),
    Column("url", String(1000), nullable=False),
    Column("name", String(255), nullable=False),
    # looking, asking, running, done, failed or canceled; and why, if it failed.
    Column("state", String(10), nullable=False, server_default="looking"),
    Column("reason", String(60)),
    # What was found in it: by its digest it is known when it is fetched again.
    Column("digest", String(64)),
    Column("headings", JSON, nullable=False, server_default="[]"),
    Column("columns", JSON),
    _many("looks"),
    _many("good"),
    _many("bad"),
    _many("known"),
    Column("problems", JSON, nullable=False, server_default="[]"),
    # How far it has been entered: the byte behind the last row, and what became of the rows.
    _many("place"),
    _many("entered"),
    _many("repeated"),
    _many("rejected"),
    # The message that shows all this.
    Column("channel_id", String(20)),
    Column("ts", String(30)),
    when("created_at"),
    when("ended_at", optional=True),
    UniqueConstraint("firm_id", "view_id"),
)
