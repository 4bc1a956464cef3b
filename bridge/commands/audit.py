"""The audit trail: who did what, and whether anybody has changed what is written there."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import click

from bridge.commands.session import chosen, run, team_argument
from bridge.commands.tables import private
from bridge.rules.audit import Entry, Link, canonical, spelled
from bridge.rules.mrkdwn import plain_name
from bridge.services import audit as service
from bridge.services.audit import Look
from bridge.services.deps import Deps
from bridge.store import audit as store
from bridge.store import firms
from bridge.store.audit import Filter

SHORTEST_NOTE = 16  # digits of a hash
WHOLE = "Nothing is changed, missing or added."
TOLD_OTHERWISE = "Not all is as it was written down."
UNGUARDED = "The database would let entries be changed: somebody has taken away {names}."
EXPORTED = "{many:,} entries. The last one's hash is {head}."
NOT_IN_FILE = "{many:,} are not sealed yet, and not in the file."


@click.group()
def audit() -> None:
    """Look at what was done, by whom and when, and prove that nobody has changed it since. See docs/audit.md.

    \b
    Example:
      python -m bridge audit verify
    """


@audit.command()
@click.option("--expect", metavar="HASH", default="", help="A hash that you noted: it must be in the chain.")
@team_argument
def verify(expect: str, team: str | None) -> None:
    """Look through the whole chain of a firm, or of every firm, and name the first entry that is not right.

    Exits with 1 when something is wrong. Note the hash that is shown, somewhere else: with --expect you prove later
    that everything up to it is still as it was.

    \b
    Example:
      python -m bridge audit verify
    """
    noted = _noted(expect)

    async def looked(deps: Deps) -> tuple[list[Look], list[str]]:
        return await _looks(deps, team, noted), await service.unguarded(deps)

    looks, unguarded = run(looked)
    for look in looks:
        click.echo("\n".join(_told(look)))
    if unguarded:
        click.echo(UNGUARDED.format(names=", ".join(unguarded)))
    if unguarded or any(look.wrong for look in looks):
        raise click.ClickException(TOLD_OTHERWISE)


def _noted(expect: str) -> str:
    noted = expect.strip().lower()
    if noted and not re.fullmatch(rf"[0-9a-f]{{{SHORTEST_NOTE},64}}", noted):
        raise click.BadParameter(
            f"A hash has 64 digits from 0 to f; {SHORTEST_NOTE} are enough.", param_hint="--expect"
        )
    return noted


async def _looks(deps: Deps, team: str | None, noted: str) -> list[Look]:
    if team is None and not noted:
        async with deps.db.read() as tx:
            every = await firms.everyone(tx)
    else:
        every = [await chosen(deps, team)]
    return [await service.look_through(deps, firm, noted) for firm in every]


def _told(look: Look) -> list[str]:
    walk, head = look.walk, look.walk.hash.hex()
    lines = [f"{look.firm.team_id}  {plain_name(look.firm.name)}"]
    if walk.began and walk.ended:
        lines.append(f"  sealed:     {walk.place:,} entries from {_moment(walk.began)} to {_moment(walk.ended)}")
        lines.append(f"  hash:       {head}" if look.wrong is None else "  hash:       none that counts")
    if walk.late:
        lines.append(f"  late:       {walk.late:,} were stored after entries with higher ids")
    if look.unsealed and look.oldest_unsealed:
        lines.append(f"  not sealed: {look.unsealed:,}, the oldest from {_moment(look.oldest_unsealed)}")
    if walk.noted_at and look.wrong is None:
        lines.append(f"  noted:      it is the hash of number {walk.noted_at:,}")
    return [*lines, f"  {plain_name(look.wrong, limit=400) if look.wrong else WHOLE}"]


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


@audit.command("list")
@click.option("--action", help="Only entries of this action, such as set_plan.")
@click.option("--actor", help='Only entries of this Slack user id, or of "operator", "bridge" ...')
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only from this day on (UTC).")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="Only before this day (UTC).")
@click.option("--before", type=click.IntRange(1), metavar="ID", help="Only entries with lower ids: the next page.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="How many, newest first."
)
@team_argument
def list_(
    action: str | None, actor: str | None, since: datetime | None, until: datetime | None, before: int | None,
    limit: int, team: str | None,
) -> None:  # fmt: skip
    """The newest entries of a firm: id, time, who, what, and on which facts.

    \b
    Examples:
      python -m bridge audit list --action set_plan
      python -m bridge audit list --since 2026-11-01 --until 2026-12-01 --limit 1000
    """
    wanted = Filter(action, actor, _of_day(since), _of_day(until), before)

    async def newest(deps: Deps) -> list[Entry]:
        firm = await chosen(deps, team)
        async with deps.db.survey() as tx:
            return await store.listing(tx, firm.id, wanted, limit)

    found = run(newest)
    for entry in found:
        click.echo(_line(entry))
    if not found:
        click.echo("No entries.")
    elif len(found) == limit:
        click.echo(f"There may be more: --before {found[-1].id}", err=True)


def _of_day(day: datetime | None) -> datetime | None:
    return day and day.replace(tzinfo=UTC)


def _line(entry: Entry) -> str:
    who, what = plain_name(entry.actor), plain_name(entry.action)
    return "  ".join([f"#{entry.id}", f"{entry.at:%Y-%m-%d %H:%M:%S}", who, what, json.dumps(entry.facts)])


@audit.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@team_argument
def export(file: Path, team: str | None) -> None:
    """Write all sealed entries of a firm to FILE, one JSON object a line, each with its hash.

    Whoever has the file can check it without this app: docs/audit.md says how.

    \b
    Example:
      python -m bridge audit export audit.jsonl
    """

    async def written(deps: Deps) -> tuple[int, str, int]:
        firm = await chosen(deps, team)
        return await _write(deps, firm, file)

    many, head, rest = run(written)
    click.echo(EXPORTED.format(many=many, head=head) if many else "No entries are sealed yet.")
    if rest:
        click.echo(NOT_IN_FILE.format(many=rest))


async def _write(deps: Deps, firm: firms.Firm, path: Path) -> tuple[int, str, int]:
    many, head = 0, ""
    with private(path, encoding="ascii") as file:
        try:
            async for links, _ in service.chain(deps, firm):
                file.writelines(f"{exported(firm.team_id, link)}\n" for link in links)
                many, head = many + len(links), (links[-1].hash or b"").hex() if links else head
        except service.Unreadable as found:
            raise click.ClickException(str(found)) from None
    async with deps.db.survey() as tx:
        return many, head, (await store.count_unsealed(tx, firm.id))[0]


def exported(team_id: str, link: Link) -> str:
    """A line of the file."""
    return canonical(spelled(team_id, link) | {"hash": (link.hash or b"").hex()})
