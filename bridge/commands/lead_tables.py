"""Signups from a table: a CSV file, as spreadsheets and other programs write it."""

import csv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import click

from bridge.commands.session import PATIENCE, chosen, run
from bridge.rules import signups
from bridge.rules.signups import Signup
from bridge.services import leads as service
from bridge.services.deps import Deps
from bridge.store.database import patiently

SAMPLE = 64 * 1024  # characters by which it is seen what stands between the columns
REASON = "why it was not entered"

Row = dict[str, str | None]


@dataclass(frozen=True)
class Table:
    """A CSV file and which of its columns is what. It is read anew each time, so that it may be long."""

    path: Path
    columns: Mapping[str, str]

    def rows(self) -> Iterator[Row]:
        """Its rows. Raises ClickException where it cannot be read."""
        with _opened(self.path) as reader:
            yield from reader

    def signups(self) -> Iterator[Signup]:
        """The rows that can be entered."""
        found = (signups.read(row, self.columns) for row in self.rows())
        return (each for each in found if isinstance(each, Signup))

    def wrong(self) -> Iterator[tuple[Row, str]]:
        """The rows that cannot, each with the reason."""
        for row in self.rows():
            if isinstance(why := signups.read(row, self.columns), str):
                yield row, why


@contextmanager
def _opened(path: Path) -> Iterator["csv.DictReader[str]"]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            sample = file.read(SAMPLE)
            file.seek(0)
            yield csv.DictReader(file, delimiter=_between(sample), restkey="")
    except OSError as trouble:
        raise click.ClickException(f"{path} cannot be read: {trouble.strerror}.") from None
    except (UnicodeDecodeError, csv.Error):
        raise click.ClickException(f"{path} is no CSV file in UTF-8. Save it as “CSV UTF-8”.") from None


def _between(sample: str) -> str:
    first = sample.partition("\n")[0]
    return max(",;\t|", key=first.count)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--column",
    "named",
    multiple=True,
    metavar="FIELD=COLUMN",
    help="Which column is what, where the guess is wrong.",
)
@click.option("--dry-run", is_flag=True, help="Only look.")
@click.option("--yes", is_flag=True, help="Enter them without asking.")
@click.option("--team", help="The firm's Slack team id, where several firms share this copy.")
def import_(file: Path, named: tuple[str, ...], *, dry_run: bool, yes: bool, team: str | None) -> None:
    """Enter the signups of a CSV file. Shows what it understands, and asks before it enters anything.

    Rows that cannot be entered are written to a file beside it, with the reasons. To do it again does no harm: rows
    that were entered before are known again, by their column "id" or by all that they say.

    \b
    Fields: name (or first and last), phone, email, source, id.
    Examples:
      python -m bridge leads import leads.csv --dry-run
      python -m bridge leads import leads.csv --column phone="Mobile 2"
    """
    table = Table(file, _columns(file, named))
    click.echo("".join(f"{field:8}{column}\n" for field, column in table.columns.items()), nl=False)
    good, bad = sum(1 for _ in table.signups()), sum(1 for _ in table.wrong())
    click.echo(f"{good:,} rows can be entered, {bad:,} cannot.")
    if bad:
        click.echo(f"Those that cannot are in {_write_down(table)}, with the reasons.")
    if dry_run or not good or not (yes or click.confirm("Enter them?")):
        return
    new = run(lambda deps: _enter(deps, table, team, good))
    click.echo(f"{new:,} entered, {good - new:,} were here before.")


def _columns(file: Path, named: tuple[str, ...]) -> dict[str, str]:
    """Which column is which field: as it was said, otherwise guessed. Raises UsageError."""
    with _opened(file) as reader:
        there = [column for column in reader.fieldnames or () if column]
    found = signups.guess(there)
    for each in named:
        field, _, column = each.partition("=")
        if field not in signups.CALLED:
            raise click.UsageError(f"There is no field “{field}”. There are: {', '.join(signups.CALLED)}.")
        if column not in there:
            raise click.UsageError(f"The file has no column “{column}”. It has: {', '.join(there)}.")
        found[field] = column
    if not {"phone", "email"} & found.keys():
        listed = ", ".join(there) or "none"
        raise click.UsageError(f"No column looks like phone numbers or e-mail addresses. Its columns: {listed}.")
    return found


def _write_down(table: Table) -> Path:
    """The rows that cannot be entered, as they were, with the reasons; only for who runs this."""
    path = table.path.with_suffix(".rejected.csv")
    path.touch(mode=0o600)
    with path.open("w", encoding="utf-8-sig", newline="") as file, _opened(table.path) as reader:
        writer = csv.DictWriter(file, [*(reader.fieldnames or ()), REASON], extrasaction="ignore")
        writer.writeheader()
        writer.writerows({**row, REASON: why} for row, why in table.wrong())
    return path


async def _enter(deps: Deps, table: Table, team: str | None, many: int) -> int:
    firm, new = await chosen(deps, team), 0
    with click.progressbar(length=many, label="Entering") as bar:
        every = table.signups()
        while some := list(islice(every, service.AT_ONCE)):
            enter = partial(service.enter, deps, firm, some, deps.clock())
            new += len(await patiently(enter, seconds=PATIENCE))
            bar.update(len(some))
    return new
