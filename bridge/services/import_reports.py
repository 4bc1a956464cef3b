"""Whoever dropped a table reads in one direct message what becomes of it, and gets back what was not entered."""

import asyncio
import csv
import io
import tempfile
from dataclasses import fields
from datetime import datetime
from itertools import islice
from typing import BinaryIO

from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.slack_shapes import Posted
from bridge.rules import signups, tables
from bridge.rules.tables import NoTable
from bridge.services import announce, table_files
from bridge.services.deps import Deps
from bridge.services.holds import Hold
from bridge.services.promises import Promise, let_go
from bridge.services.table_files import Table
from bridge.store import firms, imports, outbox
from bridge.store.firms import Firm
from bridge.store.imports import Import
from bridge.views import imports as views
from bridge.views.shown import Shown

GONE = {"message_not_found", "edit_window_closed", "cant_update_message"}
BIT = 50  # rows that are read before others have their turn


async def _looked(deps: Deps, row: outbox.Row) -> tuple[Firm, Import]:
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
        return firm, await imports.get(tx, row.firm_id, row.payload["import_id"])


async def show(deps: Deps, row: outbox.Row, now: datetime) -> None:
    """The message shows what is true now; after a doubtful try again, for twice is better than not at all.

    Raises GatewayError.
    """
    firm, this = await _looked(deps, row)
    shown = views.message(views.Told(**{each.name: getattr(this, each.name) for each in fields(views.Told)}))
    try:
        if this.channel_id is None or this.ts is None or not await _changed(deps, firm, this, shown):
            await _post(deps, row, firm, this, shown)
            return
    except GatewayError as error:
        if error.scope is not Scope.CHANNEL:
            raise  # else they have left: no repair will bring it to them
    await deps.finish([row])


async def _changed(deps: Deps, firm: Firm, this: Import, shown: Shown) -> bool:
    slack = deps.clients.slack(firm)
    try:
        await slack.update(str(this.channel_id), str(this.ts), text=shown.text, blocks=shown.blocks)
    except GatewayError as error:
        if error.code not in GONE:
            raise
        return False
    return True


async def _post(deps: Deps, row: outbox.Row, firm: Firm, this: Import, shown: Shown) -> None:
    slack = deps.clients.slack(firm)
    posted = await slack.post(this.user_id, text=shown.text, blocks=shown.blocks, key=f"import-{row.id}")
    await deps.keep(lambda: _posted(deps, row, this, posted))


async def _posted(deps: Deps, row: outbox.Row, this: Import, posted: Posted) -> None:
    """From now on this message is changed."""
    async with deps.db.begin() as tx:
        if await outbox.finish(tx, row, deps.clock()):
            await imports.shown_at(tx, row.firm_id, this.id, posted.channel, posted.ts)


async def hand_back(deps: Deps, row: outbox.Row, now: datetime) -> None:
    """Share the rows that could not be entered, with the reasons. Raises GatewayError."""
    firm, this = await _looked(deps, row)
    hold = Hold(deps, row)
    with tempfile.TemporaryFile() as file:
        try:
            async with table_files.at_hand(deps, firm, this, hold) as table:
                await _write(table, this, file, hold)
        except NoTable as wrong:
            raise GatewayError(wrong.code, Retry.NEVER) from None
        file.seek(0)
        await deps.clients.slack(firm).upload(
            this.channel_id or this.user_id,
            thread_ts=None,
            filename=views.rejected_name(this.name),
            content=file,
            title=views.REJECTED,
            before_sharing=hold,
        )
    await deps.finish([row])
    table_files.let_go(deps, this)


async def _write(table: Table, this: Import, file: BinaryIO, hold: Hold) -> None:
    how, rows = table.read()
    words = io.TextIOWrapper(file, "utf-8-sig", newline="", write_through=True)
    writer = csv.writer(words)
    writer.writerow(tables.titles(how))
    while bit := [row for _, row in islice(rows, BIT)]:
        read = [(row, signups.read(row, this.columns or {})) for row in bit]
        writer.writerows(tables.given_back(row, why, how) for row, why in read if isinstance(why, str))
        await asyncio.sleep(0)
        await hold()
    words.detach()


async def give_up(deps: Deps, row: outbox.Row, error: GatewayError, now: datetime) -> None:
    """The message says that they do not come."""
    firm, this = await _looked(deps, row)
    table_files.let_go(deps, this)
    async with deps.db.begin() as tx:
        if await outbox.finish(tx, row, now):
            await imports.change(tx, firm.id, this.id, this.state, reason=views.NOT_GIVEN_BACK)
            await announce.show_import(tx, firm.id, this, now)


PROGRESS = Promise(keep=show, give_up=let_go)
REJECTED = Promise(keep=hand_back, give_up=give_up)
