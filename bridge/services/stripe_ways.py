"""How all that a firm has with Stripe is promised: one thing after the other, so nothing overtakes anything."""

from datetime import datetime, timedelta
from typing import Any

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.stripe import StripeGateway
from bridge.gateways.stripe_setup import Offer
from bridge.gateways.stripe_terms import CENTS, Terms
from bridge.services import usage
from bridge.services.announce import SLACK
from bridge.services.deps import Deps
from bridge.settings import Settings
from bridge.store import outbox
from bridge.store.outbox import Kind
from bridge.store.tx import Tx

STRIPE = "stripe"


def lane(firm_id: int) -> str:
    """The firm's one lane towards Stripe."""
    return f"stripe:{firm_id}"


async def promise(
    tx: Tx, firm_id: int, kind: Kind, payload: dict[str, Any], now: datetime, *, wait: timedelta = timedelta(0)
) -> None:
    """Stripe will be told or asked, when everything before has been."""
    await outbox.put(
        tx, firm_id, kind, now, lane=lane(firm_id), service=STRIPE, route="stripe", payload=payload,
        due_at=now + wait,
    )  # fmt: skip


async def tell_in_modal(tx: Tx, firm_id: int, view_id: str, user_id: str, outcome: str, now: datetime) -> None:
    """The modal will say what became of it, if it is still open."""
    await outbox.put(
        tx, firm_id, Kind.TOLD, now, lane=f"told:{view_id}", service=SLACK, route="views",
        payload={"view_id": view_id, "user_id": user_id, "outcome": outcome},
    )  # fmt: skip


def waited_out(error: GatewayError) -> GatewayError:
    """A key that Stripe refuses is the operator's to repair, and no firm's: until then it is tried again."""
    return GatewayError(error.code, Retry.LATER, error.after) if error.retry is Retry.REPAIR else error


async def offer(deps: Deps) -> Offer:
    """What of the add-on is there at Stripe. Raises GatewayError."""
    return await offer_of(deps.clients.stripe(), deps.settings)


async def offer_of(stripe: StripeGateway, settings: Settings) -> Offer:
    """The same, of whoever has no more than this. Raises GatewayError."""
    return await stripe.setup.offer(asked_terms(settings))


def asked_terms(settings: Settings) -> Terms:
    """What the operator takes, as Stripe counts."""
    asked = usage.price(settings)
    return Terms(asked.currency, asked.per_month * CENTS, asked.per_text * CENTS, asked.allowance)
