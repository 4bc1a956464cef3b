"""Tables of signups that somebody has dropped in Slack: what was found in them, and how far they are entered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from bridge.store.prepared import Prepared
from bridge.store.records import Id, adding, by, changing, find, held, one, the
from bridge.store.tables import imports
from bridge.store.tx import Tx


@dataclass(frozen=True, repr=False)
class Import:
    """One table. `columns` names the column of each field; None until it was guessed. `place` is in bytes.

    state: "looking", "asking", "running", "done", "failed" or "canceled".
    """

    id: int
    view_id: str
    user_id: str
    url: str
    name: str
    state: str
    reason: str | None
    digest: str | None
    headings: list[str]
    columns: dict[str, str] | None
    looks: int
    good: int
    bad: int
    known: int
    problems: list[list[Any]]
    place: int
    entered: int
    repeated: int
    rejected: int
    channel_id: str | None
    ts: str | None
    ended_at: datetime | None

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.good + self.bad

    @property
    def seen(self) -> int:
        """How many of them were entered, or could not be."""
        return self.entered + self.repeated + self.rejected


_i = imports.c
_advance = Prepared(
    update(imports)
    .where(_i.firm_id == bindparam("the_firm_id"), _i.id == bindparam("the_id"))
    .where(_i.state == "running", _i.place == bindparam("since"))
    .values(
        place=bindparam("upto"),
        **{name: _i[name] + bindparam(f"more_{name}") for name in ("entered", "repeated", "rejected")},
    )
)


async def add(tx: Tx, firm_id: int, now: datetime, **values: Any) -> int | None:
    """Remember a table; its id, or None where the same modal brought it before."""
    statement = adding(tx.dialect, imports, ("firm_id", "view_id"), returning=Id)
    added = one(Id, await tx.row(statement, {"firm_id": firm_id, "created_at": now, **values}))
    return added.id if added else None


async def get(tx: Tx, firm_id: int, import_id: int) -> Import:
    """A table. Raises LookupError."""
    return the(Import, await tx.row(find(Import, imports, "firm_id", "id"), by(firm_id=firm_id, id=import_id)))


async def by_view(tx: Tx, firm_id: int, view_id: str) -> Import | None:
    """The table that came in this modal, if one did."""
    found = find(Import, imports, "firm_id", "view_id")
    return one(Import, await tx.row(found, by(firm_id=firm_id, view_id=view_id)))


async def hold(tx: Tx, firm_id: int, view_id: str) -> Import | None:
    """As by_view(); nobody else changes it until this transaction ends."""
    return one(
        Import, await tx.row(held(Import, imports, "firm_id", "view_id"), by(firm_id=firm_id, view_id=view_id))
    )


async def change(tx: Tx, firm_id: int, import_id: int, was: str, **values: Any) -> bool:
    """Store what has changed; False when its state is not what it `was` any more."""
    statement = changing(imports, "firm_id", "id", "state")
    return await tx.run(statement, by(firm_id=firm_id, id=import_id, state=was) | values) == 1


async def shown_at(tx: Tx, firm_id: int, import_id: int, channel_id: str, ts: str) -> None:
    """Its message stands there."""
    where = {"channel_id": channel_id, "ts": ts}
    await tx.run(changing(imports, "firm_id", "id"), by(firm_id=firm_id, id=import_id) | where)


async def advance(tx: Tx, firm_id: int, this: Import, upto: int, **more: int) -> bool:
    """Rows were entered, up to that place; False when it was stopped, or somebody else has entered them."""
    counts = {f"more_{name}": number for name, number in more.items()}
    given = by(firm_id=firm_id, id=this.id) | {"since": this.place, "upto": upto} | counts
    return await tx.run(_advance, given) == 1
