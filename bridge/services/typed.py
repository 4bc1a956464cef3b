"""What somebody typed behind `/sms new`: a name or a number, and perhaps a text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.rules import phones
from bridge.services import start
from bridge.services.deps import Deps
from bridge.services.start import Match
from bridge.store.firms import Firm

MOST_WORDS = 5  # of a name, or pieces of a number
MOST = 20  # people who are looked at
_QUOTED = re.compile(r"\s*[\"“”](?P<who>[^\"“”]+)[\"“”]\s*(?P<text>.*)", re.DOTALL)


@dataclass(frozen=True, repr=False)
class Meant:
    """Who may have been meant, newest first; the number, if it was one; and the text behind it."""

    matches: Sequence[Match]
    phone: str | None
    text: str


async def understood(deps: Deps, firm: Firm, typed: str) -> Meant:
    """The longest beginning that is somebody's name, address or number; what follows is the text."""
    for who, text in _readings(typed):
        if (phone := phones.e164(who)) is not None:
            return Meant(await start.find(deps, firm, who, most=MOST), phone, text)
        if matches := await start.find(deps, firm, who, most=MOST):
            return Meant(matches, None, text)
    return Meant([], None, "")


def _readings(typed: str) -> Iterator[tuple[str, str]]:
    """Each way to part it, the longest name first."""
    if quoted := _QUOTED.fullmatch(typed):
        yield quoted["who"], quoted["text"]
        return
    ends = [found.end() for found in re.finditer(r"\S+", typed)][:MOST_WORDS]
    for end in reversed(ends):
        yield typed[:end].strip(), typed[end:].strip()
