"""Firms: the Slack workspaces that this copy serves."""

import click

from bridge.commands import firm_settings
from bridge.commands.session import NO_FIRM, chosen, run, team_argument
from bridge.rules.mrkdwn import plain_name
from bridge.rules.phones import national
from bridge.services.deps import Deps
from bridge.store import firms as store
from bridge.store import numbers, outbox, routes
from bridge.store.firms import Firm
from bridge.store.numbers import Number
from bridge.store.routes import Route


@click.group()
def firms() -> None:
    """Look at the Slack workspaces that this copy serves, and set them up.

    TEAM is a Slack team id such as T0123ABCD; with one workspace it can be left out. A running app takes a change
    up within seconds.

    \b
    Example:
      python -m bridge firms list
    """


@firms.command("list")
def list_() -> None:
    """One line per firm: team, name, plan, two-way, channel, number.

    \b
    Example:
      python -m bridge firms list
    """
    lines = run(_lines)
    click.echo("\n".join(lines) if lines else NO_FIRM)


async def _lines(deps: Deps) -> list[str]:
    async with deps.db.read() as tx:
        return [_line(firm, await numbers.of_firm(tx, firm.id)) for firm in await store.everyone(tx)]


def _line(firm: Firm, own: list[Number]) -> str:
    two_way = f"two-way {'on' if firm.two_way else 'off'}"
    channel = firm.called_now(firm.channel_id) if firm.channel_id else "no channel"
    return "  ".join([firm.team_id, plain_name(firm.name), firm.plan, two_way, channel, _phones(own)])


def _phones(own: list[Number]) -> str:
    return ", ".join(national(number.phone) for number in own) or "no number"


@firms.command()
@team_argument
def show(team: str | None) -> None:
    """Everything that is set for a firm, and what waits.

    \b
    Examples:
      python -m bridge firms show
      python -m bridge firms show T0123ABCD
    """

    async def facts(deps: Deps) -> list[tuple[str, str]]:
        firm = await chosen(deps, team)
        async with deps.db.read() as tx:
            own, off = await numbers.of_firm(tx, firm.id), await routes.off(tx, firm.id)
            waiting = await outbox.count_open(tx, firm.id)
        return [*_facts(firm), *_ways(own, off), ("waiting", str(waiting))]

    for name, value in run(facts):
        click.echo(f"{name + ':':<16}{value}")


def _facts(firm: Firm) -> list[tuple[str, str]]:
    return [
        ("team", firm.team_id),
        ("name", plain_name(firm.name)),
        ("plan", firm.plan),
        ("two-way", "on" if firm.two_way else "off"),
        ("channel", firm.called_now(firm.channel_id) if firm.channel_id else "none"),
        ("slack", "installed" if firm.bot_token else "not installed"),
        ("twilio account", firm.account_sid or "the operator's"),
        ("help text", plain_name(firm.help_text, limit=320) if firm.help_text else "the built-in one"),
    ]


def _ways(own: list[Number], off: list[Route]) -> list[tuple[str, str]]:
    connected = [
        ("number", f"{national(number.phone)} (keyword replies: {number.keyword_replies})") for number in own
    ]
    return [
        *(connected or [("number", "none")]),
        *(("off", f"{route.name} ({route.off_reason})") for route in off),
    ]


for _command in firm_settings.COMMANDS:
    firms.add_command(_command)
