"""A firm of a world that has to pay for two-way SMS by itself: what its admin does, and what Stripe then has."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import aiohttp
from sqlalchemy import delete, insert, select, update

from bridge.gateways.stripe import StripeGateway
from bridge.rules.plans import Plan
from bridge.sandbox.stripe.records import Thing
from bridge.sandbox.stripe.subscriptions import OVER
from bridge.store import tables
from bridge.store.database import patiently
from bridge.views import billing as views
from bridge.views import portal
from tests.cast import FirmCast
from tests.faults.world import World
from tests.pretenders import STRIPE_KEY

GOOD, CONFIRM, DECLINED = "4242424242424242", "4000002500003155", "4000000000000341"
MONTH = 1500  # cents


@dataclass
class Payer:
    """The firm and its admin. What was before it `began` to pay is nobody's business here."""

    world: World
    firm: FirmCast
    admin: str
    firm_id: int = 0
    customer: str = ""
    _known: set[str] = field(default_factory=set)  # customers of before

    async def begins(self, card: str | None = GOOD, *, is_known: bool = True) -> None:
        """From now on two-way SMS is off and would cost something; Stripe knows who pays, and by which card."""
        f, u, s = tables.firms, tables.usage.c, tables.subscriptions
        (row,) = await self.world.rows(select(f.c.id).where(f.c.team_id == self.firm.team_id))
        self.firm_id, self._known = row.id, set(self.world.stripe.customers)
        self.customer = await self._customer() if is_known else ""
        await self.change(
            update(f).where(f.c.id == row.id).values(plan=Plan.ADD_ON, two_way=False),
            delete(s).where(s.c.firm_id == row.id),
            delete(tables.usage).where(u.firm_id == row.id),  # another customer has paid for it
            insert(s).values(firm_id=row.id, customer=self.customer or None),
        )
        if self.customer and card is not None:
            self.world.stripe.add_card(self.customer, card)

    async def change(self, *statements: Any) -> None:
        """Change the app's database from beside, however busy it is."""

        async def do() -> None:
            async with self.world.db.begin() as tx:
                for statement in statements:
                    await tx.run(statement)

        await patiently(do, seconds=30)

    async def _customer(self) -> str:
        async with aiohttp.ClientSession() as session:
            gateway = StripeGateway(session, STRIPE_KEY, base_url=self.world.stripe.url)
            team, name = self.firm.team_id, self.firm.name
            return await gateway.ensure_customer(None, firm=team, name=name, attempt=f"{len(self._known)}")

    # --- what the admin does

    async def asks(self, words: str = "enable") -> None:
        """Type the command until the modal is open."""
        while not await self.is_asked(words):
            await asyncio.sleep(0.05)

    async def is_asked(self, words: str) -> bool:
        """Type the command; whether a modal opens."""
        slack, team = self.world.slack, self.firm.team_id
        slack.workspace(team).modals.pop(self.admin, None)
        await slack.command(team, self.admin, self.firm.channel, "/sms", words)
        return bool(slack.views(team, self.admin))

    async def confirms(self) -> None:
        """Press in the modal on top, until it was taken."""
        await self._submits(views.CONFIRMED, {views.CHECKED: ["approved"]})

    async def turns_off(self, when: str = portal.AT_ONCE) -> None:
        """Press in the modal that asks what leads shall be told."""
        await self._submits(portal.DISABLED, {portal.WHEN: when, portal.WHAT: portal.SILENT})

    async def _submits(self, callback_id: str, values: dict[str, Any]) -> None:
        slack, team = self.world.slack, self.firm.team_id
        while (top := slack.views(team, self.admin)[-1])["callback_id"] == callback_id:
            asked = {name: value for name, value in values.items() if name in str(top["blocks"])}
            done = await slack.submit(team, self.admin, top["id"], asked)
            if done.problem is None:
                return
            await asyncio.sleep(0.1)

    async def follows(self, link: str) -> str:
        """Open a link of ours in a browser until there is an answer; where it leads."""
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
            while True:
                with suppress(aiohttp.ClientError):
                    async with session.get(link, allow_redirects=False) as answer:
                        if answer.status < 400:
                            return answer.headers.get("Location", "")
                await asyncio.sleep(0.1)

    # --- what there is

    async def is_on(self) -> bool:
        f = tables.firms.c
        return bool((await self.world.rows(select(f.two_way).where(f.id == self.firm_id)))[0][0])

    async def is_unpaid(self) -> bool:
        f = tables.firms.c
        found = await self.world.rows(select(f.unpaid_since).where(f.id == self.firm_id))
        return found[0][0] is not None

    async def was_read(self) -> bool:
        """Whether Stripe was asked how it stands."""
        s = tables.subscriptions.c
        found = select(s.id).where(s.firm_id == self.firm_id, s.read_at.is_not(None))
        return bool(await self.world.rows(found))

    async def was_told(self, counted: int) -> bool:
        """Whether Stripe has heard of this text."""
        u = tables.usage.c
        return bool(await self.world.rows(select(u.id).where(u.id == counted, u.reported_at.is_not(None))))

    def customers(self) -> list[str]:
        """All that Stripe has of this firm since it began."""
        found = self.world.stripe.customers
        mine = [id_ for id_, each in found.items() if each["metadata"].get("firm") == self.firm.team_id]
        return [id_ for id_ in mine if id_ not in self._known]

    def subscriptions(self) -> list[Thing]:
        mine = self.customers()
        return [each for each in self.world.stripe.subscriptions.values() if each["customer"] in mine]

    def running(self) -> list[str]:
        """The statuses of subscriptions that are not over."""
        return [each["status"] for each in self.subscriptions() if each["status"] not in OVER]

    def months(self) -> int:
        """How often a month was paid."""
        mine = self.customers()
        paid = [each for each in self.world.stripe.invoices.values() if each["status"] == "paid"]
        return sum(each["customer"] in mine and each["total"] >= MONTH for each in paid)

    async def counted(self) -> list[str]:
        """The texts that cost something, by their carrier's names."""
        u, m = tables.usage.c, tables.messages.c
        mine = [u.firm_id == self.firm_id, u.plan == Plan.ADD_ON, u.failed_at.is_(None)]
        found = select(m.sid).select_from(tables.usage.join(tables.messages, m.id == u.message_id)).where(*mine)
        return sorted(row.sid for row in await self.world.rows(found))

    def reported(self) -> list[str]:
        """Those that Stripe has counted."""
        mine = self.customers()
        return sorted(
            each.identifier for each in self.world.stripe.usage if each.customer in mine and not each.is_canceled
        )

    # --- whether it is true

    async def wrong(self, *, months: int | None = None) -> list[str]:
        """What is not as it must be once all has settled. Without a number, a month for each subscription."""
        return list(self._wrong(await self.is_on(), await self.counted(), months))

    def _wrong(self, is_on: bool, counted: list[str], months: int | None) -> Iterator[str]:
        name, running, every = self.firm.name, self.running(), self.subscriptions()
        paying = [each for each in every if each["status"] != "incomplete_expired"]
        due = len(paying) if months is None else months
        if len(self.customers()) > 1:
            yield f"{name} is {len(self.customers())} customers at Stripe"
        if len(running) != int(is_on):
            yield f"{name} is {'on' if is_on else 'off'}, and at Stripe runs: {running}"
        if self.months() != due:
            yield f"{name} should have paid {due} times, and has paid {self.months()} times"
        for earlier, later in pairwise(every):
            if earlier["ended_at"] is None or earlier["ended_at"] > later["created"]:
                yield f"{name} has paid twice at the same time"
        if counted != self.reported():
            amiss = Counter(self.reported())
            amiss.subtract(counted)
            yield f"{name}: {len(counted)} texts counted, {len(self.reported())} reported: {+amiss} {-amiss}"

    async def owes_nothing(self, *, months: int | None = None, is_on: bool = True) -> None:
        """Raises AssertionError unless all is as it must be."""
        assert await self.is_on() == is_on, f"{self.firm.name} is {'off' if is_on else 'on'}"
        assert not (wrong := await self.wrong(months=months)), wrong
