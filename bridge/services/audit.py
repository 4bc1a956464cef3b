"""The audit trail's chain: sealed by the clock, so that nobody who writes an entry waits; looked through on demand.

1. Whoever adds an entry adds a row, and nothing else. It has no place in the chain yet.
2. Every minute whatever has settled gets its place and its hash, in the order of ids, firm by firm, some entries
   in one unit of work; and where the chain ends is kept beside it. Whoever dies leaves all of that or nothing.
3. One process at a time does so for a firm: it holds the row that says where the chain ends.
4. An entry that turns up later than others with higher ids, as of a very long transaction, has no place either, and
   so gets the next one. Nothing is ever left out, and whoever looks through the chain is told how many came late.
"""

import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from bridge.rules.audit import FIRST, FORGED_HEAD, SETTLED, UNREADABLE, Head, Link, Walk, seal, settled
from bridge.services.deps import Deps
from bridge.store import append_only, audit, firms
from bridge.store.firms import Firm
from bridge.store.trouble import StoreUnavailable
from bridge.store.tx import Tx
from bridge.store.vault import Vault, WrongKey

BIT = 200  # entries that are sealed in one unit of work: whoever else writes waits for some milliseconds
AT_ONCE = 1_000  # entries that are read together

log = structlog.get_logger(__name__)


async def seal_all(deps: Deps, now: datetime) -> int:
    """Whatever has settled, of every firm; how many entries. A firm whose chain is broken stops no other."""
    async with deps.db.survey() as tx:
        waiting = [await firms.get(tx, id_) for id_ in await audit.waiting(tx, now - SETTLED, now + SETTLED)]
    many = 0
    for firm in waiting:
        try:
            many += await _seal(deps, firm, now)
        except Exception as error:
            if isinstance(error, StoreUnavailable) and not _is_unreadable(error):
                raise
            log.exception("audit_not_sealed", firm=firm.id, incident=uuid.uuid4().hex[:8])
    return many


async def _seal(deps: Deps, firm: Firm, now: datetime) -> int:
    many = last = await _seal_some(deps, firm, now)
    while last == BIT:
        many += (last := await _seal_some(deps, firm, now))
    return many


async def _seal_some(deps: Deps, firm: Firm, now: datetime) -> int:
    async with deps.db.begin() as tx:
        head = await _hold(tx, deps.vault, firm)
        if head is None:
            return 0
        entries = list(settled(await audit.unsealed(tx, firm.id, BIT), now))
        end, links = seal(firm.team_id, head, entries)
        if await audit.fill(tx, firm.id, links) != len(links):
            raise LookupError("entries")
        if links:
            await audit.move_head(tx, firm.id, _under_key(deps.vault, firm, end))
        return len(links)


async def _hold(tx: Tx, vault: Vault, firm: Firm) -> Head | None:
    """Where the chain ends; it begins with its first entries. None when somebody else is at it, or it is gone."""
    head = await audit.hold_head(tx, firm.id)
    if head is None and not await audit.has_chain(tx, firm.id):
        await audit.begin(tx, firm.id, _under_key(vault, firm, Head(0, FIRST)))
        head = await audit.hold_head(tx, firm.id)
    return head


def _under_key(vault: Vault, firm: Firm, head: Head) -> Head:
    return replace(head, seal=vault.seal(head.words(firm.team_id)))


@dataclass(frozen=True)
class Look:
    """What a look through a firm's chain has found; `wrong` is the first thing that is not as it must be."""

    firm: Firm
    walk: Walk
    unsealed: int
    oldest_unsealed: datetime | None
    wrong: str | None


class Unreadable(Exception):
    """There is an entry that somebody has changed into what no entry can be."""


async def look_through(deps: Deps, firm: Firm, noted: str = "") -> Look:
    """The whole chain, from its first entry on. `noted` is a hash that somebody wrote down, or how it begins."""
    walk = Walk(firm.team_id, noted)
    try:
        wrong = await _walk(deps, firm, walk)
    except Unreadable as found:
        wrong = str(found)
    async with deps.db.survey() as tx:
        unsealed, oldest = await audit.count_unsealed(tx, firm.id)
    return Look(firm, walk, unsealed, oldest, wrong)


async def _walk(deps: Deps, firm: Firm, walk: Walk) -> str | None:
    head: Head | None = None
    async for links, end in chain(deps, firm):
        head = end
        for link in links:
            if wrong := walk.take(link):
                return wrong
    return walk.end(head) or _forged(deps.vault, firm, head)


def _forged(vault: Vault, firm: Firm, head: Head | None) -> str | None:
    try:
        is_ours = head is None or vault.open(head.seal or b"") == head.words(firm.team_id)
    except WrongKey:
        is_ours = False
    return None if is_ours else FORGED_HEAD


async def chain(deps: Deps, firm: Firm) -> AsyncIterator[tuple[list[Link], Head | None]]:
    """All that is sealed, some entries at a time, each time with where the chain ended then. Raises Unreadable.

    The last of them are seen at the same moment as that end.
    """
    place, many, goes_on = 0, AT_ONCE, True
    while goes_on:
        try:
            links, head, further = await _some(deps, firm, place, many)
        except (ValueError, TypeError, StoreUnavailable) as error:
            if not _is_unreadable(error):
                raise
            if many == 1:
                raise await _unreadable(deps, firm, place) from None
            many = 1  # those before it can be read
        else:
            yield links, head
            place, goes_on = further or 0, further is not None


async def _some(deps: Deps, firm: Firm, place: int, many: int) -> tuple[list[Link], Head | None, int | None]:
    """What is sealed behind this place, where the chain ends, and where to go on: None when nothing follows."""
    async with deps.db.read() as tx:
        links, head = await audit.sealed(tx, firm.id, place, place + many), await audit.head(tx, firm.id)
        if len(links) == many:
            return links, head, place + many
        further = await audit.next_after(tx, firm.id, place + many)
        return links, head, further[0] - 1 if further else None


def _is_unreadable(error: Exception) -> bool:
    """Whether no trying again will help: SQLite tells of bytes that are no text as of a lock."""
    return not isinstance(error, StoreUnavailable) or "decode" in str(error.__cause__)


async def _unreadable(deps: Deps, firm: Firm, place: int) -> Unreadable:
    async with deps.db.read() as tx:
        found = await audit.next_after(tx, firm.id, place)
    return Unreadable(f"Entry #{found[1] if found else '?'} {UNREADABLE}")


async def unguarded(deps: Deps) -> list[str]:
    """The triggers by which the database refuses changes, and which somebody has taken away."""
    async with deps.db.read() as tx:
        return await append_only.missing(tx)
