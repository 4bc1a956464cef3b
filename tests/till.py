"""A firm that has the add-on: its admin in Home, and the operator's account at Stripe behind it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
from sqlalchemy import func, select

from bridge.jobs import sweeps
from bridge.sandbox.slack.model import DeliveryResult
from bridge.sandbox.stripe import PretendStripe
from bridge.services import installs
from bridge.store import firms, subscriptions, tables, usage
from bridge.store.firms import Firm
from bridge.store.subscriptions import Subscription
from bridge.views import billing as views
from bridge.views import portal
from tests.cast import LAW
from tests.installed import Installed
from tests.portal import Portal
from tests.pretenders import STRIPE_SECRET, set_up_billing, set_up_webhooks
from tests.stage import Stage

GOOD, CONFIRM = "4242424242424242", "4000002500003155"


@dataclass
class Till:
    """What an admin does, and what Stripe then has."""

    stage: Stage
    portal: Portal

    @classmethod
    @asynccontextmanager
    async def opened(cls, installed: Installed, url: str, *, is_told: bool = True) -> AsyncIterator["Till"]:
        """Harbor Law is off and would have to pay; it `is_told` of what happens at Stripe by webhooks."""
        async with installed.stage(url, pays=True, STRIPE_WEBHOOK_SECRET=STRIPE_SECRET) as stage:
            await stage.turn_two_way(on=False)
            await installs.set_plan(stage.app.deps, stage.law, "add-on", stage.clock())
            setup = stage.app.deps.clients.stripe().setup
            await set_up_billing(setup)
            if is_told:
                await set_up_webhooks(setup, stage.stripe, stage.settings.public_base_url)
            till = cls(stage, Portal(stage))
            await till.portal.opens()
            yield till

    # --- people

    async def asks(self) -> dict[str, Any]:
        """Press Enable; the modal that opens."""
        await self.portal.presses(portal.ENABLE)
        return self.portal.modal

    async def confirms(self, *, user: str = LAW.admin) -> DeliveryResult:
        """Confirm in the modal on top, and see what comes of it."""
        done = await self.submits(user=user)
        await self.stage.settle()
        return done

    async def submits(self, *, user: str = LAW.admin) -> DeliveryResult:
        """Confirm, and wait for nothing."""
        view = self.stage.slack.views(LAW.team_id, user)[-1]
        return await self.stage.slack.submit(LAW.team_id, user, view["id"], {views.CHECKED: ["approved"]})

    async def enables(self, card: str | None = GOOD) -> None:
        """All of it: with this card, if any."""
        if card is not None:
            await self.has_card(card)
        await self.asks()
        await self.confirms()

    async def has_card(self, number: str = GOOD) -> str:
        """Somebody has entered a card before."""
        return self.stripe.add_card(await self.customer(), number)

    async def has_sent(self, many: int) -> None:
        """So many texts more count, all at once; somebody has texted before."""
        m = tables.messages
        (text,) = await self.stage.rows(m.select().where(m.c.direction == "out", m.c.sid.is_not(None)).limit(1))
        own = {"id", "origin_ts", "client_msg_id", "author_id"}
        new = {name: value for name, value in text._mapping.items() if name not in own}
        async with self.stage.app.deps.db.begin() as tx:
            new["sid"] = f"SM{await tx.value(select(func.count()).select_from(m)):032x}"
            added = await tx.value(m.insert().values(**new).returning(m.c.id))
            await usage.add(tx, self.stage.law.id, added, "add-on", self.stage.clock(), units=many)

    async def reports(self, *, minutes: float = 11, ahead: float = 400) -> None:
        """What the clock does every minute, some time later; tried again for as long as that is soon."""
        self.stage.skip(minutes=minutes)
        for _ in range(2):  # the first time Stripe may just be asked something, behind which reports have to wait
            await sweeps.usage_to_report(self.stage.app.deps, self.stage.clock())
            await self.stage.settle(ahead=ahead)

    def counted(self) -> int:
        """How much Stripe has been told of and has not forgotten."""
        return sum(int(each.value) for each in self.stripe.usage if not each.is_canceled)

    async def look_for_missed(self) -> None:
        """What the clock does every hour."""
        deps, now = self.stage.app.deps, self.stage.clock()
        await sweeps.subscriptions_to_read(deps, now)
        await self.stage.settle()

    async def follows(self, link: str) -> tuple[int, str]:
        """Open a link of ours in a browser; status, and where it leads or what it says."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(link, allow_redirects=False) as answer,
        ):
            return answer.status, answer.headers.get("Location") or await answer.text()

    # --- what there is

    @property
    def stripe(self) -> PretendStripe:
        return self.stage.stripe

    async def customer(self) -> str:
        """The firm's id at Stripe, made if it was not there."""
        known = await self.known()
        if known is not None and known.customer is not None:
            return known.customer
        deps = self.stage.app.deps
        made = await deps.clients.stripe().ensure_customer(None, firm=LAW.team_id, name=LAW.name, attempt="0")
        async with deps.db.begin() as tx:
            await subscriptions.hold(tx, self.stage.law.id)
            await subscriptions.change(tx, self.stage.law.id, customer=made)
        return made

    async def known(self) -> Subscription | None:
        """What we know of the subscription."""
        async with self.stage.app.deps.db.read() as tx:
            return await subscriptions.of_firm(tx, self.stage.law.id)

    async def is_on(self) -> bool:
        return (await self.firm()).two_way

    async def firm(self) -> Firm:
        """Harbor Law, as it is now."""
        async with self.stage.app.deps.db.read() as tx:
            return await firms.get(tx, self.stage.law.id)

    async def entries(self, action: str) -> list[dict[str, Any]]:
        """The facts of such entries of the audit trail, oldest first."""
        a = tables.audit.c
        found = select(a.facts).where(a.firm_id == self.stage.law.id, a.action == action).order_by(a.id)
        return [row[0] for row in await self.stage.rows(found)]

    def bills(self) -> list[tuple[str, int]]:
        """Each invoice: how it stands, and how many cents."""
        return [
            (row["status"], row["total"]) for each in self.stripe.customers for row in self.stripe.invoices_of(each)
        ]

    def running(self) -> list[str]:
        """The statuses of subscriptions that are not over."""
        over = {"canceled", "incomplete_expired"}
        return [each["status"] for each in self.stripe.subscriptions.values() if each["status"] not in over]

    def modal_text(self, user: str = LAW.admin) -> str:
        """All that can be read in the modal on top."""
        return str(self.stage.slack.views(LAW.team_id, user)[-1]["blocks"])

    def messages(self, user: str = LAW.admin) -> list[str]:
        """What the app wrote to this person directly."""
        return [message["text"] for message in self.stage.slack.dms(LAW.team_id, user)]
