"""What is known about one number: what kind of line it is, and whether it is blocked."""

import click

from bridge.commands.session import change, team_argument
from bridge.rules import phones
from bridge.services import blocks, lookups


def typed_number(typed: str, hint: str) -> str:
    """A number as somebody typed it, as carriers want it. Raises BadParameter."""
    phone = phones.e164(typed)
    if phone is None:
        raise click.BadParameter("That is no phone number. Give it as in +1 415 555 0123.", param_hint=hint)
    return phone


@click.command()
@click.argument("number")
@team_argument
def check(number: str, team: str | None) -> None:
    """Ask Twilio once more what kind of line NUMBER is, as when it has moved to another one. Twilio charges for it.

    The app asks as soon as it is running; the root of the number's thread, and leads find, show what came of it.

    \b
    Example:
      python -m bridge leads check "+1 415 555 0123"
    """
    phone = typed_number(number, "NUMBER")
    _, problem = change(team, lambda deps, firm, now: lookups.check(deps, firm, phone, now))
    if problem:
        raise click.ClickException(problem)
    click.echo(f"{phones.national(phone)} will be looked up.")


@click.command("lift-block")
@click.argument("number")
@click.option("--reason", required=True, help="Why; it is kept, and shown in the number's thread.")
@team_argument
def lift_block(number: str, reason: str, team: str | None) -> None:
    """Let NUMBER be texted again after carriers had taken too many texts to it for spam.

    \b
    Example:
      python -m bridge leads lift-block "+1 415 555 0123" --reason "They called and asked for our texts"
    """
    phone = typed_number(number, "NUMBER")
    _, told = change(team, lambda deps, firm, now: blocks.lift_for_operator(deps, firm, phone, reason, now))
    if told == blocks.NO_REASON:
        raise click.BadParameter(told, param_hint="--reason")
    click.echo(told)
