"""Looking: what the load sent, what the database holds, what Slack and the phones have, and what the logs say."""

import json
import re
from collections.abc import Iterator
from contextlib import suppress

import aiohttp
from sqlalchemy import and_, func, select, text

from bridge.rules.carrier import State
from bridge.rules.phones import national
from bridge.sandbox.slack.model import Message
from bridge.store import tables
from bridge.views import threads as views
from tests.cast import KEY, OWN_TOKEN, SIGNING_SECRET, TOKEN, FirmCast
from tests.faults.invariants import Evidence, Place, Stored
from tests.faults.load import CANARY, Load
from tests.faults.world import World
from tests.pretenders import STRIPE_KEY, STRIPE_SECRET

TOKENS = re.compile(r"\b[io]\d{6}\b")
# What staff see on their message when its text did not go, or may not have.
WENT_WRONG = {"x", "no_entry", "grey_question"}


async def gather(load: Load, *, slowest_health: float = 0.0, may_stumble: bool = False) -> Evidence:
    """Everything, once all has settled. `may_stumble` when bugs were ordered, and are told in the log."""
    world = load.world
    found = Evidence(inputs=load.history.inputs, slowest_health=slowest_health)
    found.stored = await _stored(world)
    at: dict[str, float] = {}  # the time of each effect
    known = await _threads(world)
    for firm in world.firms:
        _look_into_slack(world, firm, found, at, known)
    _look_at_phones(world, found, at)
    for given in found.inputs:
        if given.acknowledged_at is not None and given.token in at:
            found.waited[given.token] = world.fate.lived(given.acknowledged_at, at[given.token])
    found.told = frozenset(await _told(world))
    found.overdue = await _overdue(world)
    found.damage = await _damage(world)
    said = world.fleet.maker.said()
    found.leaks = list(_leaks(load, said + await _figures(world)))
    found.incidents = [] if may_stumble else list(_incidents(said))
    return found


async def _stored(world: World) -> list[Stored]:
    m, v, c, f = tables.messages.c, tables.conversations.c, tables.contacts.c, tables.firms.c
    query = (
        select(m.id, m.body, m.state, f.team_id, c.phone)
        .select_from(
            tables.messages.join(tables.conversations, v.id == m.conversation_id)
            .join(tables.contacts, c.id == v.contact_id)
            .join(tables.firms, f.id == m.firm_id)
        )
        .order_by(m.id)
    )
    return [
        Stored(row.id, token, (row.team_id, row.phone), row.state)
        for row in await world.rows(query)
        for token in TOKENS.findall(row.body)
    ]


async def _threads(world: World) -> dict[str, Place]:
    """Whose each thread is, as the app sees it: the root that somebody has deleted tells it no more."""
    t, v, c, f = tables.threads.c, tables.conversations.c, tables.contacts.c, tables.firms.c
    query = select(t.root_ts, f.team_id, c.phone).select_from(
        tables.threads.join(tables.conversations, v.id == t.conversation_id)
        .join(tables.contacts, c.id == v.contact_id)
        .join(tables.firms, f.id == t.firm_id)
    )
    return {row.root_ts: (row.team_id, row.phone) for row in await world.rows(query)}


def _look_into_slack(
    world: World, firm: FirmCast, found: Evidence, at: dict[str, float], known: dict[str, Place]
) -> None:
    """What the app has posted, by thread; also what was deleted since."""
    channel = world.slack.channel(firm.team_id, firm.channel)
    phones = {national(given.phone): given.phone for given in found.inputs if given.team_id == firm.team_id}
    places = dict(known)
    for message in channel.messages.values():
        if not message.body.get("bot_id") or (message.deleted and not message.is_reply):
            continue
        said = str(message.body.get("text"))
        if not message.is_reply:
            places[message.ts] = (firm.team_id, phones.get(said, said))
            found.roots[places[message.ts]] += 1
            continue
        for token in TOKENS.findall(said):
            found.shown.setdefault(places.get(message.root_ts, (firm.team_id, "no thread")), []).append(token)
            at.setdefault(token, float(message.ts))


