"""A pretend world that outlives the app: firms with their people and phones, both services, and one clock for all.

The app runs in processes of its own, as one `serve` or as two `web` and two `worker`, and may come and go.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import and_, select, tuple_, update

from bridge import app as wiring
from bridge.sandbox.ports import free_port
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.stripe import PretendStripe
from bridge.sandbox.twilio import PretendTwilio
from bridge.services import installs, numbers
from bridge.services.deps import Deps
from bridge.settings import Settings
from bridge.store import firms as firm_store
from bridge.store import staff, tables
from bridge.store.database import Database
from bridge.store.staff import Role, Standing
from tests.cast import (
    ACCOUNT,
    DENTAL,
    LAW,
    OWN_ACCOUNT,
    OWN_TOKEN,
    SIGNING_SECRET,
    FirmCast,
    environment,
    people_slack,
    people_twilio,
)
from tests.faults.courier import Courier
from tests.faults.fate import Fate
from tests.faults.fleet import Fleet
from tests.faults.processes import Maker, Nursery
from tests.pretenders import STRIPE_KEY, STRIPE_SECRET, set_up_billing, set_up_webhooks

LEASES_END = 100.0  # seconds after which nobody waits any more for a process that died
LONGEST_CALL = 20.0  # seconds; who has said nothing for longer is not at it any more


@dataclass(frozen=True)
class Size:
    """How many firms there are, and how many people of each write to leads."""

    firms: int = 2
    agents: int = 100  # so many that nobody writes more than they may within a minute


AREAS = (415, 212, 213, 206, 303, 305, 312, 404, 512, 617)  # each has a hundred numbers that are reserved


def firm_cast(number: int) -> FirmCast:
    """The firms of the stories first, then as many more as wanted."""
    if number < 2:
        return (LAW, DENTAL)[number]
    n, phone = f"{number:03d}", f"+1{AREAS[number // 50]}55501{50 + number % 50}"
    return FirmCast(
        f"T{n}MORE", f"Firm {n}", f"xoxb-more-{n}", f"C{n}MORE", phone, f"U{n}ADMIN", f"U{n}AGENT",
        f"U{n}AGENT2", f"U{n}GUEST", f"U{n}STRANGER", f"U{n}BOT",
    )  # fmt: skip


def agent(firm: FirmCast, number: int) -> str:
    """One of a firm's people, by Slack id."""
    return f"{firm.admin.removesuffix('ADMIN')}A{number:04d}"


class World:
    """Everything but the app. `fleet` is the app's processes."""

    def __init__(self, folder: Path, database_url: str, size: Size) -> None:
        self.folder, self.database_url, self.size = folder, database_url, size
        self.fate = Fate(folder)
        self.slack, self.twilio = PretendSlack(signing_secret=""), PretendTwilio()
        self.stripe = PretendStripe(api_key=STRIPE_KEY)
        self.courier = Courier(self.slack)
        self.firms = [firm_cast(number) for number in range(size.firms)]
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment: dict[str, str] = {}
        self.fleet: Fleet
        self.db: Database

    @property
    def database(self) -> str:
        """The name of the database, or of its file."""
        return str(self.db.url.database)

    # --- looking

    async def rows(self, statement: Any) -> list[Any]:
        """Rows of the app's database, read from beside."""
        async with self.db.read() as tx:
            return list(await tx.rows(statement))

    # --- time

    def let_leases_end(self) -> None:
        """Time passes, until nobody waits any more for what a dead process had claimed.

        For the others it passes too: a call under way then looks as if it had taken so long. Under load, inherit().
        """
        self.fate.skip(LEASES_END)

    async def inherit(self, *, longest_call: float = LONGEST_CALL) -> None:
        """What a process that has just died had claimed ends; for the others no time is skipped.

        Whose a claim is can be told when no call takes any longer: who still holds what was held now is dead.
        """
        o = tables.outbox.c
        claim = o.id, o.lease, o.lease_until  # one that was renewed since is somebody's
        held = [tuple(row) for row in await self.rows(select(*claim).where(o.state == "sending"))]
        await asyncio.sleep(longest_call)
        orphaned = and_(o.state == "sending", tuple_(*claim).in_(held))
        async with self.db.begin() as tx:
            await tx.run(update(tables.outbox).where(orphaned).values(lease_until=self.fate.clock()))


