"""After a copy was put back."""

import click

from bridge.commands.session import PATIENCE, run
from bridge.services import restored as service
from bridge.services.deps import Deps
from bridge.services.restored import Doubted
from bridge.store.database import patiently

TOLD = (
    "Promises that waited in it: {promises}, texts to leads among them: {texts}. Each is looked for first.\n"
    "Replies and presses that nobody had judged, dropped: {dropped}."
)


@click.command()
def restored() -> None:
    """Say that the database was put back from a copy, before anything is started on it.

    What waited in the copy may have been done since. So texts are looked up at Twilio and posts in Slack, and only
    what is not there is asked about or done. On PostgreSQL this needs the right to change tables.

    \b
    Example:
      DATABASE_URL=sqlite:////var/lib/bridge/bridge.db python -m bridge restored
    """

    async def doubted(deps: Deps) -> Doubted:
        return await patiently(lambda: service.doubt_everything(deps, deps.clock()), seconds=PATIENCE)

    found = run(doubted)
    click.echo(TOLD.format(promises=found.promises, texts=found.texts, dropped=found.dropped))
