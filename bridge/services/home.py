"""A person's Home tab."""

from datetime import datetime

from bridge.services import announce, overview, people
from bridge.services.deps import Deps
from bridge.services.promises import Promise, let_go
from bridge.store import firms, staff
from bridge.store.firms import Firm
from bridge.store.outbox import Row
from bridge.store.staff import Standing
from bridge.views import home as views


async def opened(deps: Deps, firm: Firm, user_id: str, now: datetime) -> None:
    """Somebody looks at it: it will show what is true by then."""
    async with deps.db.begin() as tx:
        await announce.home(tx, firm, user_id, now)


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
    may_import = person is not None and person.is_admin
    view = views.home(told, may_start=is_member and firm.two_way, may_import=may_import)
    await deps.clients.slack(firm).publish_home(user_id, view)
    await deps.finish([row])


HOME = Promise(keep=show, give_up=let_go)
