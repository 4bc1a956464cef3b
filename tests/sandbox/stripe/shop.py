"""What is sold in tests: 15 dollars a month with 250 texts, each further one 6 cents."""

from dataclasses import dataclass
from typing import Any

import stripe
from stripe import StripeClient

from bridge.sandbox.stripe import PretendStripe

KEY = "sk_test_of_the_operator"
EVENT = "sms_outbound"
GOOD, FAILS_LATER, CONFIRM = "4242424242424242", "4000000000000341", "4000002500003155"


@dataclass
class Shop:
    """One customer, one meter, two prices, and short ways to do what tests do often."""

    pretend: PretendStripe
    client: StripeClient
    customer: str
    meter: str
    flat: str
    usage: str

    @classmethod
    async def opened(cls, pretend: PretendStripe, client: StripeClient) -> "Shop":
        """Set up as the operator's command does."""
        meter = await client.v1.billing.meters.create_async(
            {"display_name": "Texts", "event_name": EVENT, "default_aggregation": {"formula": "sum"}}
        )
        product = await client.v1.products.create_async({"name": "Two-way SMS"})
        flat = await client.v1.prices.create_async(
            {
                "currency": "usd",
                "product": product.id,
                "unit_amount": 1500,
                "recurring": {"interval": "month"},
                "lookup_key": "flat",
            }
        )
        usage = await client.v1.prices.create_async(
            {
                "currency": "usd",
                "product": product.id,
                "billing_scheme": "tiered",
                "tiers_mode": "graduated",
                "recurring": {"interval": "month", "usage_type": "metered", "meter": meter.id},
                "tiers": [{"up_to": 250, "unit_amount": 0}, {"up_to": "inf", "unit_amount": 6}],
                "lookup_key": "usage",
            }
        )
        customer = await client.v1.customers.create_async({"name": "Harbor Law"})
        return cls(pretend, client, customer.id, meter.id, flat.id, usage.id)

    async def subscribe(self, key: str | None = None, **more: Any) -> stripe.Subscription:
        """Begin a subscription; `more` are parameters."""
        params: Any = {
            "customer": self.customer,
            "items": [{"price": self.flat}, {"price": self.usage}],
            "payment_behavior": "error_if_incomplete",
            "expand": ["latest_invoice"],
            **more,
        }
        return await self.client.v1.subscriptions.create_async(params, {"idempotency_key": key} if key else {})

    async def text(self, count: int, identifier: str, **more: Any) -> None:
        """So many texts went out."""
        payload = {"stripe_customer_id": self.customer, "value": str(count)}
        params: Any = {"event_name": EVENT, "identifier": identifier, "payload": payload, **more}
        await self.client.v1.billing.meter_events.create_async(params)

    def totals(self) -> list[tuple[str, str, int]]:
        """Why, how it stands and how many cents, of each invoice."""
        rows = self.pretend.invoices_of(self.customer)
        return [(row["billing_reason"], row["status"], row["total"]) for row in rows]
