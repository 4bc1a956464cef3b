"""Everything that was said, handed out by the operator.

1. That it begins is written into the audit trail, before a word is read.
2. All of it is read at one moment, a little at a time: what is said meanwhile is not in it.
3. How much it was, and the digest of its list of files, is written down before that list is. Without the list it is
   not complete.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bridge.rules.consent import Event
from bridge.rules.exports import Talk, Text, utc
from bridge.services.deps import Deps
from bridge.store import audit, consent, exports, staff
from bridge.store.exports import Wanted
from bridge.store.firms import Firm
from bridge.store.tx import Tx

PAGE = 500  # rows that are read at once


@dataclass(repr=False)
class Book:
    """What the firm has said and heard, as it is at one moment. `newest` is the last message that is seen."""

    tx: Tx
    firm: Firm
    wanted: Wanted
    many: int
    newest: int
    _names: dict[str, str | None] = field(default_factory=dict)

    async def talks(self) -> AsyncIterator[tuple[Talk, Sequence[Event]]]:
        """Each number, with all that was ever said about texting it."""
        last = 0
        while some := await exports.talks(self.tx, self.firm.id, self.wanted, last, PAGE):
            said = await consent.histories(self.tx, self.firm.id, [talk.contact_id for talk in some])
            for talk in some:
                yield talk, said[talk.contact_id]
            last = some[-1].contact_id

    async def texts(self, talk: Talk) -> AsyncIterator[Text]:
        """What was said with that number, in the order in which it was stored."""
        last = 0
        while some := await self._page(talk, last):
            for text in some:
                yield replace(text, author_name=self._names.get(text.author_id or ""))
            last = some[-1].id

    async def _page(self, talk: Talk, last: int) -> list[Text]:
        if talk.conversation_id is None:
            return []
        some = await exports.texts(self.tx, self.firm.id, self.wanted, talk.conversation_id, last, PAGE)
        if new := {text.author_id for text in some if text.author_id} - self._names.keys():
            self._names |= dict.fromkeys(new) | await staff.names(self.tx, self.firm.id, new)
        return some


@asynccontextmanager
async def opened(deps: Deps, firm: Firm, wanted: Wanted) -> AsyncIterator[Book]:
    """The book, at one moment of the database. Raises StoreUnavailable."""
    async with deps.db.survey() as tx:
        yield Book(tx, firm, wanted, *await exports.extent(tx, firm.id, wanted))


async def note(
    deps: Deps, firm: Firm, wanted: Wanted, action: str, now: datetime, facts: dict[str, Any] | None = None
) -> None:
    """An operator has the firm's words written to files: which, and how many; never the words."""
    since, until = (moment and utc(moment) for moment in (wanted.since, wanted.until))
    ids = None if wanted.contact_ids is None else list(wanted.contact_ids)
    async with deps.db.begin() as tx:
        which = {"contacts": ids, "since": since, "until": until, **(facts or {})}
        await audit.record(tx, firm.id, now, actor="operator", action=action, facts=which)
