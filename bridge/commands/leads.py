"""Leads: signup rows."""

import click

from bridge.commands.lead_numbers import check, lift_block, typed_number
from bridge.commands.lead_tables import import_
from bridge.commands.session import change, chosen, look, run, team_argument
from bridge.refusals import Refusal
from bridge.rules import phones
from bridge.rules.mrkdwn import clean, plain_name
from bridge.rules.signups import Consent
from bridge.services import leads as service
from bridge.services import start
from bridge.services.deps import Deps
from bridge.services.start import Match
from bridge.store import leads as store
from bridge.store.leads import Lead

NAME_LIMIT, EMAIL_LIMIT, SOURCE_LIMIT, AGREED_LIMIT = 200, 320, 200, 2000  # characters that are stored
ID_DIGITS = 10  # fewer than a phone number has
WHY_NOT = {
    Refusal.TWO_WAY_OFF: "two-way SMS is off",
    Refusal.STOPPED: "has opted out",
    Refusal.NO_PHONE: "no number that can be texted",
    Refusal.LANDLINE: "a landline",
    Refusal.SUSPECTED: "may have asked for no more texts",
    Refusal.OTHER_LINE: "a kind of line that is not texted",
    Refusal.BLOCKED: "blocked, for carriers take it for spam",
}


@click.group()
def leads() -> None:
    """Enter signups and look at them.

    \b
    Example:
      python -m bridge leads list
    """


for command in (import_, check, lift_block):
    leads.add_command(command)


@leads.command()
@click.option("--name", required=True, help="Who it is.")
@click.option("--phone", help="Their number; without a country code it is read as one of the US.")
@click.option("--email", help="Their e-mail address.")
@click.option("--source", help="Where they signed up.")
@click.option("--agreed", help="What shows that they agreed to marketing texts, such as a form's words.")
@team_argument
def add(
    name: str, phone: str | None, email: str | None, source: str | None, agreed: str | None, team: str | None
) -> None:
    """Enter a signup. The newest one with a number names that number's conversation.

    \b
    Example:
      python -m bridge leads add --name "Dana Example" --phone "+1 415 555 0123" --source website
    """
    named = _short("--name", name, NAME_LIMIT)
    if named is None:
        raise click.BadParameter("It is empty.", param_hint="--name")
    number = typed_number(phone, "--phone") if phone else None
    mail, origin = _short("--email", email, EMAIL_LIMIT), _short("--source", source, SOURCE_LIMIT)
    consent = _consent(agreed)
    firm, _ = change(
        team,
        lambda deps, firm, now: service.add(
            deps, firm, now, name=named, phone=number, email=mail, source=origin, agreed=consent
        ),
    )
    click.echo(f"Entered for {firm.team_id}.")


def _consent(agreed: str | None) -> Consent | None:
    words = _short("--agreed", agreed, AGREED_LIMIT)
    return Consent("marketing", "verbal", {"text": words, "captured_by": "operator"}) if words else None


def _short(option: str, text: str | None, limit: int) -> str | None:
    text = clean(text or "").strip()
    if len(text) > limit:
        raise click.BadParameter(f"It may have {limit} characters.", param_hint=option)
    return text or None


@leads.command("list")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many, newest first."
)
@team_argument
def list_(limit: int, team: str | None) -> None:
    """The newest signups of a firm.

    \b
    Example:
      python -m bridge leads list --limit 50
    """
    found = look(team, lambda tx, firm_id: store.of_firm(tx, firm_id, limit))
    for lead in found:
        click.echo(_line(lead))
    if not found:
        click.echo("No signups yet.")


@leads.command()
@click.argument("words", nargs=-1, required=True)
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many, newest first."
)
@click.option("--team", help="The firm's Slack team id, where several firms share this copy.")
def find(words: tuple[str, ...], limit: int, team: str | None) -> None:
    """Look for leads by name, e-mail or phone number, and see who cannot be texted, and why.

    \b
    Examples:
      python -m bridge leads find dana
      python -m bridge leads find "(415) 555-0123"
    """

    async def found(deps: Deps) -> list[Match]:
        return await start.find(deps, await chosen(deps, team), " ".join(words), most=limit, everybody=True)

    every = run(found)
    for one in every:
        click.echo(_line(one.lead) + (f"  ({WHY_NOT[one.refusal]})" if one.refusal else ""))
    if not every:
        click.echo("Nobody is called that, has that e-mail address, or that number.")


@leads.command()
@click.argument("who")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@team_argument
def delete(who: str, *, yes: bool, team: str | None) -> None:
    """Delete one signup by its id, as "leads list" shows it, or all with a number.

    What the number agreed to and took back stays in the ledger, and so does the conversation: who opted out stays
    opted out, even if they sign up again.

    \b
    Examples:
      python -m bridge leads delete "#17"
      python -m bridge leads delete "+1 415 555 0123"
    """
    phone, lead_id = phones.e164(who), who.lstrip("#")
    if phone is None and not (lead_id.isascii() and lead_id.isdigit() and len(lead_id) < ID_DIGITS):
        raise click.BadParameter("That is neither a phone number nor an id such as #17.", param_hint="WHO")

    found = run(lambda deps: _meant(deps, team, phone, lead_id))
    for lead in found:
        click.echo(_line(lead))
    if not found:
        click.echo("There is no such signup.")
    elif yes or click.confirm("Delete them?" if len(found) > 1 else "Delete it?"):
        ids = [lead.id for lead in found]
        _, gone = change(team, lambda deps, firm, now: service.forget(deps, firm, ids, now))
        click.echo(f"{gone:,} deleted.")


async def _meant(deps: Deps, team: str | None, phone: str | None, lead_id: str) -> list[Lead]:
    firm = await chosen(deps, team)
    async with deps.db.read() as tx:
        if phone is not None:
            return await store.with_phone(tx, firm.id, phone)
        one = await store.by_id(tx, firm.id, int(lead_id))
        return [one] if one else []


def _line(lead: Lead) -> str:
    phone = phones.national(lead.phone) if lead.phone else "no number"
    rest = [plain_name(text) for text in (lead.email, lead.source) if text]
    return "  ".join([f"#{lead.id}", f"{lead.created_at:%Y-%m-%d}", plain_name(lead.name), phone, *rest])
