"""Slack's published signature: v0= and the HMAC-SHA256 of `v0:timestamp:body` under the signing secret, in hex."""

import hashlib
import hmac


def signature_headers(secret: str, body: bytes, timestamp: int | str) -> dict[str, str]:
    """The two headers that prove a request came from Slack."""
    base = b"v0:" + str(timestamp).encode() + b":" + body
    digest = hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": str(timestamp), "X-Slack-Signature": f"v0={digest}"}
