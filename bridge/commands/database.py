"""The database's tables."""

import asyncio

import click

from bridge import logs
from bridge.settings import Settings
from bridge.store import migrate as migrations


@click.command()
def migrate() -> None:
    """Bring the database's tables up to this version. Doing it twice does no harm.

    \b
    Example:
      DATABASE_URL=postgresql://bridge@localhost/bridge python -m bridge migrate
    """
    settings = Settings.load()
    logs.configure("ERROR")
    asyncio.run(migrations.upgrade(settings.database_url))
    click.echo("The database is up to date.")
