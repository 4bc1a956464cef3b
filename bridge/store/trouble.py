"""Trouble with the database: which may pass, so that the same work may be tried again, and which is a bug."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, NotSupportedError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

_BUGS = (IntegrityError, DataError, ProgrammingError, NotSupportedError)


class StoreUnavailable(Exception):
    """The database could not do it now: locked, full, gone or overloaded. Nothing was stored; try again."""


class Overloaded(StoreUnavailable):
    """Too many wait already: whoever can be turned away should be, at once."""


class Hindered(StoreUnavailable):
    """This unit alone could not be done: others hold its rows, or it took too long. Those beside it could."""


def is_passing(error: BaseException) -> bool:
    """Whether the same work may succeed when it is tried again."""
    if isinstance(error, DBAPIError):
        # PostgreSQL plans anew once another process has migrated; in a transaction its driver leaves that to us.
        if type(error.orig).__name__ == "InvalidCachedStatementError":
            return True
        # SQLite reports a missing table or column as an operational error, like a lock or a full disk.
        is_bug = isinstance(error, _BUGS) or str(error.orig).startswith(("no such table", "no such column"))
        # asyncpg has no class of its own for values that cannot be stored: SQLSTATE 22 and what follows.
        return not is_bug and not str(getattr(error.orig, "sqlstate", "")).startswith("22")
    return isinstance(error, OSError | TimeoutError | NoConnectionFree)


@contextmanager
def passing_trouble() -> Iterator[None]:
    """Tell what may pass as StoreUnavailable."""
    try:
        yield
    except Exception as error:
        if is_passing(error):
            raise StoreUnavailable(type(error).__name__) from error
        raise
