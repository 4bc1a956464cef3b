"""The app's manifest: what Slack is told when the app is made."""

from pathlib import Path

import click
import yaml
from pydantic import ValidationError

import bridge
from bridge.settings import Settings

PLACEHOLDER = "https://your-app.example.com"


@click.command()
@click.option("--url", required=True, help="Where Slack reaches the app, as in PUBLIC_BASE_URL.")
def manifest(url: str) -> None:
    """Print the app's Slack manifest with this address in it.

    Paste it at https://api.slack.com/apps under "Create New App", "From a manifest".

    \b
    Example:
      python -m bridge manifest --url https://sms.example.com
    """
    click.echo(text().replace(PLACEHOLDER, _checked(url)), nl=False)


def text() -> str:
    """manifest.yml as it is. Raises ClickException when it is not there."""
    path = Path(bridge.__file__).parents[1] / "manifest.yml"
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        raise click.ClickException("manifest.yml is not beside the package. Run this in a checkout.") from None


def scopes() -> frozenset[str]:
    """The bot scopes that it asks for."""
    return frozenset(yaml.safe_load(text())["oauth_config"]["scopes"]["bot"])


def _checked(url: str) -> str:
    """The address as settings keep it, without a slash at its end. Raises BadParameter."""
    if not url.startswith("https://"):
        raise click.BadParameter("Slack only calls addresses that begin with https://.", param_hint="--url")
    try:
        return Settings(public_base_url=url).public_base_url
    except ValidationError as wrong:
        why = wrong.errors()[0].get("ctx", {}).get("error", "is not a URL.")
        raise click.BadParameter(f"It {why}", param_hint="--url") from None
