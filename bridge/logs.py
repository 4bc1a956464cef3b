"""Logs: one line of JSON each, personal data masked at this one place, vendors' loggers kept quiet.

Nothing here is a licence to log people's words: bodies are never passed to a logger. The mask is for what slips
into an exception's text.
"""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import Processor

# These print requests, with phone numbers and words, at INFO or DEBUG.
VENDORS = (
    "slack_bolt",
    "slack_sdk",
    "twilio",
    "aiohttp",
    "sqlalchemy",
    "aiosqlite",
    "asyncpg",
    "apscheduler",
    "stripe",
)

_SECRETS = re.compile(
    r"xox[a-z]-[\w-]+|xapp-[\w-]+|xoxe\.[\w-]+|sk_(?:live|test)_\w+|whsec_\w+|gAAAA[\w-]{20,}=*|(?<=//)[^/@\s:]+:[^/@\s]+(?=@)"
)
_PHONES = re.compile(r"(?<![\w.:-])\+?\d[\d ().-]{7,17}\d(?![\w:])")


def mask(text: str) -> str:
    """The text without tokens, and with phone numbers cut down to their last two digits."""
    return _PHONES.sub(_cut, _SECRETS.sub("[secret]", text))


def _cut(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found.group())
    return f"[phone ..{digits[-2:]}]" if 10 <= len(digits) <= 15 else found.group()


def _mask_all(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key, value in event.items():
        if isinstance(value, str) and key not in {"timestamp", "level", "logger"}:
            event[key] = mask(value)
    return event


def configure(level: str) -> None:
    """Set up logging for this process. `level` is a name such as "INFO"."""
    shared: list[Processor] = [
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _mask_all,
    ]
    handler = logging.StreamHandler(sys.stderr)
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
    for name in VENDORS:
        logging.getLogger(name).setLevel(logging.WARNING)
