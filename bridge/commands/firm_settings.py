"""What an operator sets for a firm."""

import re
import sys
from typing import IO, Any

import click

from bridge.commands.session import change, team_argument
from bridge.rules import preferences
from bridge.rules.mrkdwn import clean
from bridge.rules.phones import national
from bridge.rules.plans import Plan
from bridge.services import installs, numbers
from bridge.store.channels import ReplyMode


class Shaped(click.ParamType[str]):
    """Text of a certain shape."""

    def __init__(self, name: str, pattern: str, sentence: str) -> None:
        self.name = name
        self._pattern = re.compile(pattern)
        self._sentence = sentence

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it was given."""
        if not self._pattern.fullmatch(value):
            self.fail(self._sentence, param, ctx)
        return str(value)


CHANNEL = Shaped("channel", "[CG][A-Z0-9]{2,}", "It must be a channel's id (C0123ABCD), not its name.")
ACCOUNT = Shaped("account", "AC[0-9a-f]{32}", "It must be AC and 32 hexadecimal digits (0-9, a-f).")

GIFT = (
    "It is on, and nobody there has confirmed the price, so nobody is charged. To have them asked, switch it off "
    "(firms two-way off): their admins confirm the price when they switch it on again."
)


@click.command("set-channel")
@click.argument("channel", type=CHANNEL)
@team_argument
def set_channel(channel: str, team: str | None) -> None:
    """Let new threads open in CHANNEL. The app must be a member of it.

    \b
    Example:
      python -m bridge firms set-channel C0123ABCD
    """
    firm, _ = change(team, lambda deps, firm, now: installs.set_channel(deps, firm, channel, now))
    click.echo(f"New threads of {firm.team_id} open in {channel}. Invite the app there, if it is not a member.")


@click.command("set-number")
@click.argument("number")
@team_argument
@click.option(
    "--keyword-replies",
    type=click.Choice(["carrier", "bridge"]),
    default="carrier",
    show_default=True,
    help="Who answers STOP, START and HELP: Twilio as it does by itself, or this app where that is switched off.",
)
def set_number(number: str, team: str | None, keyword_replies: str) -> None:
    """Connect NUMBER of the Twilio account: its texts come here from now on.

    Sets the webhooks of the number, and of the messaging service it is in.

    \b
    Example:
      python -m bridge firms set-number +14155550100
    """
    firm, phone = change(
        team,
        lambda deps, firm, now: numbers.connect(deps, firm, number, now, keyword_replies=keyword_replies),
        need=["PUBLIC_BASE_URL"],
    )
    click.echo(f"{national(phone)} is connected to {firm.team_id}.")


@click.command("set-plan")
@click.argument("plan", type=click.Choice(installs.PLANS))
@team_argument
def set_plan(plan: str, team: str | None) -> None:
    """Say whether two-way SMS is included in what a firm pays, an add-on to it, or not to be had (none).

    \b
    Example:
      python -m bridge firms set-plan add-on
    """
    firm, _ = change(team, lambda deps, firm, now: installs.set_plan(deps, firm, plan, now))
    click.echo(f"The plan of {firm.team_id} is {plan}.")
    if plan == Plan.ADD_ON != firm.plan and firm.two_way:
        click.echo(GIFT)


@click.command("two-way")
@click.argument("switch", type=click.Choice(["on", "off"]))
@team_argument
def two_way(switch: str, team: str | None) -> None:
    """Switch two-way SMS on or off. While it is off, leads' texts are stored and not shown.

    \b
    Example:
      python -m bridge firms two-way on
    """
    firm, _ = change(team, lambda deps, firm, now: installs.set_two_way(deps, firm, now, on=switch == "on"))
    click.echo(f"Two-way SMS of {firm.team_id} is {switch}.")


@click.command("set-twilio")
@click.argument("account", type=ACCOUNT)
@team_argument
@click.option("--token-file", type=click.File("r"), help="Where the auth token stands; - for standard input.")
def set_twilio(account: str, team: str | None, token_file: IO[str] | None) -> None:
    """Give a firm its own Twilio ACCOUNT. Asks for the auth token, which is stored sealed.

    The token is read from standard input when that is no terminal. Connect the numbers afterwards, with set-number.

    \b
    Example:
      python -m bridge firms set-twilio AC00000000000000000000000000000000 --token-file token.txt
    """
    token = _token(token_file)
    firm, _ = change(team, lambda deps, firm, now: installs.set_own_twilio(deps, firm, account, token, now))
    click.echo(f"{firm.team_id} uses its own Twilio account. Connect its number next: firms set-number")


def _token(token_file: IO[str] | None) -> str:
    if token_file is None and sys.stdin.isatty():
        token = str(click.prompt("Auth token", hide_input=True))
    else:
        token = (token_file or sys.stdin).read().strip()
    if not re.fullmatch(r"[!-~]{1,200}", token):
        raise click.BadParameter("The auth token must be one word on one line.", param_hint="--token-file")
    return token


@click.command("set-help")
@click.argument("text")
@team_argument
def set_help(text: str, team: str | None) -> None:
    """Set what a lead reads who texts HELP; "" brings the built-in text back.

    {firm} and {number} in it stand for the firm's name and number.

    \b
    Example:
      python -m bridge firms set-help "Example Inc: call {number}, Mon-Fri 9-5. Reply STOP to unsubscribe."
    """
    words = clean(text).strip()
    if len(words) > installs.HELP_LIMIT:
        raise click.BadParameter(f"It may have {installs.HELP_LIMIT} characters, and has {len(words)}.")
    firm, _ = change(team, lambda deps, firm, now: installs.set_help(deps, firm, words or None, now))
    click.echo(f"{firm.team_id} answers HELP with {'this text' if words else 'the built-in text'}.")


@click.command("reply-mode")
@click.argument("channel", type=CHANNEL)
@click.argument("mode", type=click.Choice([mode.value for mode in ReplyMode]))
@team_argument
def reply_mode(channel: str, mode: str, team: str | None) -> None:
    """Say what replies in CHANNEL do: go out, wait for their author's word, or stay inside.

    \b
    Examples:
      python -m bridge firms reply-mode C0123ABCD confirm
      python -m bridge firms reply-mode C0123ABCD send
    """
    firm, _ = change(
        team, lambda deps, firm, now: installs.set_reply_mode(deps, firm, channel, ReplyMode(mode), now)
    )
    click.echo(f"Replies in {channel} of {firm.team_id}: {mode}.")


@click.command("prefer")
@click.argument("name", type=click.Choice([name.replace("_", "-") for name in preferences.NAMES]))
@click.argument("value")
@team_argument
def prefer(name: str, value: str, team: str | None) -> None:
    """Set what a firm wants otherwise than it is by itself.

    \b
    typed-numbers     on, off        may a number be texted that no lead has?
    time-zone         a name         where the firm is, as in America/Chicago
    quiet-hours       strict, federal, off
    internet-lines    on, off        are internet numbers texted?
    toll-free-lines   on, off        are toll-free numbers texted?
    filtered-limit    1 to 100       texts in a row taken for spam, before a number is blocked
    success           playful, plain how a sent text is announced
    daily-limit       1 to 1,000,000 texts of the firm within 24 hours
    recipient-limit   1 to 1,000     texts to one number within 24 hours
    stop-words        alto, baja     what opts a lead out, besides STOP and its relatives
    country           US, CA         where the firm's business is
    monthly-cap       a number, off  texts a month beyond which nothing that is paid for goes out
    billing           per_message, credits   a credit for a text, three for an MMS
    count-segments    on, off        does a text of several segments count as so many?
    long-texts        segments, mms, block   what becomes of a text longer than one segment
    retention-years   1 to 100, never   after how many years the words of texts are deleted
    Example:
      python -m bridge firms prefer typed-numbers on
    """
    key = name.replace("-", "_")
    try:
        read = preferences.read(key, value)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="VALUE") from None
    firm, _ = change(team, lambda deps, firm, now: installs.prefer(deps, firm, key, read, now))
    click.echo(f"{firm.team_id}: {name} is {value.strip()}.")


COMMANDS = (set_channel, set_number, set_plan, two_way, set_twilio, set_help, reply_mode, prefer)
