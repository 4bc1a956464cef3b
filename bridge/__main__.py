"""The command line: python -m bridge COMMAND."""

import click

from bridge.commands.audit import audit
from bridge.commands.database import migrate
from bridge.commands.doctor import doctor
from bridge.commands.exports import export
from bridge.commands.firms import firms
from bridge.commands.keys import keys
from bridge.commands.leads import leads
from bridge.commands.legal_holds import hold
from bridge.commands.manifest import manifest
from bridge.commands.optouts import optouts
from bridge.commands.outbox import outbox
from bridge.commands.processes import serve, web, worker
from bridge.commands.restored import restored
from bridge.commands.retention import retention
from bridge.commands.stripe_setup import stripe_setup
from bridge.commands.trouble import Commands


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def main() -> None:
    """Two-way SMS inside Slack: every lead conversation is one Slack thread.

    Settings come from environment variables; the README lists them all.

    \b
    Example:
      python -m bridge serve
    """


for _command in (
    serve,
    web,
    worker,
    migrate,
    doctor,
    manifest,
    firms,
    leads,
    optouts,
    keys,
    outbox,
    stripe_setup,
    audit,
    export,
    retention,
    hold,
    restored,
):
    main.add_command(_command)

if __name__ == "__main__":
    main()
