"""Where tests of the gateway to Stripe do their business: an account that is set up, and one customer."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bridge.gateways.errors import GatewayError
from bridge.gateways.stripe import StripeGateway
from bridge.gateways.stripe_shapes import Beginning, Begun, Subscription
from bridge.sandbox.stripe import PretendStripe
from tests.pretenders import TERMS

EVENT = "sms_outbound"
GOOD, FAILS_LATER, CONFIRM = "4242424242424242", "4000000000000341", "4000002500003155"


@dataclass
class Desk:
    """Short ways to do what tests do often."""

    gateway: StripeGateway
    pretend: PretendStripe
    customer: str
    meter: str
    prices: tuple[str, str]

    @classmethod
    async def opened(cls, gateway: StripeGateway, pretend: PretendStripe) -> "Desk":
        """15 dollars a month, 250 texts free, 6 cents for each further one."""
        setup = gateway.setup
        product = await setup.ensure_product("Two-way SMS")
        meter = await setup.ensure_meter(EVENT, display_name="Outbound texts")
        flat = await setup.ensure_flat_price(product, TERMS)
        usage = await setup.ensure_usage_price(product, meter, TERMS)
        customer = await gateway.ensure_customer(None, firm="T1", name="Harbor Law", attempt="0")
        return cls(gateway, pretend, customer, meter, (flat, usage))

    async def subscribe(self, card: str, attempt: str = "1") -> Beginning:
        """Somebody confirms."""
        return await self.gateway.subscribe(self.customer, card, self.prices, firm="T1", attempt=attempt)

    async def begun(self, number: str = GOOD) -> Subscription:
        """A subscription that is paid."""
        outcome = await self.subscribe(self.pretend.add_card(self.customer, number))
        assert isinstance(outcome, Begun)
        return outcome.subscription

    async def text(self, count: int, identifier: str, at: datetime | None = None) -> None:
        """So many texts went out."""
        now = self.pretend.now()
        await self.gateway.report_usage(
            EVENT, self.customer, identifier=identifier, at=at or now, now=now, count=count
        )

    async def used(self) -> Decimal:
        """What Stripe has counted lately."""
        now = self.pretend.now()
        return await self.gateway.usage_sum(
            self.meter, self.customer, start=now - timedelta(hours=1), end=now + timedelta(minutes=10)
        )

    def totals(self) -> list[tuple[str, int]]:
        """How it stands and how many cents, of each invoice."""
        return [(row["status"], row["total"]) for row in self.pretend.invoices_of(self.customer)]

    def asked(self, operation: str) -> int:
        """How often the pretender was asked for something."""
        return sum(request.operation == operation for request in self.pretend.requests)


async def refused(call: Any) -> GatewayError:
    """The trouble that a call ends with."""
    with pytest.raises(GatewayError) as caught:
        await call
    return caught.value
