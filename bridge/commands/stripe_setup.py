"""The operator's Stripe account, made ready to charge."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from bridge import logs
from bridge.app import stripe_alone
from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.stripe import StripeGateway
from bridge.gateways.stripe_setup import Endpoint
from bridge.services import stripe_setup as service
from bridge.services.stripe_setup import Account
from bridge.settings import Settings

NEEDED = ("STRIPE_API_KEY", "PUBLIC_BASE_URL")
TEST, LIVE = "a test key: no real card is charged", "a LIVE key: real cards are charged"
HOW = "Nothing was made. To make it: python -m bridge stripe-setup --yes"
KEEP = """
STRIPE_WEBHOOK_SECRET={secret}

Put this line into the app's environment, keep it as you keep passwords, and restart the app. Stripe does not tell
it again."""
NOT_SET = """
STRIPE_WEBHOOK_SECRET is not set. The endpoint was there before, and Stripe tells its secret only once. Look whether
somebody has kept it; otherwise make the endpoint anew: python -m bridge stripe-setup --new-endpoint"""
OLD = """
The endpoint tells of events in another version of Stripe's API than this app reads. To make it anew:
python -m bridge stripe-setup --new-endpoint"""
SEVERAL = """
{many} endpoints lead here, each with a secret of its own, and only one of them is believed. To have one again:
python -m bridge stripe-setup --new-endpoint"""
REFUSED = "Stripe refuses: {code}. Check STRIPE_API_KEY, and what a restricted key may do."
ADDRESS = "Stripe calls nobody at {url}. Set PUBLIC_BASE_URL to an address that can be reached from the internet."
SILENT = "Stripe did not answer: {code}. Do it again; whatever was made is found."

T = TypeVar("T")


@click.command("stripe-setup")
@click.option("--dry-run", is_flag=True, help="Only look.")
@click.option("--yes", is_flag=True, help="Make it without asking.")
@click.option(
    "--new-endpoint", is_flag=True, help="Make the webhook endpoint anew, with another secret; the old one goes."
)
def stripe_setup(*, dry_run: bool, yes: bool, new_endpoint: bool) -> None:
    """Make the operator's Stripe account ready to charge for the add-on: product, prices, meter, billing portal and
    webhook endpoint, at the amounts of PRICE_PER_MONTH, PRICE_PER_TEXT and FREE_TEXTS_PER_MONTH.

    Shows what is there and what it would make, and asks first. To do it again does no harm. What is there already,
    such as prices of other amounts, stays as it is.

    \b
    Examples:
      python -m bridge stripe-setup --dry-run
      python -m bridge stripe-setup --yes
    """
    logs.configure("ERROR")
    settings = Settings.load(need=NEEDED)
    found = _asked(settings, lambda stripe: service.look(stripe, settings))
    _show(found, settings)
    if dry_run or not _is_wanted(found, yes=yes, new_endpoint=new_endpoint):
        _hint(found, settings)
        return
    made = _asked(settings, lambda stripe: service.make(stripe, settings, new_endpoint=new_endpoint))
    click.echo("Everything is there now.")
    _tell(made, found, settings)


def _asked(settings: Settings, work: Callable[[StripeGateway], Awaitable[T]]) -> T:
    """What Stripe says. Raises ClickException."""

    async def asked() -> T:
        async with stripe_alone(settings) as stripe:
            return await work(stripe)

    try:
        return asyncio.run(asked())
    except GatewayError as error:
        if error.code == "url_invalid":
            told = ADDRESS.format(url=settings.public_base_url)
        else:
            told = (REFUSED if error.retry in {Retry.REPAIR, Retry.NEVER} else SILENT).format(code=error.code)
        raise click.ClickException(told) from None


def _show(found: Account, settings: Settings) -> None:
    account = f"Stripe account {found.id}" if found.id else "Stripe account"
    click.echo(f"{account}, with {LIVE if service.is_live(settings) else TEST}.")
    for part in found.parts:
        click.echo(f"  {part.state:<11}{part.name:<18}{part.says}")


def _is_wanted(found: Account, *, yes: bool, new_endpoint: bool) -> bool:
    """Whether to go on. Where nobody can be asked, only a yes that was given is one."""
    if found.is_ready and not new_endpoint:
        click.echo("Everything is there.")
        return False
    if yes:
        return True
    if not sys.stdin.isatty():
        click.echo(HOW)
        return False
    return click.confirm(
        "Make the endpoint anew, and what is missing?" if new_endpoint else "Make what is missing?"
    )


def _tell(made: Endpoint, found: Account, settings: Settings) -> None:
    if made.secret is not None:
        click.echo(KEEP.format(secret=made.secret))
    else:
        _hint(found, settings)


def _hint(found: Account, settings: Settings) -> None:
    """What cannot be repaired where it is."""
    if not found.endpoints:
        return
    if len(found.endpoints) > 1:
        click.echo(SEVERAL.format(many=len(found.endpoints)))
    elif not found.endpoints[0].is_current:
        click.echo(OLD)
    if not settings.stripe_webhook_secret:
        click.echo(NOT_SET)
