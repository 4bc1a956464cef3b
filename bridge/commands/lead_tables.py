"""Signups from a table."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from bridge.commands import tables
from bridge.commands.session import chosen, run
from bridge.rules import signups
from bridge.rules.signups import Signup
from bridge.services import leads as service
from bridge.services import lookups
from bridge.services.deps import Deps

LATER = "With --no-look-up each is only looked up before it is texted for the first time."


@click.command("import")
@tables.file_argument
@tables.column_option
@click.option(
    "--look-up/--no-look-up", default=True, help="Ask Twilio now what kinds of line the numbers are; it charges."
)
@tables.dry_run_option
@tables.yes_option
@tables.team_option
def import_(
    file: Path, named: tuple[str, ...], *, look_up: bool, dry_run: bool, yes: bool, team: str | None
) -> None:
    """Enter the signups of a CSV file. Shows what it understands, and asks before it enters anything.

    Rows that cannot be entered are written to a file beside it, with the reasons. To do it again does no harm: rows
    that were entered before are known again, by their column "id" or by all that they say.

    A plain yes in the column "consent" is consent to marketing; the other consent columns are kept with it as the
    evidence. All further columns are kept as what is known about the lead.

    \b
    Fields: name (or first and last), phone, email, source, id, time zone, tags,
      consent, consent text, consent url, consent at, consent ip, consent until.
    Examples:
      python -m bridge leads import leads.csv --dry-run
      python -m bridge leads import leads.csv --column phone="Mobile 2"
    """
    table = tables.Table(file, _columns(file, named), signups.read)
    costs = partial(_costs, table, team) if look_up else None
    if good := table.is_wanted(dry_run=dry_run, yes=yes, costs=costs):
        new = run(lambda deps: _enter(deps, table, team, good, look_up=look_up))
        click.echo(f"{new:,} entered, {good - new:,} were here before.")


def _columns(file: Path, named: tuple[str, ...]) -> dict[str, str]:
    found = tables.columns_of(file, named, signups.CALLED, signups.guess)
    if not {"phone", "email"} & found.keys():
        listed = ", ".join(tables.headings(file)) or "none"
        raise click.UsageError(f"No column looks like phone numbers or e-mail addresses. Its columns: {listed}.")
    return found


async def _enter(deps: Deps, table: tables.Table[Signup], team: str | None, many: int, *, look_up: bool) -> int:
    firm = await chosen(deps, team)

    async def enter(some: Sequence[Signup]) -> int:
        return len(await service.enter(deps, firm, some, deps.clock(), look_up=look_up))

    return await tables.enter(table, many, lambda some: partial(enter, some))


def _costs(table: tables.Table[Signup], team: str | None) -> str:
    many = run(lambda deps: _to_look_up(deps, table, team))
    return f"{many:,} numbers will be looked up at Twilio, which charges for each. {LATER}" if many else ""


async def _to_look_up(deps: Deps, table: tables.Table[Signup], team: str | None) -> int:
    firm = await chosen(deps, team)
    return await lookups.count_unknown(deps, firm, (each.phone for each in table.good() if each.phone))
