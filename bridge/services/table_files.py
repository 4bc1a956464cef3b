"""The file of a table that was dropped in Slack: fetched, kept open for a while, and read from any place on."""

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import BinaryIO

from bridge.rules import tables
from bridge.rules.tables import Layout, Lines, NoTable, Row
from bridge.services.deps import Deps
from bridge.services.holds import Hold
from bridge.store.firms import Firm
from bridge.store.imports import Import

PIECE = 256 * 1024  # bytes
LIMIT = 50 * 1024 * 1024  # bytes; Slack itself takes fewer in a modal


class Table:
    """A file that lies here. `digest` says what is in it."""

    def __init__(self, file: BinaryIO, digest: str) -> None:
        self._file = file
        self.digest = digest

    def read(self, place: int = 0) -> tuple[Layout, Iterator[tuple[int, Row]]]:
        """Its columns, and the rows from a place on, each with the place behind it. Raises NoTable."""
        lines = Lines(self._file)
        passing = iter(lines)
        how = tables.layout(passing)
        if place:
            lines = Lines(self._file, place)
            passing = iter(lines)
        return how, ((lines.place, row) for row in tables.rows(passing, how))


@asynccontextmanager
async def at_hand(deps: Deps, firm: Firm, this: Import, hold: Hold) -> AsyncIterator[Table]:
    """The file, fetched if this process has not got it; it stays until let go. Raises GatewayError, NoTable."""
    file = deps.shelf.take(this.id) or await _fetched(deps, firm, this)
    try:
        await hold()
        digest = this.digest or str(await asyncio.to_thread(_digest, file))
        yield Table(file, digest)
    except BaseException:
        file.close()
        raise
    deps.shelf.put(this.id, file)


def let_go(deps: Deps, this: Import) -> None:
    """Nobody reads it any more."""
    deps.shelf.drop(this.id)


async def _fetched(deps: Deps, firm: Firm, this: Import) -> BinaryIO:
    file = tempfile.TemporaryFile()  # noqa: SIM115 (who uses it closes it)
    try:
        await deps.clients.slack(firm).save(this.url, file, limit=LIMIT)
        if this.digest and await asyncio.to_thread(_digest, file) != this.digest:
            raise NoTable("changed")
    except BaseException:
        file.close()
        raise
    return file


def _digest(file: BinaryIO) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while piece := file.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()
