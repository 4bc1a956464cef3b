"""Two-way SMS is switched on and off: by whom, on which conditions, and what follows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from bridge.refusals import Refusal
from bridge.rules import plans
from bridge.rules.billing import Standing, standing
from bridge.rules.plans import Plan
from bridge.services import catching_up, endings, homes, members, roots
from bridge.services.deps import Deps
from bridge.store import audit, firms, numbers, staff, subscriptions
from bridge.store.firms import Firm
from bridge.store.tx import Tx
from bridge.views import portal as views

OPERATOR = "operator"
AWAY_LIMIT = 320  # characters of the automatic text


async def enable(deps: Deps, firm: Firm, user_id: str, now: datetime) -> Refusal | None:
    """An admin switches it on, having read and confirmed the note about compliance; or why not.

    1. May they? Slack is asked anew, if it was not just now.
    2. Is it to be had, and can it work?
    3. On, once, whoever else presses; with who confirmed which words. Where it is an add-on, it is confirmed and
       paid for first (services.subscribing).
    """
    if refusal := await members.refuse_admin(deps, firm, user_id, now):
        return refusal
    if refusal := await refuse_offer(deps, firm):
        return refusal
    if is_charged(firm):
        raise ValueError("what costs something is confirmed first")
    await _turn_on(deps, firm, user_id, now)
    return None


def is_charged(firm: Firm) -> bool:
    """Whether it costs this firm something by itself."""
    return firm.plan == Plan.ADD_ON


async def _turn_on(deps: Deps, firm: Firm, user_id: str, now: datetime) -> None:
    async with deps.db.begin() as tx:
        await turn(tx, firm, now, on=True, actor=user_id, facts={"plan": firm.plan, "confirmed": views.COMPLIANCE})


async def refuse_offer(deps: Deps, firm: Firm) -> Refusal | None:
    """Why this firm cannot have it now, whoever asks; None where it can."""
    if not plans.is_sold(firm.plan, firm.prefers.country):
        return Refusal.NOT_AVAILABLE
    async with deps.db.glance() as tx:
        if not await numbers.of_firm(tx, firm.id):
            return Refusal.NO_NUMBER
    return Refusal.NO_CHARGING if is_charged(firm) and not deps.settings.stripe_api_key else None


async def disable(
    deps: Deps, firm: Firm, user_id: str, now: datetime, *, away_text: str | None, at_end: bool = False
) -> Refusal | None:
    """An admin switches it off; `away_text` is what leads who text are told then, None for nothing (row 39).

    `at_end`: not before what is paid for is over; until then they may change their mind.
    """
    if refusal := await members.refuse_admin(deps, firm, user_id, now):
        return refusal
    async with deps.db.begin() as tx:
        if at_end and (await subscriptions.hold(tx, firm.id)).stripe_id is not None:
            await endings.wish(tx, firm.id, endings.END, user_id, now, away_text=away_text)
            await homes.refresh_all(tx, firm, now)
            return None
        if await turn(tx, firm, now, on=False, actor=user_id, facts={"away_text": away_text}):
            await firms.change(tx, firm.id, away_text=away_text)
        await endings.wish(tx, firm.id, endings.NOW, user_id, now)
    return None


async def keep(deps: Deps, firm: Firm, user_id: str, now: datetime) -> Refusal | None:
    """An admin wants it to go on, though it was to end with what is paid for."""
    if refusal := await members.refuse_admin(deps, firm, user_id, now):
        return refusal
    async with deps.db.begin() as tx:
        await endings.wish(tx, firm.id, endings.KEEP, user_id, now)
        await homes.refresh_all(tx, firm, now)
    return None


async def paid_until(deps: Deps, firm: Firm) -> datetime | None:
    """When the paid month of a subscription that runs is over."""
    async with deps.db.glance() as tx:
        known = await subscriptions.of_firm(tx, firm.id)
    runs = known is not None and standing(known.status) is Standing.RUNS
    ends = known.period_end if known is not None and runs else None
    return ends.astimezone(firm.prefers.zone) if ends is not None else None


async def turn(tx: Tx, firm: Firm, now: datetime, *, on: bool, actor: str, facts: dict[str, Any]) -> bool:
    """The switch itself; False when it stands so already. Of several who press, one has switched it.

    Roots and Homes show it. What came while it was off gets into its threads, with one word about all of it.
    """
    held = await firms.hold(tx, firm.id)
    if held.two_way == on:
        return False
    await firms.change(tx, held.id, two_way=on, away_text=None, next_step=on)
    await audit.record(tx, held.id, now, actor=actor, action="two_way", facts={"on": on, **facts})
    await homes.refresh_all(tx, held, now)
    await roots.refresh_all(tx, held, now)
    if on:
        await catching_up.promise(tx, held, now, is_first=True)
    return True


async def settled(deps: Deps, firm: Firm, user_id: str, now: datetime) -> Refusal | None:
    """An admin has done, or does not want, what is to be done next."""
    if refusal := await members.refuse_admin(deps, firm, user_id, now):
        return refusal
    async with deps.db.begin() as tx:
        await firms.change(tx, firm.id, next_step=False)
        await homes.refresh_all(tx, firm, now)
    return None


async def who_can(deps: Deps, firm: Firm) -> Sequence[str]:
    """The admins that are known, who may switch it."""
    async with deps.db.glance() as tx:
        return [person.user_id for person in await staff.admins(tx, firm.id)]
