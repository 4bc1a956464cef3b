"""What must be in the operator's Stripe account before a firm can pay. Everything is looked for first."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import stripe
from stripe._v1_services import V1Services

from bridge.gateways.errors import Retry
from bridge.gateways.stripe_http import checked_id, readable, unless_gone
from bridge.gateways.stripe_terms import Terms

METER = "sms_outbound"  # the name that usage is reported under
PRODUCT = "two_way_sms"
_PAGE = 100
_MADE_BY = {"made_by": "bridge"}
_PORTAL: Any = {
    "payment_method_update": {"enabled": True},
    "invoice_history": {"enabled": True},
    "customer_update": {"enabled": True, "allowed_updates": ["address", "email", "name", "tax_id"]},
}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where webhooks go. Stripe tells the secret only when it is made, so whoever made it keeps it."""

    id: str
    secret: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listener:
    """An endpoint as it stands at Stripe. The version in which it is told of events was settled as it was made."""

    id: str
    events: frozenset[str]
    is_enabled: bool
    version: str | None

    @property
    def is_current(self) -> bool:
        """Whether it is told of events in the version that we read."""
        return self.version == stripe.api_version

    def misses(self, events: Sequence[str]) -> list[str]:
        """Those of these events that it does not hear of."""
        return [] if "*" in self.events else sorted(set(events) - self.events)


@dataclass(frozen=True, slots=True)
class Offer:
    """What the add-on is at Stripe, as far as it is there: its two prices, its meter, and the portal's set-up."""

    month: str | None
    texts: str | None
    meter: str | None
    portal: str | None

    @property
    def prices(self) -> list[str]:
        """Those of a subscription; none where one of them is missing."""
        return [self.month, self.texts] if self.month and self.texts else []


