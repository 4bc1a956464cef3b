"""API keys: what other programs show to enter leads."""

import click

from bridge.commands.session import change, look, team_argument
from bridge.rules.mrkdwn import clean, plain_name
from bridge.services import api_keys as service
from bridge.store import api_keys as store
from bridge.store.api_keys import Key

NAME_LIMIT = 80  # characters that are stored


@click.group()
def keys() -> None:
    """Give other programs keys, with which they enter leads over HTTP. Their page is at /api/docs.

    \b
    Example:
      python -m bridge keys list
    """


@keys.command()
@click.argument("name")
@team_argument
def create(name: str, team: str | None) -> None:
    """Make a key, and show it: this once, since only a hash of it is kept.

    NAME says whose it is. To change a key, make another one, and revoke the first when nobody shows it any more.

    \b
    Example:
      python -m bridge keys create "web form" > key.txt
    """
    firm, key = change(team, lambda deps, firm, now: service.create(deps, firm, _named(name), now))
    if key is None:
        raise click.ClickException("There is or was a key of this name. Choose another.")
    click.echo(key)
    click.echo(f"It enters leads for {firm.team_id}. It cannot be shown again.", err=True)


def _named(name: str) -> str:
    said = clean(name).strip()
    if not 1 <= len(said) <= NAME_LIMIT:
        raise click.BadParameter(f"It must have 1 to {NAME_LIMIT} characters.", param_hint="NAME")
    return said


@keys.command("list")
@team_argument
def list_(team: str | None) -> None:
    """Every key of a firm: its name, how it begins, when it was made and last used, and whether it was revoked.

    \b
    Example:
      python -m bridge keys list
    """
    found = look(team, store.of_firm)
    for key in found:
        click.echo(_line(key))
    if not found:
        click.echo("No keys yet.")


def _line(key: Key) -> str:
    used = f"used {key.used_at:%Y-%m-%d %H:%M}" if key.used_at else "never used"
    revoked = [f"revoked {key.revoked_at:%Y-%m-%d}"] if key.revoked_at else []
    return "  ".join([plain_name(key.name), f"{key.prefix}...", f"made {key.created_at:%Y-%m-%d}", used, *revoked])


@keys.command()
@click.argument("name")
@team_argument
def revoke(name: str, team: str | None) -> None:
    """Let a key open nothing any more, from this moment on.

    \b
    Example:
      python -m bridge keys revoke "web form"
    """
    firm, is_there = change(team, lambda deps, firm, now: service.revoke(deps, firm, _named(name), now))
    if not is_there:
        raise click.ClickException(f"{firm.team_id} has no key of this name. See: python -m bridge keys list")
    click.echo("It opens nothing any more.")
