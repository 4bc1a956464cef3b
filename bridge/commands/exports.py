"""Everything that was said, in files."""

import csv
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bridge.commands import tallied
from bridge.commands.session import PATIENCE, chosen, run, team_argument
from bridge.commands.tallied import Folder
from bridge.commands.whom import lead_option, meant, number_option
from bridge.rules import cells, exports
from bridge.rules.consent import Event
from bridge.rules.exports import CONSENT_COLUMNS, MESSAGE_COLUMNS, Talk, utc
from bridge.services import exports as service
from bridge.services.deps import Deps
from bridge.services.exports import Book
from bridge.store import contacts
from bridge.store.database import patiently
from bridge.store.exports import Wanted
from bridge.store.firms import Firm
from bridge.views import transcripts

DONE = "{messages:,} messages of {conversations:,} conversations are in {path}."
UNKNOWN = "Nothing is known of one of these numbers."
BACKWARDS = "--until comes after --since."
DAY = click.DateTime(["%Y-%m-%d"])


@click.command("export")
@click.option("--to", "path", required=True, type=click.Path(path_type=Path), help="A folder: new, or empty.")
@number_option
@lead_option
@click.option("--since", type=DAY, help="Only from this day on, where the firm is.")
@click.option("--until", type=DAY, help="Only before this day, where the firm is.")
@team_argument
def export(
    path: Path, numbers: tuple[str, ...], lead_ids: tuple[str, ...], since: datetime | None, until: datetime | None,
    team: str | None,
) -> None:  # fmt: skip
    """Write what a firm has said and heard to a folder that only you can read, as it is at one moment.

    Messages and consent as JSON lines and as CSV, a page for each conversation, and manifest.json: what each file
    holds, with its SHA-256. Without the manifest it is not complete. The audit trail says that you did this.

    \b
    Examples:
      python -m bridge export --to records
      python -m bridge export --to dana --number "+1 415 555 0123" --since 2026-01-01
    """

    async def written(deps: Deps) -> dict[str, Any]:
        firm = await chosen(deps, team)
        zone = firm.prefers.zone
        wanted = await _wanted(deps, firm, numbers, lead_ids)
        wanted = Wanted(wanted.contact_ids, exports.day(since, zone), exports.day(until, zone))
        if wanted.since and wanted.until and wanted.until <= wanted.since:
            raise click.UsageError(BACKWARDS)
        with tallied.fresh(path) as folder:
            return await _export(deps, firm, wanted, folder)

    click.echo(DONE.format(path=path, **run(written)))


async def _wanted(deps: Deps, firm: Firm, numbers: tuple[str, ...], lead_ids: tuple[str, ...]) -> Wanted:
    if not numbers and not lead_ids:
        return Wanted()
    phones = await meant(deps, firm, numbers, lead_ids)
    async with deps.db.read() as tx:
        known = await contacts.by_phones(tx, firm.id, phones)
    if len(known) < len(phones):
        raise click.ClickException(UNKNOWN)
    return Wanted(tuple(sorted(contact.id for contact in known.values())))


async def _export(deps: Deps, firm: Firm, wanted: Wanted, folder: Folder) -> dict[str, Any]:
    """What there is of it, once it is complete."""
    began = deps.clock()
    await _note(deps, firm, wanted, "begin_export")
    async with service.opened(deps, firm, wanted) as book:
        counts = await _Writer(book, folder, utc(began)).write()
    told = _told(firm, wanted, counts, utc(began))
    words, digest = folder.manifest(told)
    await _note(deps, firm, wanted, "export", counts | {"manifest": digest})
    folder.seal(words)
    return counts


async def _note(deps: Deps, firm: Firm, wanted: Wanted, action: str, facts: dict[str, Any] | None = None) -> None:
    await patiently(lambda: service.note(deps, firm, wanted, action, deps.clock(), facts), seconds=PATIENCE)


def _told(firm: Firm, wanted: Wanted, counts: dict[str, Any], began: str) -> dict[str, Any]:
    since, until = (moment and utc(moment) for moment in (wanted.since, wanted.until))
    return {
        "format": 1, "team_id": firm.team_id, "firm": firm.name, "time_zone": firm.prefers.time_zone,
        "began_at": began, "since": since, "until": until,
        "everybody": wanted.contact_ids is None, **counts,
    }  # fmt: skip


@dataclass
class _Table:
    """The same records as JSON lines and as a CSV file that no spreadsheet takes for formulas."""

    folder: Folder
    name: str
    columns: Sequence[str]

    def __post_init__(self) -> None:
        self.lines, self.cells = (self.folder.add(f"{self.name}.{ending}") for ending in ("jsonl", "csv"))
        self.cells.write("\ufeff")  # by which spreadsheets know UTF-8
        self._writer = csv.writer(self.cells)
        self._writer.writerow(self.columns)

    def add(self, record: dict[str, Any]) -> None:
        self.lines.write(tallied.line(record))
        self._writer.writerow([cells.inert(cell) for cell in exports.row(record, self.columns)])
        self.lines.rows = self.cells.rows = self.lines.rows + 1

    def complete(self) -> int:
        for ending in ("jsonl", "csv"):
            self.folder.complete(f"{self.name}.{ending}")
        return self.lines.rows


class _Writer:
    """Writes a book down, page by page."""

    def __init__(self, book: Book, folder: Folder, began: str) -> None:
        self.book, self.folder, self.zone = book, folder, book.firm.prefers.zone
        self.messages = _Table(folder, "messages", MESSAGE_COLUMNS)
        self.consent = _Table(folder, "consent", CONSENT_COLUMNS)
        self.conversations = 0
        self.until = f"As of {began}, up to message #{book.newest}."

    async def write(self) -> dict[str, Any]:
        """All of it; how much it was."""
        bar = click.progressbar(
            length=self.book.many, label="Exporting", file=sys.stderr, hidden=not sys.stderr.isatty()
        )
        with bar as shown:
            async for talk, events in self.book.talks():
                for event in events:
                    self.consent.add(exports.consent(talk, event, self.zone))
                if talk.conversation_id is not None:
                    await self._conversation(talk, events, shown.update)
        return {
            "messages": self.messages.complete(), "conversations": self.conversations,
            "consent_events": self.consent.complete(), "up_to_message": self.book.newest,
        }  # fmt: skip

    async def _conversation(self, talk: Talk, events: Sequence[Event], seen: Callable[[int], None]) -> None:
        name = f"transcripts/{exports.transcript(talk)}"
        page = self.folder.add(name)
        page.write(transcripts.head(self.book.firm.name, talk, self.zone, self.until))
        async for text in self.book.texts(talk):
            self.messages.add(exports.message(talk, text, self.zone))
            page.write(transcripts.said(text, self.zone))
            page.rows += 1
            seen(1)
        page.write(transcripts.foot(events, self.zone))
        self.folder.complete(name)
        self.conversations += 1