class StripeSetup:
    """Each method may be called again and again: it finds what it made before. Raises GatewayError."""

    def __init__(self, v1: V1Services) -> None:
        self._v1 = v1

    async def offer(self, terms: Terms) -> Offer:
        """What is there on these terms; nothing is made."""
        with readable():
            meter = await self._meter(METER)
            keys = [terms.month_key]
            keys += [terms.texts_key(meter.id)] if meter is not None else []
            page = await self._v1.prices.list_async({"lookup_keys": keys, "active": True})
            found = {str(each.lookup_key): str(each.id) for each in page.data}
            is_counting = meter is not None and meter.status == "active"
            return Offer(
                found.get(keys[0]), found.get(keys[-1]) if is_counting else None,
                str(meter.id) if is_counting else None, await self._portal(),
            )  # fmt: skip

    async def counting_meter(self) -> str | None:
        """The id of what texts are added up with; None where there is none, or it was put away."""
        with readable():
            meter = await self._meter(METER)
        return str(meter.id) if meter is not None and meter.status == "active" else None

    async def has_product(self, id_: str = PRODUCT) -> bool:
        """Whether what is sold is there."""
        with readable():
            return await unless_gone(self._v1.products.retrieve_async(id_)) is not None

    async def ensure_product(self, name: str, *, id_: str = PRODUCT) -> str:
        """What is sold."""
        with readable(Retry.DOUBT):
            if await self.has_product(id_):
                return id_
            return str((await self._v1.products.create_async({"id": id_, "name": name})).id)

    async def ensure_meter(self, event_name: str, *, display_name: str) -> str:
        """What usage is added up with. One that was put away counts again."""
        with readable(Retry.DOUBT):
            meter = await self._meter(event_name)
            if meter is not None:
                if meter.status != "active":
                    await self._v1.billing.meters.reactivate_async(meter.id)
                return str(meter.id)
            params: Any = {
                "display_name": display_name,
                "event_name": event_name,
                "default_aggregation": {"formula": "sum"},
            }
            return str((await self._v1.billing.meters.create_async(params)).id)

    async def _meter(self, event_name: str) -> Any:
        """The one of this name, one that counts before one that was put away; None without any."""
        page = await self._v1.billing.meters.list_async({"limit": _PAGE})
        found = [each async for each in page.auto_paging_iter() if each.event_name == event_name]
        return min(found, key=lambda each: each.status != "active", default=None)

    async def ensure_flat_price(self, product: str, terms: Terms) -> str:
        """The price of a month."""
        recurring = {"interval": "month"}
        params = {"unit_amount_decimal": terms.month, "recurring": recurring, "nickname": "Two-way SMS, a month"}
        return await self._price(product, terms.currency, terms.month_key, params)

    async def ensure_usage_price(self, product: str, meter: str, terms: Terms) -> str:
        """The price of a text beyond those that are free each month."""
        params = {
            "billing_scheme": "tiered",
            "tiers_mode": "graduated",
            "tiers": _tiers(terms.free, terms.each),
            "recurring": {"interval": "month", "usage_type": "metered", "meter": meter},
            "nickname": "Outbound texts",
        }
        return await self._price(product, terms.currency, terms.texts_key(meter), params)

    async def _price(self, product: str, currency: str, lookup_key: str, terms: dict[str, Any]) -> str:
        with readable(Retry.DOUBT):
            found = await self._v1.prices.list_async({"lookup_keys": [lookup_key], "active": True})
            if found.data:
                return str(found.data[0].id)
            params: Any = {
                **terms,
                "currency": currency,
                "product": product,
                "lookup_key": lookup_key,
                "transfer_lookup_key": True,  # from one that was put away
            }
            return str((await self._v1.prices.create_async(params)).id)

    async def ensure_portal(self, *, return_url: str | None = None) -> str:
        """A way in which the portal is set up: cards and invoices. Subscriptions are ended here, not there."""
        with readable(Retry.DOUBT):
            if (found := await self._portal()) is not None:
                return found
            params: Any = {"features": _PORTAL, "metadata": _MADE_BY}
            if return_url:
                params["default_return_url"] = return_url
            return str((await self._v1.billing_portal.configurations.create_async(params)).id)

    async def _portal(self) -> str | None:
        page = await self._v1.billing_portal.configurations.list_async({"active": True, "limit": _PAGE})
        async for each in page.auto_paging_iter():
            if getattr(each.metadata, "made_by", None) == _MADE_BY["made_by"]:
                return str(each.id)
        return None

    async def ensure_endpoint(self, url: str, events: Sequence[str]) -> Endpoint:
        """Where webhooks of these events go. Its secret is there only when it is new."""
        found = await self.endpoints(url)
        if not found:
            return await self.new_endpoint(url, events)
        newest = found[0]
        if newest.events != set(events) or not newest.is_enabled:
            params: Any = {"enabled_events": list(events), "disabled": False}
            with readable(Retry.DOUBT):
                await self._v1.webhook_endpoints.update_async(newest.id, params)
        return Endpoint(newest.id, None)

    async def endpoints(self, url: str) -> list[Listener]:
        """Those that lead there, newest first; there should be one."""
        with readable():
            page = await self._v1.webhook_endpoints.list_async({"limit": _PAGE})
            return [_listener(each) async for each in page.auto_paging_iter() if each.url == url]

    async def new_endpoint(self, url: str, events: Sequence[str]) -> Endpoint:
        """One more, with a secret of its own, whatever is there."""
        params: Any = {"url": url, "enabled_events": list(events), "api_version": stripe.api_version}
        with readable(Retry.DOUBT):
            made = await self._v1.webhook_endpoints.create_async(params)
            return Endpoint(str(made.id), made.secret)

    async def delete_endpoint(self, id_: str) -> None:
        """Nothing is sent by it any more; one that is gone is fine."""
        with readable(Retry.DOUBT):
            await unless_gone(self._v1.webhook_endpoints.delete_async(checked_id(id_)))

    async def account_id(self) -> str:
        """The id of the account whose key this is."""
        with readable():
            return str((await self._v1.accounts.retrieve_current_async()).id)


def _listener(found: stripe.WebhookEndpoint) -> Listener:
    return Listener(
        str(found.id), frozenset(found.enabled_events), found.status == "enabled", found.api_version or None
    )


def _tiers(free: int, cents: Decimal) -> list[dict[str, Any]]:
    beyond = {"up_to": "inf", "unit_amount_decimal": cents}
    return [{"up_to": free, "unit_amount": 0}, beyond] if free else [beyond]
