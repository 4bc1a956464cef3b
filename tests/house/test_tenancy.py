"""The firm is found once, at the door, and is an argument from there on: nothing is read or kept without it."""

import ast
from collections.abc import Iterator

from sqlalchemy import Column, Index, UniqueConstraint

from bridge.store import tables
from tests.house import source

# Store functions that do not ask for a firm, each with its reason.
AT_THE_DOOR = "finds out whose request it is"
WORKER = "the worker and the operator serve all firms; every row says whose it is"
COPY = "the whole database was put back"
SWEEP = "a sweep or a figure over all firms, which shows nothing of any"
WITHOUT_A_FIRM = {
    "agenda.oldest_due": SWEEP,
    "agenda.outlook": WORKER,
    "api_keys.shown": AT_THE_DOOR,
    "append_only.missing": "the triggers belong to the database",
    "audit.waiting": SWEEP,
    "backlog.count_unsettled": SWEEP,
    "backlog.counted": SWEEP,
    "backlog.drop": WORKER,
    "backlog.listing": WORKER,
    "backlog.revive": WORKER,
    "claims.candidates": WORKER,
    "claims.claim": WORKER,
    "claims.expire_leases": WORKER,
    "claims.give_back": WORKER,
    "claims.may_choose": WORKER,
    "claims.release": WORKER,
    "contacts.suspected": SWEEP,
    "durability.check": "they are the database's",
    "durability.server": "it serves the whole database",
    "durability.settings": "they are the database's",
    "firms.by_team": AT_THE_DOOR,
    "firms.everyone": WORKER,
    "firms.install": "makes the firm",
    "firms.with_account": AT_THE_DOOR,
    "joined.whose": AT_THE_DOOR,
    "keys.check": "the key belongs to the database",
    "keys.reseal": "the key belongs to the database",
    "messages.count_in_doubt": SWEEP,
    "messages.owner": AT_THE_DOOR,
    "migrate.is_enough": "the tables belong to the database",
    "numbers.by_service": AT_THE_DOOR,
    "numbers.everyone": WORKER,
    "outbox.finish": WORKER,
    "outbox.get": WORKER,
    "outbox.prune": SWEEP,
    "pictures.forget_content": SWEEP,
    "receipts.forget_before": SWEEP,
    "restored.doubt_rows": COPY,
    "restored.doubt_texts": COPY,
    "restored.doubt_usage": COPY,
    "restored.drop_asked": COPY,
    "restored.skip_ids": COPY,
    "retention.last_words": SWEEP,
    "routes.forget_quiet": SWEEP,
    "routes.off": SWEEP,
    "edits.drop_strays": SWEEP,
    "seen.forget_before": SWEEP,
    "unshown.of_firms_that_are_on": SWEEP,
    "usage.waiting": SWEEP,
    "subscriptions.of_customer": AT_THE_DOOR,
    "subscriptions.unpaid": SWEEP,
    "subscriptions.with_customers": SWEEP,
    "timeshift.by_what_is_stored": WORKER,
    "timeshift.keep_ages": WORKER,
    "timeshift.turn_back": WORKER,
    "usage.firms_to_report": SWEEP,
    "usage.lost": SWEEP,
}

# Unique without the firm, because requests from outside are recognised by them: see the top of store/tables.
UNIQUE_ACROSS_FIRMS = {
    "api_keys": [["hash"]],
    "firms": [["team_id"]],
    "numbers": [["phone"]],
    "subscriptions": [["customer"]],
}
SHARED = {"meta", "firms"}  # the database's own, and the list of firms itself


def test_store_functions_take_the_firm() -> None:
    without = {name for name, second in _queries() if second not in {"firm_id: int", "row: Row"}}
    assert without == set(WITHOUT_A_FIRM)


def test_every_row_belongs_to_a_firm() -> None:
    for table in tables.metadata.sorted_tables:
        if table.name not in SHARED:
            column: Column[int] = table.c.firm_id
            assert [key.target_fullname for key in column.foreign_keys] == ["firms.id"], table.name
            assert not column.nullable, table.name


def test_what_is_unique_is_unique_within_a_firm() -> None:
    for table in tables.metadata.sorted_tables:
        unique = [
            [column.name for column in found.columns]
            for found in (*table.constraints, *table.indexes)
            if isinstance(found, UniqueConstraint) or (isinstance(found, Index) and found.unique)
        ]
        across = [names for names in unique if names[0] != "firm_id"]
        assert across == UNIQUE_ACROSS_FIRMS.get(table.name, []), table.name


def _queries() -> Iterator[tuple[str, str]]:
    """Each public function that is handed a transaction, and its second argument."""
    for path in source.product():
        if not path.startswith("bridge/store/") or "/migrations/" in path:
            continue
        module = path.removeprefix("bridge/store/").removesuffix(".py")
        for node in source.tree(path).body:
            if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_"):
                given = [ast.unparse(argument) for argument in node.args.args]
                if given[:1] == ["tx: Tx"]:
                    yield f"{module}.{node.name}", given[1] if len(given) > 1 else ""