@asynccontextmanager
async def set_up(
    folder: Path,
    database_url: str,
    nursery: Nursery,
    *,
    processes: str = "serve",
    size: Size | None = None,
    environ: Mapping[str, str] | None = None,
) -> AsyncIterator[World]:
    """A world whose app has not been started yet; `processes` is "serve" or "pair"."""
    async with AsyncExitStack() as stack:
        world = World(folder, database_url, size or Size())
        await _open_services(world, stack)
        known = environment(database_url, world.port, world.slack, world.twilio)
        world.environment = known | _billing(world) | dict(environ or {})
        await _found_firms(world)
        world.db = Database(Settings.load(world.environment).database_url)
        stack.push_async_callback(world.db.close)
        maker = Maker(nursery, folder, world.environment)
        stack.push_async_callback(maker.end)
        world.fleet = Fleet(maker, world.port, processes)
        stack.push_async_callback(world.fleet.close)
        yield world


def _billing(world: World) -> dict[str, str]:
    return {
        "STRIPE_API_KEY": STRIPE_KEY,
        "STRIPE_API_URL": world.stripe.url,
        "STRIPE_WEBHOOK_SECRET": STRIPE_SECRET,
    }


async def _open_services(world: World, stack: AsyncExitStack) -> None:
    slack, twilio = world.slack, world.twilio
    slack.signing_secret = SIGNING_SECRET
    twilio.now, slack.clock = world.fate.clock, lambda: world.fate.clock().timestamp()
    await slack.start()
    stack.push_async_callback(slack.stop)
    await twilio.start()
    stack.push_async_callback(twilio.stop)
    world.stripe.clock = world.fate.clock
    await world.stripe.start()
    stack.push_async_callback(world.stripe.stop)
    people_slack(slack)
    people_twilio(twilio)
    for firm in world.firms[2:]:
        _add_firm(world, firm)
    for firm in world.firms:
        for number in range(world.size.agents):
            slack.add_person(firm.team_id, agent(firm, number), f"Agent {number}")
    slack.request_url = f"{world.url}/slack/events"


def _add_firm(world: World, firm: FirmCast) -> None:
    world.slack.add_workspace(
        firm.team_id, name=firm.name, bot_token=firm.bot_token, bot_user_id=firm.bot_user,
        bot_id="B" + firm.bot_user[1:],
    )  # fmt: skip
    world.slack.add_person(firm.team_id, firm.admin, "Ada Admin", admin=True)
    world.slack.add_channel(firm.team_id, firm.channel, "leads", members=[firm.admin])
    world.twilio.add_number(ACCOUNT, firm.number)


async def _found_firms(world: World) -> None:
    """What operators do before the first text: set billing up, install, connect a number, switch two-way on."""
    async with wiring.opened(Settings.load(world.environment), clock=world.fate.clock) as deps:
        await wiring.prepare(deps, may_migrate=True)
        await wiring.first_firm(deps)
        await set_up_billing(deps.clients.stripe().setup)
        await set_up_webhooks(deps.clients.stripe().setup, world.stripe, world.url)
        for firm in world.firms:
            await _found(deps, firm, world)


async def _found(deps: Deps, cast: FirmCast, world: World) -> None:
    now = deps.clock()
    firm = await installs.from_token(
        deps, deps.clients.slack_with(cast.bot_token), cast.bot_token, cast.channel, now
    )
    async with deps.db.begin() as tx:
        if cast is DENTAL:
            own = {"account_sid": OWN_ACCOUNT, "account_token": deps.vault.seal(OWN_TOKEN)}
            await firm_store.change(tx, firm.id, **own)
        await firm_store.change(tx, firm.id, two_way=True)
        for number in range(world.size.agents):
            # Looked up before: a rush of people nobody knows is not what is tried here.
            await staff.remember(
                tx, firm.id, agent(cast, number), name=f"Agent {number}", role=Role.AGENT,
                standing=Standing.MEMBER, checked_at=now + timedelta(days=30),
            )  # fmt: skip
        firm = await firm_store.get(tx, firm.id)
    if cast is not LAW:
        await numbers.connect(deps, firm, cast.number, now)


async def until(happened: Any, seconds: float = 30.0, *, what: str = "it") -> None:
    """Until this has happened. Raises AssertionError."""
    try:
        async with asyncio.timeout(seconds):
            while not happened():
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"{what} did not happen within {seconds:.0f} seconds") from None
