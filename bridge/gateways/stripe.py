"""Stripe, for the operator's account. Facts and their sources: facts/stripe.md (API 2026-10-28.endive)."""

from collections.abc import Sequence
from typing import Any

import aiohttp

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.stripe_http import GONE, LeanHttp, Refused, checked_id, client, readable, unless_gone
from bridge.gateways.stripe_payers import Payers
from bridge.gateways.stripe_setup import StripeSetup
from bridge.gateways.stripe_shapes import (
    Beginning,
    Begun,
    Declined,
    Invoice,
    MustConfirm,
    NoCard,
    Paid,
    Payment,
    Subscription,
    Unconfirmed,
    of_invoice,
    of_subscription,
)
from bridge.gateways.stripe_usage import Usage

_PAGE = 100  # rows, Stripe's most


class StripeGateway(Payers, Usage):
    """The operator's account. Every method raises GatewayError and nothing else.

    A call with an `attempt` has an idempotency key made of its arguments, so whoever is in doubt repeats it with
    the same arguments within a day: Stripe does it once and answers as it did the first time. It also answers so
    when that was a refusal, or trouble of its own, which is DOUBT with the code KEPT. Only another attempt gets
    past it, and that begins with a look whether the first was done: `subscriptions_of` tells whose each is. All
    other calls may be repeated as they are. `session` is shared and not closed here; `base_url` sends all of it to
    a stand-in.
    """

    def __init__(self, session: aiohttp.ClientSession, api_key: str, *, base_url: str = "") -> None:
        self._http = LeanHttp(session)
        self._v1 = client(self._http, api_key, base_url).v1
        self.setup = StripeSetup(self._v1)

    @property
    def ahead(self) -> float | None:
        """Seconds that our clock was ahead of Stripe's at the last answer."""
        return self._http.ahead

    async def subscribe(
        self, customer: str, card: str, prices: Sequence[str], *, firm: str, attempt: str
    ) -> Beginning:
        """Begin, and charge what is paid ahead, at once. `attempt` is one person's wish, however often it arrives.

        1. Begin, or write nothing at all.
        2. A card whose owner must confirm: begin without being paid, and say where to confirm.

        Another card makes another key, so that a refusal of the first is not repeated. What this attempt began and
        has ended since is NEVER "attempt_is_over": a new wish is a new attempt.
        """
        params: Any = {
            "customer": customer,
            "default_payment_method": card,
            "items": [{"price": price} for price in prices],
            "metadata": {"firm": firm, "attempt": attempt},
            "off_session": True,
        }
        key = f"subscribe-{customer}-{attempt}-{card}"
        try:
            begun = await self._begin(params, "error_if_incomplete", key)
        except Refused as refused:
            outcome = _not_paid(refused)
            if outcome is not None:
                return outcome
            begun = await self._begin(params, "allow_incomplete", f"{key}-unpaid")
        return await self._standing(begun)

    async def _begin(self, params: Any, behaviour: str, key: str) -> str:
        with readable(Retry.DOUBT):
            params["payment_behavior"] = behaviour
            made = await self._v1.subscriptions.create_async(params, {"idempotency_key": key})
            return str(made.id)

    async def _standing(self, subscription: str) -> Beginning:
        """How a beginning stands now: the answer to its key may be that of some hours ago.

        Whatever goes wrong here, it has begun: so that is DOUBT, and a repeat of `subscribe` finds it again.
        """
        try:
            with readable():
                found: Any = await self._v1.subscriptions.retrieve_async(
                    subscription, {"expand": ["latest_invoice"]}
                )
                begun = of_subscription(found)
                if begun.status == "incomplete":
                    return Unconfirmed(begun, of_invoice(found.latest_invoice).link)
        except GatewayError as trouble:
            raise GatewayError(trouble.code, Retry.DOUBT, trouble.after, trouble.scope) from None
        if begun.is_over:
            raise GatewayError("attempt_is_over", Retry.NEVER)
        return Begun(begun)

    async def subscription(self, id_: str) -> Subscription | None:
        """One subscription as it stands now; None when there is none of this id."""
        with readable():
            found = await unless_gone(self._v1.subscriptions.retrieve_async(checked_id(id_)))
            return None if found is None else of_subscription(found)

    async def subscriptions_of(self, customer: str) -> list[Subscription]:
        """All that a customer has or had, newest first."""
        with readable():
            page = await self._v1.subscriptions.list_async({"customer": customer, "status": "all", "limit": _PAGE})
            return [of_subscription(each) async for each in page.auto_paging_iter()]

    async def open_invoices(self, subscription: str) -> list[Invoice]:
        """What a subscription owes, oldest first. There may be several, with a draft of the latest behind them."""
        params: Any = {"subscription": checked_id(subscription), "status": "open", "limit": _PAGE}
        with readable():
            page = await self._v1.invoices.list_async(params)
            found = [of_invoice(each) async for each in page.auto_paging_iter()]
        return found[::-1]

    async def confirm_link(self, subscription: str) -> str | None:
        """Where the oldest open invoice of a subscription is paid or confirmed; None when nothing is open."""
        return next((each.link for each in await self.open_invoices(subscription)), None)

    async def pay_invoice(self, invoice: str, card: str, *, attempt: str) -> Payment:
        """Pay an open invoice by this card. One that has been paid meanwhile is paid."""
        key = f"pay-{invoice}-{attempt}-{card}"
        try:
            with readable(Retry.DOUBT):
                params: Any = {"payment_method": card, "off_session": True}
                await self._v1.invoices.pay_async(checked_id(invoice), params, {"idempotency_key": key})
                return Paid()
        except Refused as refused:
            now = await self.invoice(invoice)
            if now.status == "paid":
                return Paid()
            outcome = _not_paid(refused)
            if outcome is None:
                return MustConfirm(now.link)
            return outcome

    async def invoice(self, id_: str) -> Invoice:
        """One invoice as it stands now."""
        with readable():
            return of_invoice(await self._v1.invoices.retrieve_async(checked_id(id_)))

    async def preview(self, subscription: str) -> Invoice | None:
        """The next invoice as it would be, with what Stripe has counted by now; None when there will be none."""
        try:
            with readable():
                return of_invoice(await self._v1.invoices.create_preview_async({"subscription": subscription}))
        except Refused as refused:
            if refused.code in ("invoice_upcoming_none", GONE):
                return None
            raise

    async def cancel_now(self, id_: str) -> Subscription | None:
        """End a subscription at once, and charge what was used; what was paid ahead is not given back.

        One that has ended stays as it is; None when there is none of this id.
        """
        try:
            with readable(Retry.DOUBT):
                ended = await self._v1.subscriptions.cancel_async(
                    checked_id(id_), {"invoice_now": True, "prorate": False}
                )
                return of_subscription(ended)
        except Refused as refused:
            if refused.code == GONE:  # also said of what was canceled before
                return await self.subscription(id_)
            raise

    async def charge_by(self, id_: str, card: str) -> None:
        """From now on a subscription is paid by this card. The one that it began with would go before any other."""
        with readable(Retry.DOUBT):
            await self._v1.subscriptions.update_async(checked_id(id_), {"default_payment_method": card})

    async def cancel_at_period_end(self, id_: str) -> Subscription:
        """Let a subscription run until what was paid for is over, and then end."""
        return await self._end_with_period(id_, will_end=True)

    async def keep_subscription(self, id_: str) -> Subscription:
        """Take that back, as long as the period lasts."""
        return await self._end_with_period(id_, will_end=False)

    async def _end_with_period(self, id_: str, *, will_end: bool) -> Subscription:
        with readable(Retry.DOUBT):
            return of_subscription(
                await self._v1.subscriptions.update_async(checked_id(id_), {"cancel_at_period_end": will_end})
            )


def _not_paid(refused: Refused) -> NoCard | Declined | None:
    """Why there was no payment; None when the card's owner must confirm it. Raises what is not about the card."""
    if refused.code.endswith("_requires_action") or refused.code == "authentication_required":
        return None
    if refused.status == 402:
        return Declined(refused.decline or refused.code)
    is_about_a_card = refused.param in ("", "default_payment_method", "payment_method")
    if refused.code == GONE and is_about_a_card:  # no card at all, or one that was removed meanwhile
        return NoCard()
    raise refused
