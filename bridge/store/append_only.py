"""What is only ever added to: the database itself refuses to change or to forget it, whoever asks.

Whoever may change tables can take these triggers away, and then the chain of the audit trail tells what was
changed. A migration that has to change such a table, as to forget what is too old, calls unguard() before and
guard() after it; and so does one that makes such a table anew on SQLite, where its triggers go with the old one.
"""

from sqlalchemy import Connection, text

from bridge.store.tx import Tx

# Of what may be changed all the same: an entry gets its place and its hash, once; a chain's end only moves forward.
SEALED = (
    "OLD.place IS NULL AND NEW.place IS NOT NULL AND NEW.hash IS NOT NULL AND {same[id]} AND {same[firm_id]}"
    " AND {same[at]} AND {same[actor]} AND {same[action]} AND {same[facts]}"
)
MOVED_ON = "{same[id]} AND {same[firm_id]} AND (NEW.place > OLD.place OR NEW.place = OLD.place AND {same[hash]})"
GUARDED: dict[str, str | None] = {"audit": SEALED, "audit_heads": MOVED_ON, "consent_events": None}
REFUSE = """CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation'; END $$"""

_OF_SQLITE = text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
_OF_POSTGRES = text("SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'")


def names(dialect: str) -> list[str]:
    """Of all triggers."""
    events = ("update", "delete") if dialect == "sqlite" else ("update", "delete", "truncate")
    return [f"{table}_refuses_{event}" for table in GUARDED for event in events]


def guard(connection: Connection) -> None:
    """From now on they are refused."""
    dialect = connection.dialect.name
    if dialect == "postgresql":
        connection.exec_driver_sql(REFUSE)
    for table, unless in GUARDED.items():
        for statement in (_sqlite if dialect == "sqlite" else _postgres)(table, unless):
            connection.exec_driver_sql(statement)


def unguard(connection: Connection) -> None:
    """From now on everything is allowed."""
    for name in names(connection.dialect.name):
        of_table = "" if connection.dialect.name == "sqlite" else f" ON {name.partition('_refuses_')[0]}"
        connection.exec_driver_sql(f"DROP TRIGGER {name}{of_table}")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("DROP FUNCTION refuse_change")


async def missing(tx: Tx) -> list[str]:
    """The triggers that somebody has taken away."""
    found = {row[0] for row in await tx.rows(_OF_SQLITE if tx.dialect == "sqlite" else _OF_POSTGRES)}
    return [name for name in names(tx.dialect) if name not in found]


def _sqlite(table: str, unless: str | None) -> list[str]:
    when = f" WHEN NOT ({unless.format(same=_Same('{0} IS {1}'))})" if unless else ""
    refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append only'); END"
    return [
        f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table}{when} {refuse}",
        f"CREATE TRIGGER {table}_refuses_delete BEFORE DELETE ON {table} {refuse}",
    ]


def _postgres(table: str, unless: str | None) -> list[str]:
    # As text, because values of JSON cannot be compared.
    when = (
        f" WHEN (NOT ({unless.format(same=_Same('{0}::text IS NOT DISTINCT FROM {1}::text'))}))" if unless else ""
    )
    refuse = "EXECUTE FUNCTION refuse_change()"
    return [
        f"CREATE TRIGGER {table}_refuses_update BEFORE UPDATE ON {table} FOR EACH ROW{when} {refuse}",
        f"CREATE TRIGGER {table}_refuses_delete BEFORE DELETE ON {table} FOR EACH ROW {refuse}",
        f"CREATE TRIGGER {table}_refuses_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT {refuse}",
    ]


class _Same:
    """Says of a column that it stays as it is, in a database's words."""

    def __init__(self, words: str) -> None:
        self._words = words

    def __getitem__(self, column: str) -> str:
        return self._words.format(f"OLD.{column}", f"NEW.{column}")
