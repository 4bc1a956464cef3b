"""Who may see leads and text them: members of the firm's workspace, as Slack says."""

import asyncio
from datetime import datetime, timedelta

from bridge.refusals import Refusal
from bridge.services import announce, people
from bridge.services.deps import Deps
from bridge.services.replies import KNOWN_FOR
from bridge.store import staff
from bridge.store.firms import Firm
from bridge.store.staff import Standing

FRESH = timedelta(minutes=5)  # who may cost money is not remembered for longer
PATIENCE, PAUSE = 1.2, 0.05  # seconds: of the three that Slack waits; between two looks


async def refuse(
    deps: Deps, firm: Firm, user_id: str, now: datetime, *, within: timedelta = KNOWN_FOR
) -> Refusal | None:
    """Why this person may not, or None. Who was not asked about `within` that time is, and waited for a moment."""
    if not await _is_known(deps, firm, user_id, now, within):
        async with deps.db.begin() as tx:
            await announce.meet(tx, firm, user_id, now)
        if not await _is_known_soon(deps, firm, user_id, now, within):
            return Refusal.NOT_YET_KNOWN
    async with deps.db.glance() as tx:
        person = await staff.get(tx, firm.id, user_id)
    return None if person and person.standing == Standing.MEMBER else Refusal.NOT_STAFF


async def is_member(deps: Deps, firm: Firm, user_id: str) -> bool:
    """Whether they may see what everybody here may, as far as is known."""
    async with deps.db.glance() as tx:
        person = await staff.get(tx, firm.id, user_id)
    return person is not None and person.standing == Standing.MEMBER


async def is_admin(deps: Deps, firm: Firm, user_id: str) -> bool:
    """Whether they may change what others rely on, as far as is known."""
    async with deps.db.glance() as tx:
        person = await staff.get(tx, firm.id, user_id)
    return bool(person and person.is_admin)


async def refuse_import(deps: Deps, firm: Firm, user_id: str, now: datetime) -> Refusal | None:
    """Why this person may not bring in leads: only admins may. None if they may."""
    if refusal := await refuse(deps, firm, user_id, now):
        return refusal if refusal is Refusal.NOT_YET_KNOWN else Refusal.NOT_ADMIN
    async with deps.db.glance() as tx:
        person = await staff.get(tx, firm.id, user_id)
    return None if person and person.is_admin else Refusal.NOT_ADMIN


async def refuse_admin(deps: Deps, firm: Firm, user_id: str, now: datetime) -> Refusal | None:
    """Why this person may not change what costs: only admins may, by what Slack has said within minutes."""
    if refusal := await refuse(deps, firm, user_id, now, within=FRESH):
        return refusal if refusal is Refusal.NOT_YET_KNOWN else Refusal.NOT_ADMIN
    return None if await is_admin(deps, firm, user_id) else Refusal.NOT_ADMIN


async def _is_known_soon(deps: Deps, firm: Firm, user_id: str, now: datetime, within: timedelta) -> bool:
    for _ in range(int(PATIENCE / PAUSE)):
        await asyncio.sleep(PAUSE)
        if await _is_known(deps, firm, user_id, now, within):
            return True
    return False


async def _is_known(deps: Deps, firm: Firm, user_id: str, now: datetime, within: timedelta) -> bool:
    async with deps.db.glance() as tx:
        return await people.is_known(tx, firm, user_id, now, within=within)
