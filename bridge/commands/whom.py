"""Whose words an operator means: by number, or by a signup's id."""

import click

from bridge.rules import phones
from bridge.services.deps import Deps
from bridge.store import contacts, leads
from bridge.store.firms import Firm

number_option = click.option("--number", "numbers", multiple=True, help="A lead's number. May be given again.")
lead_option = click.option(
    "--lead", "lead_ids", multiple=True, metavar="ID", help='The number of a signup, by its id in "leads list".'
)


async def meant(deps: Deps, firm: Firm, numbers: tuple[str, ...], lead_ids: tuple[str, ...]) -> list[str]:
    """Their numbers, each once. Raises BadParameter, naming what was typed and nobody else."""
    found = [await _number(deps, firm, each) for each in numbers]
    found += [await _of_lead(deps, firm, each) for each in lead_ids]
    return list(dict.fromkeys(found))


async def _number(deps: Deps, firm: Firm, typed: str) -> str:
    if phone := phones.e164(typed):
        return phone
    async with deps.db.read() as tx:  # short codes and names, too, can have written
        if await contacts.by_phone(tx, firm.id, typed.strip()):
            return typed.strip()
    raise click.BadParameter("That is no phone number. Give it as in +1 415 555 0123.", param_hint="--number")


async def _of_lead(deps: Deps, firm: Firm, typed: str) -> str:
    digits = typed.lstrip("#")
    is_id = digits.isascii() and digits.isdigit() and len(digits) < 19
    async with deps.db.read() as tx:
        lead = await leads.get(tx, firm.id, int(digits)) if is_id else None
    if lead is None or lead.phone is None:
        raise click.BadParameter("There is no signup with this id and a number.", param_hint="--lead")
    return lead.phone
