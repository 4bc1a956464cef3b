"""A table is looked through, and its rows are entered: some at a time, so that whoever stops or dies loses nothing.

What was entered and how far it has come are stored together: to go on from there doubles nothing and skips nothing.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from bridge.gateways.errors import GatewayError, Retry
from bridge.rules import signups
from bridge.rules.signups import Signup
from bridge.rules.tables import NoTable, Row
from bridge.services import announce, leads, table_files
from bridge.services.deps import Deps
from bridge.services.holds import Hold
from bridge.services.promises import Later, Promise
from bridge.store import firms, imports, outbox
from bridge.store import leads as leads_store
from bridge.store.firms import Firm
from bridge.store.imports import Import

AT_ONCE = 50  # rows that are entered together: whoever comes to the door meanwhile waits for them
BIT = 25  # rows that are read before others have their turn
A_WHILE, MANY = 5.0, 2_000  # seconds and rows, after which other tables have their turn
TOLD_EVERY = timedelta(seconds=2)
SOON = timedelta(seconds=1)
FIRST_ROW = 2  # as spreadsheets count them; the first are the columns
SHOWN = 3  # problems that are shown before anything is entered


@dataclass
class Found:
    """What was seen in a table. `problems` are the first: the row's number in the file, and what is wrong."""

    good: int = 0
    bad: int = 0
    known: int = 0
    problems: list[tuple[int, str]] = field(default_factory=list)


async def go_on(deps: Deps, row: outbox.Row, now: datetime) -> None:
    """Do what is next with the table of this row. Raises GatewayError, Later."""
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
        this = await imports.get(tx, row.firm_id, row.payload["import_id"])
    hold = Hold(deps, row)
    try:
        if this.state == "looking":
            await _look(deps, row, firm, this, hold)
        elif this.state == "running":
            await _run(deps, row, firm, this, hold)
        else:
            table_files.let_go(deps, this)
            await deps.finish([row])
    except NoTable as wrong:
        await _failed(deps, row, this, wrong.code)
    except GatewayError as error:
        if error.retry is not Retry.NEVER:
            raise
        await _failed(deps, row, this, error.code)


async def _look(deps: Deps, row: outbox.Row, firm: Firm, this: Import, hold: Hold) -> None:
    async with table_files.at_hand(deps, firm, this, hold) as table:
        how, rows = table.read()
        columns = this.columns or signups.guess(how.named)
        found = await _survey(deps, firm, rows, columns, hold)
    table_files.let_go(deps, this)  # who knows when somebody will decide
    if not found.good and not found.bad:
        raise NoTable("empty")
    seen = {"digest": table.digest, "headings": how.named, "columns": columns, "looks": this.looks + 1}
    await deps.keep(partial(_settle, deps, row, this, state="asking", **seen, **vars(found)))


async def _survey(
    deps: Deps, firm: Firm, rows: Iterator[tuple[int, Row]], columns: Mapping[str, str], hold: Hold
) -> Found:
    found = Found()
    while some := await _some(rows, columns, hold):
        first = FIRST_ROW + found.good + found.bad
        wrong = [(first + number, read) for number, (_, read) in enumerate(some) if isinstance(read, str)]
        given = [read for _, read in some if isinstance(read, Signup)]
        found.good, found.bad = found.good + len(given), found.bad + len(wrong)
        found.problems += wrong[: SHOWN - len(found.problems)]
        async with deps.db.glance() as tx:
            known = await leads_store.digests(tx, firm.id, {str(each.origin) for each in given})
        found.known += len(known)
    return found


async def _some(
    rows: Iterator[tuple[int, Row]], columns: Mapping[str, str], hold: Hold
) -> list[tuple[int, Signup | str]]:
    """What the next rows say, AT_ONCE of them or all that are left, each with the place behind it."""
    some: list[tuple[int, Signup | str]] = []
    while len(some) < AT_ONCE:
        bit = [(place, signups.read(row, columns)) for place, row in islice(rows, BIT)]
        some += bit
        await asyncio.sleep(0)
        if not bit:
            break
    await hold()
    return some


async def _run(deps: Deps, row: outbox.Row, firm: Firm, this: Import, hold: Hold) -> None:
    """Enter some of it, from where it stopped."""
    until, begun = deps.steady() + A_WHILE, this.seen
    async with table_files.at_hand(deps, firm, this, hold) as table:
        rows = table.read(this.place)[1]
        while some := await _some(rows, this.columns or {}, hold):
            this = await deps.keep(partial(_enter, deps, firm, this, some))
            if deps.steady() > until or this.seen - begun >= MANY:
                break
    if some:
        await deps.keep(partial(_pause, deps, row, this))
    else:
        await _end(deps, row, this)


async def _enter(deps: Deps, firm: Firm, this: Import, some: Sequence[tuple[int, Signup | str]]) -> Import:
    """What was entered, and that it was. Raises Later where somebody has stopped it, or was faster."""
    now, given = deps.clock(), [read for _, read in some if isinstance(read, Signup)]
    async with deps.db.begin() as tx:
        new = await leads.take_in(tx, firm, given, now, actor=this.user_id)
        counts = {"entered": len(new), "repeated": len(given) - len(new), "rejected": len(some) - len(given)}
        if not await imports.advance(tx, firm.id, this, some[-1][0], **counts):
            raise Later(SOON)
        return await imports.get(tx, firm.id, this.id)


async def _pause(deps: Deps, row: outbox.Row, this: Import) -> None:
    """Others have their turn, and then it goes on."""
    now = deps.clock()
    async with deps.db.begin() as tx:
        if await outbox.finish(tx, row, now):
            await announce.go_on_importing(tx, row.firm_id, this.id, now)
            await announce.show_import(tx, row.firm_id, this, now, soon=TOLD_EVERY)


async def _end(deps: Deps, row: outbox.Row, this: Import) -> None:
    await deps.keep(partial(_settle, deps, row, this, state="done", ended_at=deps.clock()))
    if not this.rejected:
        table_files.let_go(deps, this)


async def _failed(deps: Deps, row: outbox.Row, this: Import, code: str) -> None:
    table_files.let_go(deps, this)
    ended = {"state": "failed", "reason": code[:60], "ended_at": deps.clock()}
    await deps.keep(partial(_settle, deps, row, this, **ended))


async def _settle(deps: Deps, row: outbox.Row, this: Import, **changes: Any) -> None:
    """The table is in another state, and its message shows it; unless somebody has moved it meanwhile."""
    now = deps.clock()
    async with deps.db.begin() as tx:
        if not await outbox.finish(tx, row, now):
            return
        if await imports.change(tx, row.firm_id, this.id, this.state, **changes):
            await announce.show_import(tx, row.firm_id, this, now)
            if changes["state"] == "done" and this.rejected:
                await announce.hand_back(tx, row.firm_id, this, now)


async def give_up(deps: Deps, row: outbox.Row, error: GatewayError, now: datetime) -> None:
    """Slack did not hand out the file for a day, or we have stumbled over it again and again."""
    async with deps.db.glance() as tx:
        this = await imports.get(tx, row.firm_id, row.payload["import_id"])
    await _failed(deps, row, this, error.code)


IMPORT = Promise(keep=go_on, give_up=give_up)
