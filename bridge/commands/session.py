"""How a command reaches the database, beside a process that may be serving from it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import click
from sqlalchemy.engine import make_url

from bridge import logs
from bridge.app import opened
from bridge.services.deps import Deps
from bridge.settings import Settings
from bridge.store import firms, keys, migrate
from bridge.store.database import patiently
from bridge.store.firms import Firm
from bridge.store.tx import Tx

PATIENCE = 10.0  # seconds; a serving process holds the database for milliseconds at a time
NO_DATABASE = "There is no database yet. Run: python -m bridge migrate"
NO_FIRM = "There is no firm yet. Set SLACK_BOT_TOKEN and start the app once: python -m bridge serve"

T = TypeVar("T")

team_argument = click.argument("team", required=False)


def run(work: Callable[[Deps], Awaitable[T]], *, need: Iterable[str] = ()) -> T:
    """The result of `work`, which gets everything open. `need` names settings that must be there."""
    return asyncio.run(_run(work, Settings.load(need=need)))


def change(
    team: str | None, work: Callable[[Deps, Firm, datetime], Awaitable[T]], *, need: Iterable[str] = ()
) -> tuple[Firm, T]:
    """The firm, and the result of a change to it; tried again while another process is writing."""

    async def changed(deps: Deps) -> tuple[Firm, T]:
        firm = await chosen(deps, team)
        return firm, await patiently(lambda: work(deps, firm, deps.clock()), seconds=PATIENCE)

    return run(changed, need=need)


def look(team: str | None, work: Callable[[Tx, int], Awaitable[T]]) -> T:
    """What `work` reads of the firm, by its id, in one unit."""

    async def seen(deps: Deps) -> T:
        firm = await chosen(deps, team)
        async with deps.db.read() as tx:
            return await work(tx, firm.id)

    return run(seen)


async def chosen(deps: Deps, team: str | None) -> Firm:
    """The firm that an operator means: by its Slack team, or the only one there is."""
    async with deps.db.read() as tx:
        every = await firms.everyone(tx)
    meant = [firm for firm in every if team in {None, firm.team_id}]
    if len(meant) == 1:
        return meant[0]
    teams = ", ".join(firm.team_id for firm in every)
    if not every:
        raise click.ClickException(NO_FIRM)
    if team is None:
        raise click.UsageError(f"Several firms share this copy. Name one: {teams}")
    raise click.UsageError(f"No firm has the Slack team id {team}. There is: {teams}")


def must_exist(settings: Settings) -> None:
    """Raises ClickException when the SQLite file is not there; opening it would create an empty one."""
    url = make_url(settings.database_url)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        raise click.ClickException(NO_DATABASE)


async def _run(work: Callable[[Deps], Awaitable[T]], settings: Settings) -> T:
    logs.configure("ERROR")  # what a person should know, the command says
    must_exist(settings)
    async with opened(settings) as deps:
        await migrate.check(settings.database_url)
        await patiently(lambda: _check_key(deps), seconds=PATIENCE)
        return await work(deps)


async def _check_key(deps: Deps) -> None:
    async with deps.db.begin() as tx:
        await keys.check(tx, deps.vault)
