"""Webhooks of Stripe's: whether they are genuine, and what they tell."""

import json

import stripe

from bridge.gateways.stripe_shapes import Event, of_event

TOLERANCE = 300  # seconds that a webhook's signature is good
_BROKEN = (stripe.StripeError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


class NotGenuine(Exception):
    """Nobody but Stripe can have signed it, and this is not signed so, or it is older than its signature allows."""


class NotReadable(Exception):
    """It is Stripe's, but no event of the kind that is told to this address."""


def opened(raw: bytes, signature: str | None, secret: str) -> Event:
    """The event in a webhook's body, as it came in. Raises NotGenuine, NotReadable."""
    try:
        text = raw.decode("utf-8")
        stripe.WebhookSignature.verify_header(text, signature or "", secret, TOLERANCE)
    except _BROKEN:
        raise NotGenuine from None
    try:
        found = json.loads(text)
        if not isinstance(found, dict) or found.get("object") != "event":
            raise NotReadable
        return of_event(stripe.Event.construct_from(found, None))
    except _BROKEN:
        raise NotReadable from None
