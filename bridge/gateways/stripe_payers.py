"""Who pays, and by which card."""

from typing import Any

from stripe._v1_services import V1Services

from bridge.gateways.errors import Retry
from bridge.gateways.stripe_http import readable, unless_gone
from bridge.gateways.stripe_shapes import Card, of_card


class Payers:
    """Customers, their cards, and links into the portal where they see to both."""

    _v1: V1Services

    async def ensure_customer(self, known: str | None, *, firm: str, name: str, attempt: str) -> str:
        """The id of a firm's customer: the known one, or a new one when there is none or it was deleted.

        `firm` tells firms apart, and says in Stripe's own pages whose customer it is.
        """
        if known is not None and await self._is_there(known):
            return known
        key = f"customer-{firm}-{attempt}-{known or 'first'}"
        with readable(Retry.DOUBT):
            made = await self._v1.customers.create_async(
                {"name": name, "metadata": {"firm": firm}},
                {"idempotency_key": key},
            )
            return str(made.id)

    async def _is_there(self, customer: str) -> bool:
        with readable():
            found = await unless_gone(self._v1.customers.retrieve_async(customer))
            return found is not None and not getattr(found, "deleted", False)

    async def card_of(self, customer: str) -> Card | None:
        """The card that is charged for everything; if none is, the one that was added last; None without a card."""
        with readable():
            found: Any = await self._v1.customers.retrieve_async(
                customer, {"expand": ["invoice_settings.default_payment_method"]}
            )
            if getattr(found, "deleted", False):
                return None
            default = found.invoice_settings.default_payment_method
            if default is not None:
                return of_card(default, is_default=True)
            newest = await self._v1.customers.payment_methods.list_async(customer, {"type": "card", "limit": 1})
            return next((of_card(each, is_default=False) for each in newest.data), None)

    async def use_card(self, customer: str, card: str) -> None:
        """From now on this card is charged for everything."""
        with readable(Retry.DOUBT):
            await self._v1.customers.update_async(customer, {"invoice_settings": {"default_payment_method": card}})

    async def portal_session(
        self, customer: str, *, return_url: str, configuration: str, for_card: bool = False
    ) -> str:
        """A link into the portal. Whoever has it is in, and it dies within minutes: made on a click, kept nowhere.

        With `for_card` it leads straight to the form for a card, which is then charged for everything.
        """
        params: Any = {"customer": customer, "return_url": return_url, "configuration": configuration}
        if for_card:
            after = {"type": "redirect", "redirect": {"return_url": return_url}}
            params["flow_data"] = {"type": "payment_method_update", "after_completion": after}
        with readable():
            return str((await self._v1.billing_portal.sessions.create_async(params)).url)
