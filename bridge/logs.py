"""Logs: one line of JSON each, personal data masked at this one place, vendors' loggers kept quiet.

Nothing here is a licence to log people's words: bodies are never passed to a logger. The mask, and what is left out
of exceptions in bridge.tracebacks, are for what slips in.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any

import structlog
from structlog.typing import Processor

from bridge import metrics, tracebacks

# These print requests, with phone numbers and words, at INFO or DEBUG.
VENDORS = {
    "slack_bolt": logging.ERROR,  # its warnings are a page of advice for each event that nobody here listens to
    "slack_sdk": logging.WARNING,
    "twilio": logging.WARNING,
    "aiohttp": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "aiosqlite": logging.WARNING,
    "asyncpg": logging.WARNING,
    "alembic": logging.WARNING,
    "apscheduler": logging.WARNING,
    "stripe": logging.WARNING,
}

_SECRETS = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|xoxe\.[\w-]+"  # Slack's tokens
    r"|sk_(?:live|test)_\w+|whsec_\w+"  # Stripe's
    r"|bridge_[0-9A-Za-z]{49}"  # our own keys
    r"|(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])"  # Twilio's auth tokens and Slack's signing secrets
    r"|gAAAA[\w-]{20,}=*"  # what is sealed at rest
    r"|(?<=Basic )[\w+/]{12,}=*"
    r"|(?<=//)[^/@\s:]+:[^/@\s]+(?=@)"  # user and password in a URL
    r"|(?<=\?)[\w.%+-]+=[^\s'\"<>]+"  # what a URL asks for
    r"|(?<=DETAIL:)[^\n]+|(?<=for query argument )[^\n]+"  # PostgreSQL and asyncpg repeat what they refused
    r"|(?<=exception=)\w+\(.*\)(?=>)"  # asyncio shows a task with what it failed of
)
_PHONES = re.compile(r"(\+|%2B)\d[\d ().-]{7,17}\d|(?<![\w.:-])\(?\d[\d ().-]{7,17}\d(?![\w:])", re.IGNORECASE)


def mask(text: str) -> str:
    """The text without tokens, and with phone numbers cut down to their last two digits."""
    return _PHONES.sub(_cut, _SECRETS.sub("[secret]", text))


def _cut(found: re.Match[str]) -> str:
    digits = re.sub(r"%2B|\D", "", found.group(), flags=re.IGNORECASE)
    return f"[phone ..{digits[-2:]}]" if 10 <= len(digits) <= 15 else found.group()


def _masked(value: Any) -> Any:
    match value:
        case None | bool() | int() | float():
            return value
        case dict():
            return {key: _masked(inside) for key, inside in value.items()}
        case list() | tuple():
            return [_masked(inside) for inside in value]
        case _:
            return mask(str(value))


def _mask_all(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if not key.startswith("_") and key not in {"timestamp", "level", "logger"}:
            event[key] = _masked(value)
    return event


def _count_incidents(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    if "incident" in event:
        metrics.INCIDENTS.inc()
    return event


def _is_wanted(record: logging.LogRecord) -> bool:
    """Bolt gives each of its loggers the root's level, so that their parent's does not count."""
    return record.levelno >= VENDORS.get(record.name.partition(".")[0], 0)


def configure(level: str) -> None:
    """Set up logging for this process. `level` is a name such as "INFO"."""
    shared: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(tracebacks.told),
        _count_incidents,
        _mask_all,
    ]
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_is_wanted)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for name, quiet in VENDORS.items():
        logging.getLogger(name).setLevel(quiet)
    sys.excepthook = _last_words
    logging.raiseExceptions = False  # else what cannot be written, on a full disk, is printed as it is


def _last_words(kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
    """What ends the process is told as in the log."""
    sys.stderr.write(f"{mask(tracebacks.told((kind, error, error.__traceback__)))}\n")
