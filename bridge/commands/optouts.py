"""Those who want no texts."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import assert_never

import click

from bridge.commands import tables
from bridge.commands.session import change, chosen, run, team_argument
from bridge.refusals import Refusal
from bridge.rules import optouts as rules
from bridge.rules import phones
from bridge.rules.consent import Scope
from bridge.rules.mrkdwn import clean, plain_name
from bridge.rules.optouts import OptOut
from bridge.rules.signups import Consent
from bridge.services import consent
from bridge.services import optouts as service
from bridge.services.consent import Outcome, Say
from bridge.services.deps import Deps
from bridge.store.firms import Firm

Act = Callable[[Deps, Firm, str, Say, datetime], Awaitable[Outcome]]
OWN_MARKETING = "The lead ended marketing texts themselves. It takes new consent from them."
SCOPES = click.Choice([scope.value for scope in Scope])
scope_option = click.option(
    "--scope", type=SCOPES, default=Scope.ALL.value, show_default=True, help="Every text, or marketing only."
)
reason_option = click.option("--reason", required=True, help="What proves it; kept with who and when.")


@click.group()
def optouts() -> None:
    """Those who want no texts: bring a list along, look at it, hand it out, add to it.

    What a lead said with STOP only the lead takes back, by texting START. What staff or a list said can be undone.

    \b
    Example:
      python -m bridge optouts list
    """


@optouts.command("import")
@tables.file_argument
@tables.column_option
@click.option(
    "--scope",
    type=SCOPES,
    default=Scope.ALL.value,
    show_default=True,
    help="Of rows that do not say it themselves.",
)
@tables.dry_run_option
@tables.yes_option
@tables.team_option
def import_(file: Path, named: tuple[str, ...], scope: str, *, dry_run: bool, yes: bool, team: str | None) -> None:
    """Nobody in this CSV file is texted any more. Shows what it understands, and asks first.

    Rows that cannot be entered are written to a file beside it, with the reasons. To do it again does no harm. Who
    has texted START after the date in the file is not opted out again. Where the column "by" says "lead", or
    "source" says "sms", it was the lead's own word, and only the lead takes it back.

    \b
    Fields: number, scope, since, by, source, evidence. Only the number is needed.
    Examples:
      python -m bridge optouts import stopped.csv --dry-run
      python -m bridge optouts import newsletter.csv --scope marketing --yes
    """
    found = tables.columns_of(file, named, rules.CALLED, rules.guess)
    if "number" not in found:
        listed = ", ".join(tables.headings(file)) or "none"
        raise click.UsageError(f"No column looks like phone numbers. Its columns: {listed}.")
    table = tables.Table(file, found, rules.read)
    if good := table.is_wanted(dry_run=dry_run, yes=yes):
        new = run(lambda deps: _enter(deps, table, Scope(scope), team, good))
        click.echo(f"{new:,} entered, {good - new:,} were here before or have texted START since.")


async def _enter(deps: Deps, table: tables.Table[OptOut], scope: Scope, team: str | None, many: int) -> int:
    firm = await chosen(deps, team)
    return await tables.enter(
        table, many, lambda some: partial(service.enter, deps, firm, some, scope, deps.clock())
    )


@optouts.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@tables.team_option
def export(file: Path, team: str | None) -> None:
    """Write everybody who is not texted to a CSV file that only you can read: number, scope, since, by, source,
    evidence. "optouts import" reads it.

    \b
    Example:
      python -m bridge optouts export stopped.csv
    """

    async def written(deps: Deps) -> int:
        return await tables.write(file, rules.COLUMNS, service.listing(deps, await chosen(deps, team)))

    click.echo(f"{run(written):,} rows are in {file}.")


@optouts.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many.")
@team_argument
def list_(limit: int, team: str | None) -> None:
    """Everybody who is not texted, or not for marketing: since when, by whose word, and how it was said.

    \b
    Example:
      python -m bridge optouts list --limit 200
    """

    async def found(deps: Deps) -> list[tuple[str, ...]]:
        some = list[tuple[str, ...]]()
        async for line in service.listing(deps, await chosen(deps, team)):
            some.append(line)
            if len(some) > limit:
                break
        return some

    lines = run(found)
    for number, scope, since, by, source, _ in lines[:limit]:
        click.echo("  ".join([plain_name(number), scope, since[:10], by, source]))
    if not lines:
        click.echo("Nobody has opted out.")
    elif len(lines) > limit:
        click.echo("There are more: python -m bridge optouts export FILE")


@optouts.command()
@click.argument("number")
@reason_option
@scope_option
@team_argument
def add(number: str, reason: str, scope: str, team: str | None) -> None:
    """Somebody asked by phone, by letter or in person not to be texted.

    \b
    Example:
      python -m bridge optouts add "+1 415 555 0123" --reason "called on Monday and asked for no more texts"
    """
    outcome = _said(consent.unsubscribe, number, reason, scope, team)
    click.echo("They are not texted any more." if outcome is Outcome.DONE else "That was so already.")


@optouts.command()
@click.argument("number")
@reason_option
@scope_option
@team_argument
def undo(number: str, reason: str, scope: str, team: str | None) -> None:
    """Take back what staff or a list said by mistake. Never what a lead said: that takes their START.

    \b
    Example:
      python -m bridge optouts undo "+1 415 555 0123" --reason "the wrong Dana; she called"
    """
    outcome = _said(consent.undo, number, reason, scope, team)
    match outcome:
        case Outcome.DONE:
            click.echo("It is taken back.")
        case Outcome.NOTHING_TO_DO:
            click.echo("There is nothing to take back.")
        case Outcome.LEADS_OWN if scope == Scope.ALL:
            raise click.ClickException(Refusal.STOPPED.sentence)
        case Outcome.LEADS_OWN:
            raise click.ClickException(OWN_MARKETING)
        case _:
            assert_never(outcome)


@optouts.command()
@click.argument("number")
@click.option("--text", required=True, help="What they agreed to, in the words that they read or heard.")
@click.option("--url", help="The page on which they did.")
@click.option(
    "--source", type=click.Choice(["verbal", "form"]), default="verbal", show_default=True, help="How they agreed."
)
@click.option(
    "--days", type=click.IntRange(1, 3650), help="After so many days it ends by itself (implied consent)."
)
@team_argument
def agree(number: str, text: str, url: str | None, source: str, days: int | None, team: str | None) -> None:
    """Somebody agreed to marketing texts. It lifts no STOP: that takes their START.

    \b
    Example:
      python -m bridge optouts agree "+1 415 555 0123" --text "May we text you offers? - Yes."
    """
    evidence = {name: value for name, value in (("text", clean(text)), ("url", clean(url or ""))) if value}
    phone = _phone(number)

    async def agreed(deps: Deps, firm: Firm, now: datetime) -> None:
        until = now + timedelta(days=days) if days else None
        given = Consent("marketing", source, {**evidence, "captured_by": "operator"}, now, until)
        await consent.agree(deps, firm, phone, given, "operator", now)

    change(team, agreed)
    click.echo("It is kept, with what proves it.")


def _phone(number: str) -> str:
    phone = phones.e164(number)
    if phone is None:
        raise click.BadParameter("That is no phone number. Give it as in +1 415 555 0123.", param_hint="NUMBER")
    return phone


def _said(act: Act, number: str, reason: str, scope: str, team: str | None) -> Outcome:
    phone, why = _phone(number), clean(reason).strip()
    if not why:
        raise click.BadParameter("It is empty.", param_hint="--reason")
    say = Say(Scope(scope), "operator", why)
    return change(team, lambda deps, firm, now: act(deps, firm, phone, say, now))[1]
