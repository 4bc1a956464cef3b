"""A person's Home tab: the panel while two-way SMS is off, the inbox while it is on."""

from datetime import datetime, timedelta

from bridge.services import accounts_due, links, overview, people, plans, usage
from bridge.services.deps import Deps
from bridge.services.homes import OPEN_FOR, refresh
from bridge.services.promises import Promise, let_go
from bridge.store import firms, homes, inbox, outbox, staff
from bridge.store.firms import Firm
from bridge.store.inbox import Entry
from bridge.store.outbox import Row
from bridge.store.staff import Person, Standing
from bridge.views import home as views
from bridge.views.home import Inbox
from bridge.views.inbox import PAGE, Line
from bridge.views.portal import Panel

SEEN_AGAIN = timedelta(minutes=5)  # it need not be noted more often that somebody looks
MOST = 100  # people whose Home is kept fresh


async def opened(deps: Deps, firm: Firm, user_id: str, now: datetime) -> None:
    """Somebody looks at it: it will show what is true by then, and for a while whatever changes."""
    async with deps.db.begin() as tx:
        await homes.opened(tx, firm.id, user_id, now)
        if firm.home_seen_at is None or now - firm.home_seen_at > SEEN_AGAIN:
            await firms.change(tx, firm.id, home_seen_at=now)
        await refresh(tx, firm, user_id, now)


async def turn_page(deps: Deps, firm: Firm, user_id: str, page: int, now: datetime) -> None:
    """It will show other conversations."""
    async with deps.db.begin() as tx:
        await homes.turn_to(tx, firm.id, user_id, page)
        await refresh(tx, firm, user_id, now)


async def refresh_all(deps: Deps, row: Row, now: datetime) -> bool:
    """For everybody who may still be looking; nobody outside is asked for that."""
    await deps.keep(lambda: _refresh_all(deps, row))
    return False


async def _refresh_all(deps: Deps, row: Row) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        if await outbox.finish(tx, row, now):
            firm = await firms.get(tx, row.firm_id)
            for user_id in await homes.since(tx, firm.id, now - OPEN_FOR, MOST):
                await refresh(tx, firm, user_id, now)


async def show(deps: Deps, row: Row, now: datetime) -> None:
    """Publish it; who this is decides what is in it. Raises GatewayError."""
    user_id = row.payload["user_id"]
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
        is_known = await people.is_known(tx, firm, user_id, now)
    if not is_known:
        await people.learn(deps, firm, user_id)
    async with deps.db.glance() as tx:
        person = await staff.get(tx, firm.id, user_id)
    is_member = person is not None and person.standing == Standing.MEMBER
    told = (await overview.status(deps, firm, now)).splitlines() if is_member else []
    shown = await _shown(deps, firm, person, now) if person and is_member else None
    is_admin = bool(person and person.is_admin)
    account = await accounts_due.shown(deps, firm, user_id, now) if is_admin and plans.is_charged(firm) else None
    view = views.home(told, shown, is_admin=is_admin, account=account)
    await deps.clients.slack(firm).publish_home(user_id, view)
    await deps.finish([row])


async def _shown(deps: Deps, firm: Firm, person: Person, now: datetime) -> Panel | Inbox:
    if not firm.two_way:
        return await panel(deps, firm, may=person.is_admin)
    async with deps.db.glance() as tx:
        page = await homes.page_of(tx, firm.id, person.user_id)
        found = await inbox.page(tx, firm.id, many=PAGE + 1, skipped=page * PAGE)
        told = await usage.told(tx, firm, deps.settings, now)
        unlinked = await links.missing(
            tx, firm.id, [each.conversation_id for each in found[:PAGE] if not each.link]
        )
    if unlinked:
        await links.ask(deps, firm, unlinked)
    return Inbox(
        told, [_line(firm, each) for each in found[:PAGE]], page, len(found) > PAGE, firm.next_step,
        firm.called_now(firm.channel_id) if firm.channel_id else None,
    )  # fmt: skip


async def panel(deps: Deps, firm: Firm, *, may: bool) -> Panel:
    """What is shown of two-way SMS while it is off."""
    refusal = await plans.refuse_offer(deps, firm)
    reason = refusal.sentence if refusal else None
    return Panel(firm.plan, usage.price(deps.settings, firm.prefers), reason, may, await plans.who_can(deps, firm))


def _line(firm: Firm, entry: Entry) -> Line:
    return Line(
        entry.phone, entry.name, entry.body, entry.last_at, entry.direction == "in",
        firm.called_now(entry.channel_id) if entry.channel_id else None, entry.link,
    )  # fmt: skip


HOME = Promise(keep=show, give_up=let_go)
HOMES = Promise(keep=refresh_all)
