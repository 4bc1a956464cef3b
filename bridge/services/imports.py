"""Somebody brings in leads: drops a table in a modal, says which column is what, and lets it be entered or not."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bridge.rules import signups
from bridge.services import announce
from bridge.services.deps import Deps
from bridge.store import audit, imports
from bridge.store.firms import Firm
from bridge.store.imports import Import
from bridge.store.tx import Tx

TOO_LATE = "This has moved on since. Look at the message about it."


@dataclass(frozen=True, repr=False)
class Dropped:
    """A file that somebody put into the modal `view_id`."""

    view_id: str
    user_id: str
    name: str
    url: str


@dataclass(frozen=True)
class Press:
    """A button under the message about a table; where that stands, and how often it had been looked through."""

    view_id: str
    looks: int
    user_id: str
    channel_id: str
    ts: str


async def drop(deps: Deps, firm: Firm, dropped: Dropped, now: datetime) -> None:
    """Remember it, so that it is looked through; once, however often the modal is sent."""
    async with deps.db.begin() as tx:
        import_id = await imports.add(tx, firm.id, now, **vars(dropped))
        if import_id is not None:
            await announce.go_on_importing(tx, firm.id, import_id, now)
            await audit.record(
                tx, firm.id, now, actor=dropped.user_id, action="drop_table", facts={"import": import_id}
            )


async def enter(deps: Deps, firm: Firm, press: Press, now: datetime) -> None:
    """Enter what can be entered of it. Of several presses the first counts; what they saw must still be so."""
    async with deps.db.begin() as tx:
        this = await imports.hold(tx, firm.id, press.view_id)
        if this is not None and this.state == "asking" and this.looks == press.looks and this.good:
            await _move(tx, firm, this, press, "running", now)
            await announce.go_on_importing(tx, firm.id, this.id, now)


async def cancel(deps: Deps, firm: Firm, press: Press, now: datetime) -> None:
    """Enter none of it, or nothing more; what was entered stays."""
    async with deps.db.begin() as tx:
        this = await imports.hold(tx, firm.id, press.view_id)
        if this is not None and this.state in {"asking", "running"}:
            await _move(tx, firm, this, press, "canceled", now)


async def _move(tx: Tx, firm: Firm, this: Import, press: Press, state: str, now: datetime) -> None:
    """The message whose button was pressed is the one that goes on showing it."""
    ended = {"ended_at": now} if state == "canceled" else {}
    where = {"channel_id": press.channel_id, "ts": press.ts}
    await imports.change(tx, firm.id, this.id, this.state, state=state, **where, **ended)
    await announce.show_import(tx, firm.id, await imports.get(tx, firm.id, this.id), now)
    facts = {"import": this.id, "was": this.state}
    await audit.record(tx, firm.id, now, actor=press.user_id, action=f"import_{state}", facts=facts)


async def look(deps: Deps, firm: Firm, view_id: str) -> Import | None:
    """The table that came in this modal."""
    async with deps.db.read() as tx:
        return await imports.by_view(tx, firm.id, view_id)


async def choose(
    deps: Deps, firm: Firm, view_id: str, columns: Mapping[str, str], now: datetime, *, user_id: str
) -> str | None:
    """Which column is which field: it is looked through again so. None, or why not."""
    async with deps.db.begin() as tx:
        this = await imports.hold(tx, firm.id, view_id)
        if this is None or this.state != "asking":
            return TOO_LATE
        chosen = {
            field: column
            for field, column in columns.items()
            if field in signups.CALLED and column in this.headings
        }
        await imports.change(tx, firm.id, this.id, "asking", state="looking", columns=chosen)
        await announce.go_on_importing(tx, firm.id, this.id, now)
        await announce.show_import(tx, firm.id, this, now)
        facts = {"import": this.id, "fields": sorted(chosen)}
        await audit.record(tx, firm.id, now, actor=user_id, action="choose_columns", facts=facts)
    return None
