"""Words whose time is over are deleted.

1. The texts of a firm are looked through, a few at a time, without holding anybody up.
2. Those few are deleted in one unit, which looks anew: at the firm's rule, at what is on hold and what is under
   way. A hold that was placed before it wins.
3. The same unit writes down how many, from when, and by which rule. So whoever dies in between has deleted nothing
   that is not written down, and whoever comes after goes on.
"""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog

from bridge.rules.exports import utc
from bridge.rules.retention import Rule, rule
from bridge.services.deps import Deps
from bridge.store import audit, edits, firms, retention
from bridge.store.database import patiently
from bridge.store.firms import Firm
from bridge.store.retention import Gone, Outlook
from bridge.store.trouble import StoreUnavailable
from bridge.store.tx import Tx

BIT = 200  # texts that are deleted in one unit of work: whoever else writes waits for some milliseconds
TALKS = 100  # conversations that are looked through at once
PAUSE = 0.05  # seconds between two units
PATIENCE = 60.0
# Where next to nothing was said or done for so long, by what the clock says now, it may be wrong by years.
QUIET, FEW = timedelta(days=31), 10

log = structlog.get_logger(__name__)


@dataclass
class Done:
    """How much one run has deleted, under the name by which the audit trail knows it."""

    actor: str
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    messages: int = 0
    pictures: int = 0
    promises: int = 0


async def outlook(deps: Deps, firm: Firm, now: datetime) -> tuple[Rule | None, Outlook | None]:
    """What holds for the firm, and what would be deleted now."""
    holds = rule(firm.prefers, now)
    if holds is None:
        return None, None
    async with deps.db.survey() as tx:
        return holds, await retention.outlook(tx, firm.id, holds.before)


async def forget_all(deps: Deps, now: datetime) -> None:
    """Of every firm. One whose words cannot be deleted stops no other."""
    async with deps.db.glance() as tx:
        every, last = await firms.everyone(tx), await retention.last_words(tx)
    is_doubtful = sum(now - moment <= QUIET for moment in last) < FEW
    for firm in every:
        try:
            await (_postpone(deps, firm, now) if is_doubtful else forget(deps, firm, Done("bridge")))
        except StoreUnavailable:
            raise
        except Exception:
            log.exception("words_not_deleted", firm=firm.id, incident=uuid.uuid4().hex[:8])


async def _postpone(deps: Deps, firm: Firm, now: datetime) -> None:
    holds = rule(firm.prefers, now)
    if holds and (await _talks(deps, firm, holds, 0))[0]:
        log.info("retention_postponed", firm=firm.id, reason="nothing was said for long, or the clock is wrong")


async def forget(deps: Deps, firm: Firm, done: Done, seen: Callable[[int], None] = lambda _: None) -> Done:
    """What is past its time and may go; `seen` hears how many texts were looked at. Raises StoreUnavailable."""
    holds = rule(firm.prefers, deps.clock())
    if holds is None:
        return done
    async for ids in _past(deps, firm, holds):
        if not await patiently(partial(_forget_some, deps, firm, ids, done), seconds=PATIENCE):
            return done
        seen(len(ids))
        await asyncio.sleep(PAUSE)
    many = BIT
    while many == BIT:
        many = await patiently(partial(_forget_promises, deps, firm, done), seconds=PATIENCE)
        await asyncio.sleep(PAUSE)
    return done


async def _past(deps: Deps, firm: Firm, holds: Rule) -> AsyncIterator[list[int]]:
    talks, contact = await _talks(deps, firm, holds, 0)
    while talks:
        last = 0
        while ids := await _texts(deps, firm, holds, talks, last):
            yield ids
            last = ids[-1]
        talks, contact = await _talks(deps, firm, holds, contact)


async def _talks(deps: Deps, firm: Firm, holds: Rule, after: int) -> tuple[list[int], int]:
    async with deps.db.glance() as tx:
        return await retention.talks(tx, firm.id, holds.before, after, TALKS)


async def _texts(deps: Deps, firm: Firm, holds: Rule, talks: list[int], after: int) -> list[int]:
    async with deps.db.glance() as tx:
        return await retention.past(tx, firm.id, holds.before, talks, after, BIT)


async def _forget_some(deps: Deps, firm: Firm, ids: list[int], done: Done) -> bool:
    """Whether the firm still wants words deleted."""
    now = deps.clock()
    async with deps.db.begin() as tx:
        holds = rule((await firms.hold(tx, firm.id)).prefers, now)
        if holds is None:
            return False
        await retention.hold(tx, firm.id, ids)
        gone = await retention.forget(tx, firm.id, holds.before, ids, now)
        ids = [each.id for each in gone]
        pictures, edited = await retention.forget_pictures(tx, firm.id, ids), await edits.forget(tx, firm.id, ids)
        if gone:
            await _certify(tx, firm, done, holds, now, **_extent(gone), pictures=pictures, edits=edited)
    done.messages, done.pictures = done.messages + len(gone), done.pictures + pictures
    return True


def _extent(gone: Sequence[Gone]) -> dict[str, Any]:
    moments = sorted(each.created_at for each in gone)
    return {"messages": len(gone), "from": utc(moments[0]), "to": utc(moments[-1])}


async def _forget_promises(deps: Deps, firm: Firm, done: Done) -> int:
    now = deps.clock()
    async with deps.db.begin() as tx:
        holds = rule((await firms.hold(tx, firm.id)).prefers, now)
        many = await retention.forget_promises(tx, firm.id, holds.before, BIT) if holds else 0
        if holds and many:
            await _certify(tx, firm, done, holds, now, promises=many)
    done.promises += many
    return many


async def _certify(tx: Tx, firm: Firm, done: Done, holds: Rule, now: datetime, **facts: Any) -> None:
    by = {**asdict(holds), "before": utc(holds.before)}
    await audit.record(
        tx, firm.id, now, actor=done.actor, action="forget_words", facts={"run": done.run, **facts, **by}
    )
