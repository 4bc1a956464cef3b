"""An exception as it may be logged: where it happened in full, its words only where they are about the program.

A ValueError repeats the value, and the value may be what a lead wrote.
"""

import re
import traceback
from types import TracebackType
from typing import TypeAlias

ExcInfo: TypeAlias = tuple[type[BaseException], BaseException, TracebackType | None]

# What these say is about names, types and the machine.
_ABOUT_THE_PROGRAM = (
    ArithmeticError, AttributeError, ImportError, LookupError, MemoryError, NameError, OSError, RuntimeError,
    TypeError,
)  # fmt: skip
_OF_THE_PROGRAM = {
    "bridge",
    "sqlalchemy",
    "asyncpg",
    "sqlite3",
}  # bridge.logs takes the values out of the database's
_NAME = re.compile(r"'[\w.:/<>-]{0,60}'|\"[\w.:/<>-]{0,60}\"")
_CAUSE = "\nThe above exception was the direct cause of the following exception:\n\n"
_CONTEXT = "\nDuring handling of the above exception, another exception occurred:\n\n"
HIDDEN = "[words]"


def told(exc_info: ExcInfo) -> str:
    """The exception with all that led to it, oldest first."""
    return _told(exc_info[1], set())


def _told(error: BaseException, seen: set[int]) -> str:
    seen.add(id(error))
    before, between = error.__cause__, _CAUSE
    if before is None and not error.__suppress_context__:
        before, between = error.__context__, _CONTEXT
    first = "" if before is None or id(before) in seen else _told(before, seen) + between
    where = "".join(traceback.format_tb(error.__traceback__))
    inside = [_told(each, seen) for each in getattr(error, "exceptions", ()) if id(each) not in seen]
    return "\n".join(
        [f"{first}Traceback (most recent call last):\n{where}{_name(error)}: {_words(error)}", *inside]
    )


def _name(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _words(error: BaseException) -> str:
    """What the exception says, without what it quotes but for names."""
    is_ours = type(error).__module__.partition(".")[0] in _OF_THE_PROGRAM
    if not is_ours and not isinstance(error, _ABOUT_THE_PROGRAM):
        return HIDDEN
    return _without_quotes(str(error))


def _without_quotes(text: str) -> str:
    """Names may be quoted. From the first other quote to the last all is left out: there may be quotes in it."""
    names = [found.span() for found in _NAME.finditer(text)]
    quotes = [
        place for place, each in enumerate(text)
        if each in "'\"" and not any(start <= place < end for start, end in names)
    ]  # fmt: skip
    return text if not quotes else f"{text[: quotes[0]]}'{HIDDEN}'{text[quotes[-1] + 1 :]}"
