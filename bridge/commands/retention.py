"""Words whose time is over."""

import sys
from datetime import datetime

import click

from bridge.commands.session import chosen, run, team_argument
from bridge.rules.retention import Rule
from bridge.services import retention as service
from bridge.services.deps import Deps
from bridge.services.retention import Done
from bridge.store.retention import Outlook

FOR_EVER = "Words are kept for ever. Change that with: python -m bridge firms prefer retention-years 5"
NOTHING = "Nothing is past its time."


@click.command("retention")
@click.option("--delete", is_flag=True, help="Do it now; otherwise only look.")
@team_argument
def retention(*, delete: bool, team: str | None) -> None:
    """Show which texts of a firm are past their time, and with --delete delete their words at once.

    The app does so by itself once a day. The row of a text stays, with when it was, which way and what became of
    it; so do consent, and the audit trail, which tells of each time. What Slack and Twilio keep is not touched.

    \b
    Examples:
      python -m bridge retention
      python -m bridge retention --delete
    """
    for line in run(lambda deps: _carried_out(deps, team, delete=delete)):
        click.echo(line)


async def _carried_out(deps: Deps, team: str | None, *, delete: bool) -> list[str]:
    firm = await chosen(deps, team)
    holds, found = await service.outlook(deps, firm, deps.clock())
    if holds is None or found is None:
        return [FOR_EVER]
    lines = _told(holds, found)
    if not delete:
        return lines
    every = found.due + found.underway
    bar = click.progressbar(length=every, label="Deleting", file=sys.stderr, hidden=not sys.stderr.isatty())
    with bar as shown:
        done = await service.forget(deps, firm, Done("operator"), shown.update)
    return [*lines, _deleted(done)]


def _told(holds: Rule, found: Outlook) -> list[str]:
    years = f"{holds.years} year{'s' if holds.years > 1 else ''}"
    lines = [f"Words are kept for {years}: those of before {_moment(holds.before)} are past their time."]
    if found.oldest and found.newest:
        span = f"from {_moment(found.oldest)} to {_moment(found.newest)}"
        lines.append(f"May go: {found.due:,}, {span}.")
    if found.on_hold:
        lines.append(f"On hold, and stay: {found.on_hold:,}. See: python -m bridge hold list")
    if found.underway:
        lines.append(f"Not sent, shown or reported yet, and stay until they are: {found.underway:,}.")
    return lines if len(lines) > 1 else [*lines, NOTHING]


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _deleted(done: Done) -> str:
    proof = f" The audit trail has it as run {done.run}." if done.messages or done.promises else ""
    return f"Deleted: the words of {done.messages:,} texts, {done.pictures:,} pictures.{proof}"
