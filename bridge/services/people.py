"""Who somebody is, as Slack says; and replies that waited for that."""

from datetime import datetime, timedelta
from functools import partial

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.slack_shapes import Person
from bridge.refusals import Refusal
from bridge.rules.mrkdwn import plain_name
from bridge.rules.sending import STALE_AFTER
from bridge.services import replies
from bridge.services.deps import Deps
from bridge.services.promises import Later, Promise, let_go
from bridge.services.replies import Reply
from bridge.store import firms, outbox, staff
from bridge.store.firms import Firm
from bridge.store.outbox import Row
from bridge.store.staff import Role, Standing
from bridge.store.tx import Tx

ROOT_PATIENCE = timedelta(minutes=3)  # how long a reply waits for the ts of the root it was written under
GONE = {"user_not_found", "user_not_visible", "users_not_found"}


async def learn(deps: Deps, firm: Firm, user_id: str) -> None:
    """Ask Slack about a person and remember the answer. Raises GatewayError."""
    try:
        person: Person | None = await deps.clients.slack(firm).person(user_id)
    except GatewayError as error:
        if error.retry is not Retry.NEVER or error.code not in GONE:
            raise
        person = None
    now = deps.clock()
    values = _values(firm, person)
    await deps.keep(lambda: _remember(deps, firm, user_id, values, now))


async def learn_admins(deps: Deps, firm: Firm) -> None:
    """Ask Slack who the workspace's admins are and remember them. Raises GatewayError."""
    for person in await deps.clients.slack(firm).admins():
        await deps.keep(partial(_remember, deps, firm, person.user_id, _values(firm, person), deps.clock()))


async def is_known(
    tx: Tx, firm: Firm, user_id: str, now: datetime, *, within: timedelta = replies.KNOWN_FOR
) -> bool:
    """Whether Slack was asked about this person lately."""
    person = await staff.get(tx, firm.id, user_id)
    return person is not None and abs(now - person.checked_at) <= within


def _values(firm: Firm, person: Person | None) -> dict[str, str]:
    if person is None:
        return {"name": "someone", "role": Role.AGENT, "standing": Standing.GONE}
    is_admin = person.is_admin or person.is_owner or person.user_id == firm.installer_id
    return {
        "name": (plain_name(person.name).lstrip("@") or "someone")[:200],
        "role": Role.ADMIN if is_admin else Role.AGENT,
        "standing": _standing(firm, person),
    }


def _standing(firm: Firm, person: Person) -> Standing:
    if person.is_deleted:
        return Standing.GONE
    if person.is_bot:
        return Standing.BOT
    if person.is_stranger or (person.team_id and person.team_id != firm.team_id):
        return Standing.STRANGER
    return Standing.GUEST if person.is_guest else Standing.MEMBER


async def _remember(deps: Deps, firm: Firm, user_id: str, values: dict[str, str], now: datetime) -> None:
    async with deps.db.begin() as tx:
        await staff.remember(tx, firm.id, user_id, checked_at=now, **values)


async def go_on(deps: Deps, row: Row, now: datetime) -> bool:
    """Judge a reply that could not be judged at once; whether Slack was asked. Raises GatewayError, Later."""
    reply = Reply(**row.payload)
    missing = await deps.keep(lambda: _judge(deps, row, reply, now))
    asked = bool(missing)
    for user_id in sorted(missing):
        async with deps.db.read() as tx:
            firm = await firms.get(tx, row.firm_id)
        await learn(deps, firm, user_id)
    if missing:
        missing = await deps.keep(lambda: _judge(deps, row, reply, deps.clock()))
    if missing:  # names in it appeared only after the author was known
        raise Later(timedelta(milliseconds=100))
    return asked


async def _judge(deps: Deps, row: Row, reply: Reply, now: datetime) -> set[str]:
    async with deps.db.begin() as tx:
        if not await outbox.renew(tx, row, deps.clock()):  # somebody else has it by now, and may have refused it
            return set()
        firm = await firms.get(tx, row.firm_id)
        if now - row.created_at > STALE_AFTER:
            await replies.refuse(tx, firm, reply, Refusal.STALE, now)
            await outbox.finish(tx, row, now)
            return set()
        said = await replies.look_up(tx, firm, reply)
        if said.talk is None:
            if now - row.created_at < ROOT_PATIENCE and await outbox.is_opening_threads(tx, firm.id):
                raise Later(timedelta(milliseconds=300))
            await replies.refuse_stray(tx, firm, said, reply, now)
            await outbox.finish(tx, row, now)
            return set()
        missing = await replies.judge(tx, firm, said, reply, now)
        if not missing:
            await outbox.finish(tx, row, now)
        return missing


async def give_up(deps: Deps, row: Row, error: GatewayError, now: datetime) -> None:
    """Slack would not say who wrote it: the author is told that it was not sent."""
    async with deps.db.begin() as tx:
        if await outbox.finish(tx, row, now):
            firm = await firms.get(tx, row.firm_id)
            await replies.refuse(tx, firm, Reply(**row.payload), Refusal.UNKNOWN_AUTHOR, now)


async def meet(deps: Deps, row: Row, now: datetime) -> None:
    """Learn who somebody is before it matters. Raises GatewayError."""
    async with deps.db.read() as tx:
        firm = await firms.get(tx, row.firm_id)
    await learn(deps, firm, row.payload["user_id"])
    await deps.finish([row])


MEET = Promise(keep=meet, give_up=let_go)
RELAY = Promise(keep=go_on, give_up=give_up)
