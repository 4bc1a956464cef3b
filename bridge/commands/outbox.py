"""The outbox: promises to Slack and Twilio that need an operator. Never shows whom or what they are about."""

from datetime import datetime, timedelta

import click

from bridge.commands.session import PATIENCE, run
from bridge.logs import mask
from bridge.services import stuck
from bridge.services.deps import Deps
from bridge.services.stuck import Stuck
from bridge.store.database import patiently

HEAD = ("ROW", "TEAM", "KIND", "STATE", "MADE", "TRIES", "ERROR")
STATES = {"dead": "given up", "unknown": "in doubt", "ready": "waiting"}


@click.group()
def outbox() -> None:
    """Look at what was given up, is in doubt or waits for long, and settle it.

    \b
    Example:
      python -m bridge outbox list
    """


@outbox.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, oldest first."
)
def list_(limit: int) -> None:
    """Rows that were given up, are in doubt, or have waited for more than a minute.

    \b
    Example:
      python -m bridge outbox list
    """

    async def found(deps: Deps) -> list[tuple[str, ...]]:
        now = deps.clock()
        return [_cells(each, now) for each in await stuck.listing(deps, now, limit)]

    rows = run(found)
    if not rows:
        click.echo("Nothing is given up, in doubt or late.")
        return
    widths = [max(map(len, column)) for column in zip(HEAD, *rows, strict=True)]
    for row in (HEAD, *rows):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _cells(each: Stuck, now: datetime) -> tuple[str, ...]:
    row = each.row
    state, error = STATES.get(row.state, row.state), mask(row.error or "")
    return (str(row.id), each.team_id, row.kind, state, _ago(now - row.created_at), str(row.attempts), error)


def _ago(age: timedelta) -> str:
    minutes = int(age.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} min ago"
    return f"{minutes // 60} h ago" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d ago"


@outbox.command()
@click.argument("row", type=click.IntRange(1))
def retry(row: int) -> None:
    """Try a row again that was given up.

    \b
    Example:
      python -m bridge outbox retry 17
    """

    async def revived(deps: Deps) -> bool:
        return await patiently(lambda: stuck.retry(deps, row, deps.clock()), seconds=PATIENCE)

    _must_be_dead(row, run(revived))
    click.echo(f"Row {row} is tried again within seconds.")


@outbox.command()
@click.argument("row", type=click.IntRange(1))
def drop(row: int) -> None:
    """Forget a row that was given up: it will never be done.

    \b
    Example:
      python -m bridge outbox drop 17
    """

    async def dropped(deps: Deps) -> bool:
        return await patiently(lambda: stuck.drop(deps, row, deps.clock()), seconds=PATIENCE)

    _must_be_dead(row, run(dropped))
    click.echo(f"Row {row} is dropped.")


def _must_be_dead(row: int, was_dead: bool) -> None:
    if not was_dead:
        raise click.ClickException(f"There is no row {row} that was given up.")
