"""Legal holds: words that are not deleted, however old."""

from datetime import datetime
from functools import partial

import click

from bridge.commands.session import change, chosen, look, run, team_argument
from bridge.commands.whom import lead_option, meant, number_option
from bridge.rules.mrkdwn import clean, plain_name
from bridge.rules.phones import national
from bridge.services import legal_holds as service
from bridge.services.deps import Deps
from bridge.store import legal_holds as store
from bridge.store.firms import Firm

LONGEST = 300  # characters of a reason
EVERYBODY = "all that the firm says and hears"
WHO = "Say whose: --number, --lead, or --all."
why_option = click.option("--why", required=True, help="The matter; kept with who and when.")


@click.group()
def hold() -> None:
    """Keep words that may have to be proved, however old they become, until that is over.

    \b
    Example:
      python -m bridge hold list
    """


@hold.command()
@number_option
@lead_option
@click.option("--all", "everybody", is_flag=True, help="All that the firm says and hears.")
@why_option
@team_argument
def add(
    numbers: tuple[str, ...], lead_ids: tuple[str, ...], why: str, team: str | None, *, everybody: bool
) -> None:
    """From now on nothing that was or will be said with these numbers is deleted. To do it again does no harm.

    \b
    Examples:
      python -m bridge hold add --number "+1 415 555 0123" --why "matter 2026-114"
      python -m bridge hold add --all --why "audit of 2026"
    """
    if everybody == bool(numbers or lead_ids):
        raise click.UsageError(WHO)
    said = _reason(why)

    async def phones(deps: Deps) -> list[str]:
        return await meant(deps, await chosen(deps, team), numbers, lead_ids)

    for phone in [None] if everybody else run(phones):
        _, (hold_id, is_new) = change(team, partial(_place, phone, said))
        what = national(phone) if phone else EVERYBODY
        click.echo(f"#{hold_id}  {what}: {'nothing is deleted from now on' if is_new else 'held already'}.")


async def _place(phone: str | None, why: str, deps: Deps, firm: Firm, now: datetime) -> tuple[int, bool]:
    return await service.place(deps, firm, phone, why, now)


@hold.command("list")
@team_argument
def list_(team: str | None) -> None:
    """What is held: since when, whose, by whom and why.

    \b
    Example:
      python -m bridge hold list
    """
    every = look(team, store.standing)
    for one in every:
        what = plain_name(national(one.phone)) if one.phone else EVERYBODY
        why = plain_name(one.why, LONGEST)
        click.echo("  ".join([f"#{one.id}", f"{one.placed_at:%Y-%m-%d}", what, one.placed_by, why]))
    if not every:
        click.echo("Nothing is held.")


@hold.command()
@click.argument("hold_id", metavar="ID")
@why_option
@team_argument
def lift(hold_id: str, why: str, team: str | None) -> None:
    """A hold is over, by its id in "hold list". What is past its time is deleted by the next look, within a day.

    \b
    Example:
      python -m bridge hold lift "#3" --why "settled; counsel agreed on 9 June"
    """
    digits, said = hold_id.lstrip("#"), _reason(why)
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise click.BadParameter("That is no id, such as #3.", param_hint="ID")
    try:
        _, stood = change(team, lambda deps, firm, now: service.lift(deps, firm, int(digits), said, now))
    except LookupError:
        raise click.ClickException("There is no such hold.") from None
    click.echo("It is lifted." if stood else "It was lifted before.")


def _reason(why: str) -> str:
    said = clean(why).strip()
    if not said or len(said) > LONGEST:
        raise click.BadParameter(f"It has 1 to {LONGEST} characters.", param_hint="--why")
    return said