def _look_at_phones(world: World, found: Evidence, at: dict[str, float]) -> None:
    teams = {firm.number: firm.team_id for firm in world.firms}
    for message in world.twilio.messages():
        if message.direction == "outbound-api":
            for token in TOKENS.findall(message.body):
                found.texted.setdefault((teams[message.from_], message.to), []).append(token)
                at.setdefault(token, message.date_created.timestamp())


async def _told(world: World) -> list[str]:
    """Tokens of replies that carry a mark of having gone wrong; of doubtful ones staff must be asked as well."""
    posted = [
        message
        for firm in world.firms
        for message in world.slack.channel(firm.team_id, firm.channel).messages.values()
    ]
    m = tables.messages.c
    doubtful = await world.rows(select(m.id, m.body).where(m.state == State.DOUBT))
    asked = {answer for message in posted for answer in _questions(message)}
    unasked = {token for row in doubtful if str(row.id) not in asked for token in TOKENS.findall(row.body)}
    told = [
        token
        for message in posted
        if not message.body.get("bot_id") and WENT_WRONG & message.reactions.keys()
        for token in TOKENS.findall(str(message.body.get("text")))
    ]
    return [token for token in told if token not in unasked]


def _questions(message: Message) -> Iterator[str]:
    """The texts that a message of ours asks about, by their ids."""
    for block in message.body.get("blocks") or []:
        for element in block.get("elements") or []:
            if element.get("action_id") == views.SEND_AGAIN:
                yield str(element.get("value"))


async def _overdue(world: World) -> list[str]:
    """Promises that are still open now that all has settled, texts on their way, and dead rows."""
    o, m = tables.outbox.c, tables.messages.c
    rows = await world.rows(select(o.id, o.kind, o.state, o.error).where(o.state != "done"))
    texts = await world.rows(select(m.id, m.state).where(m.state.in_([State.QUEUED, State.SENDING])))
    return [f"outbox row {row.id} ({row.kind}) is {row.state}: {row.error}" for row in rows] + [
        f"text {row.id} is {row.state}" for row in texts
    ]


async def _damage(world: World) -> list[str]:
    """What is wrong inside the database, foreign keys counted by hand on either kind."""
    damage = []
    if world.db.is_sqlite:
        said = [row[0] for row in await world.rows(text("PRAGMA integrity_check"))]
        damage += [each for each in said if each != "ok"]
    for table in tables.metadata.sorted_tables:
        for key in table.foreign_keys:
            other = key.column.table.alias("other")
            orphans = (
                select(func.count())
                .select_from(table.outerjoin(other, key.parent == other.c[key.column.name]))
                .where(and_(key.parent.is_not(None), other.c[key.column.name].is_(None)))
            )
            if found := (await world.rows(orphans))[0][0]:
                damage.append(f"{found} rows of {table.name} point to nothing")
    return damage


async def _figures(world: World) -> str:
    """What /metrics says on every process that answers."""
    said = ""
    async with aiohttp.ClientSession() as session:
        for member in world.fleet.webs:
            if member.is_alive:
                async with session.get(f"http://127.0.0.1:{member.port}/metrics") as answer:
                    said += await answer.text()
    return said


def _leaks(load: Load, said: str) -> Iterator[str]:
    world = load.world
    phones = {given.phone for given in load.history.inputs}
    secrets = {KEY, TOKEN, OWN_TOKEN, SIGNING_SECRET, STRIPE_KEY, STRIPE_SECRET}
    secrets |= {firm.bot_token for firm in world.firms}
    if CANARY in said:
        yield "words of a message stand in the log"
    yield from (f"the end of a number, {phone[-4:]}, stands in the log" for phone in phones if phone[1:] in said)
    yield from (
        f"the secret that begins with {secret[:6]} stands in the log" for secret in secrets if secret in said
    )


def _incidents(said: str) -> Iterator[str]:
    for line in said.splitlines():
        if line.startswith("{"):
            with suppress(ValueError):  # cut off by a kill
                entry = json.loads(line)
                if entry.get("level") in {"error", "critical"}:
                    yield json.dumps(entry)[:600]
        elif "Traceback" in line or "never retrieved" in line:
            yield line
