"""Stripe's published signature: v1= and the HMAC-SHA256 of `timestamp.body` under the endpoint's secret, in hex."""

import hashlib
import hmac


def header(secret: str, body: bytes, timestamp: int) -> str:
    """The Stripe-Signature of a webhook."""
    digest = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"
