"""What a person reads when a command cannot do what was asked: one sentence, no traceback, nothing secret."""

import errno
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from bridge.gateways.errors import GatewayError
from bridge.logs import mask
from bridge.services.numbers import CannotConnect
from bridge.settings import SettingsError
from bridge.store.durability import Forgetful
from bridge.store.locks import TakenError
from bridge.store.migrate import NewerError, OutdatedError
from bridge.store.trouble import StoreUnavailable
from bridge.store.vault import WrongKey

TAKEN = "Another process is using this database already. Stop it, or give this one another DATABASE_URL."
BUSY = "The database was busy for too long, so nothing was changed. Try again."
SILENT = "The database does not answer. Check that it runs, and what DATABASE_URL says."
ADDRESS = "This address is in use already. Stop what uses it, or choose another PORT (for a worker, METRICS_PORT)."
DRIVER = "PostgreSQL needs the package asyncpg: pip install 'bridge[postgres]'"


class Commands(click.Group):
    """A group that turns expected trouble into a sentence. A bug still shows where it happened."""

    def invoke(self, ctx: click.Context) -> Any:
        """Carry out the command."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:
            told = sentence(error)
            if told is None:
                raise
            raise click.ClickException(told) from error


def sentence(error: Exception) -> str | None:
    """What to say of it; None for a bug."""
    match error:
        case click.ClickException():
            return error.message
        case SettingsError() | OutdatedError() | NewerError() | Forgetful() | WrongKey() | CannotConnect():
            return str(error)
        case TakenError():
            return TAKEN
        case StoreUnavailable():
            return BUSY
        case GatewayError():
            return f"Slack, Twilio or Stripe refused, or did not answer: {error.code}. Ask: python -m bridge doctor"
        case ConnectionError() | TimeoutError():  # Slack's and Twilio's are GatewayErrors
            return SILENT
        case OSError():
            return _system(error)
        case _:
            return _database(error)


def _system(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return ADDRESS
    return f"This did not work: {mask(error.strerror or type(error).__name__)}."


def _database(error: Exception) -> str | None:
    if isinstance(error, ModuleNotFoundError) and error.name == "asyncpg":
        return DRIVER
    # what goes wrong while asyncpg connects reaches us as it is; it is imported for PostgreSQL only
    if isinstance(error, SQLAlchemyError) or type(error).__module__.startswith("asyncpg."):
        cause = getattr(error, "orig", None) or error
        return f"The database cannot be used: {mask(str(cause))}."
    return None
