"""Tables in files: CSV, as spreadsheets and other programs write it and read it."""

import csv
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Generic, TypeVar

import click

from bridge.commands.session import PATIENCE
from bridge.rules import cells, tables
from bridge.rules.tables import Layout, Lines, NoTable, Row
from bridge.store.database import patiently

AT_ONCE = 200  # rows that are entered together: a serving process waits some milliseconds for them
WRONG = {
    "empty": "has no columns. The first line says what they are called.",
    "not_csv": "is no CSV file in UTF-8. Save it as “CSV UTF-8”.",
}

T = TypeVar("T")
Work = Callable[[], Awaitable[int]]

file_argument = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
column_option = click.option(
    "--column",
    "named",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Which column is what, where the guess is wrong.",
)
dry_run_option = click.option("--dry-run", is_flag=True, help="Only look.")
yes_option = click.option("--yes", is_flag=True, help="Enter them without asking.")
team_option = click.option("--team", help="The firm's Slack team id, where several firms share this copy.")


@dataclass(frozen=True)
class Table(Generic[T]):
    """A CSV file, which of its columns is what, and what a row says or why it says nothing.

    It is read anew each time, so that it may be long.
    """

    path: Path
    columns: Mapping[str, str]
    read: Callable[[Row, Mapping[str, str]], T | str]

    def rows(self) -> Iterator[Row]:
        """Its rows. Raises ClickException where it cannot be read."""
        with opened(self.path) as (_, rows):
            yield from rows

    def good(self) -> Iterator[T]:
        """What the rows say that can be entered."""
        found = (self.read(row, self.columns) for row in self.rows())
        return (each for each in found if not isinstance(each, str))

    def wrong(self) -> Iterator[tuple[Row, str]]:
        """The rows that cannot, each with the reason."""
        for row in self.rows():
            if isinstance(why := self.read(row, self.columns), str):
                yield row, why

    def is_wanted(self, *, dry_run: bool, yes: bool, costs: Callable[[], str] | None = None) -> int:
        """Say what is understood, put back what cannot be entered, and ask; how many rows to enter.

        `costs` is asked for what else somebody should know before they agree; "" for nothing.
        """
        good, bad = sum(1 for _ in self.good()), sum(1 for _ in self.wrong())
        click.echo("".join(f"{field:<16}{column}\n" for field, column in self.columns.items()), nl=False)
        click.echo(f"{good:,} rows can be entered, {bad:,} cannot.")
        if bad:
            click.echo(f"Those that cannot are in {self._put_back()}, with the reasons.")
        if dry_run or not good:
            return 0
        if costs is not None and (sentence := costs()):
            click.echo(sentence)
        return good if yes or click.confirm("Enter them?") else 0

    def _put_back(self) -> Path:
        """The rows that cannot be entered, as they were, with the reasons; only for who runs this."""
        path = self.path.with_suffix(".rejected.csv")
        with private(path) as file, opened(self.path) as (how, _):
            writer = csv.writer(file)
            writer.writerow(tables.titles(how))
            writer.writerows(tables.given_back(row, why, how) for row, why in self.wrong())
        return path


@contextmanager
def opened(path: Path) -> Iterator[tuple[Layout, Iterator[Row]]]:
    """How a file is laid out, and its rows. Raises ClickException."""
    try:
        with path.open("rb") as file:
            lines = iter(Lines(file))
            how = tables.layout(lines)
            yield how, tables.rows(lines, how)
    except OSError as trouble:
        raise click.ClickException(f"{path} cannot be read: {trouble.strerror}.") from None
    except NoTable as wrong:
        raise click.ClickException(f"{path} {WRONG[wrong.code]}") from None


@contextmanager
def private(path: Path, encoding: str = "utf-8-sig") -> Iterator[IO[str]]:
    """A file to write that nobody else can read, whoever could read one that was there before."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding=encoding, newline="") as file:
        os.fchmod(handle, 0o600)
        yield file


def columns_of(
    path: Path, named: Sequence[str], fields: Collection[str], guess: Callable[[Sequence[str]], dict[str, str]]
) -> dict[str, str]:
    """Which column is which field: as it was said, otherwise guessed. Raises UsageError."""
    there = headings(path)
    found = guess(there)
    for each in named:
        field, _, column = each.partition("=")
        if field not in fields:
            raise click.UsageError(f"There is no field “{field}”. There are: {', '.join(fields)}.")
        if column not in there:
            raise click.UsageError(f"The file has no column “{column}”. It has: {', '.join(there)}.")
        found[field] = column
    return found


def headings(path: Path) -> list[str]:
    """What its columns are called."""
    with opened(path) as (how, _):
        return how.named


async def enter(table: Table[T], many: int, work: Callable[[list[T]], Work]) -> int:
    """Hand over the rows a few at a time, with a bar; how many were new."""
    new = 0
    with click.progressbar(length=many, label="Entering") as bar:
        every = table.good()
        while some := list(islice(every, AT_ONCE)):
            new += await patiently(work(some), seconds=PATIENCE)
            bar.update(len(some))
    return new


async def write(path: Path, titles: Sequence[str], rows: AsyncIterator[Sequence[str]]) -> int:
    """Write a table that no spreadsheet takes for formulas; how many rows."""
    many = 0
    with private(path) as file:
        writer = csv.writer(file)
        writer.writerow(titles)
        async for row in rows:
            writer.writerow([cells.inert(cell) for cell in row])
            many += 1
    return many
