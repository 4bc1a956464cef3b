"""Links that only we can have made, and that expire."""

import base64
import hashlib
import hmac
from datetime import datetime

from bridge.services.deps import Deps


def signature_of(deps: Deps, what: str, path: str) -> str:
    """Of the path of a link to something of this kind: that of one kind opens nothing of another."""
    key = deps.settings.encryption_keys[0].get_secret_value().encode()
    digest = hmac.new(key, f"{what}:{path}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def is_ours(deps: Deps, what: str, path: str, until: int, signature: str, now: datetime) -> bool:
    """Whether we signed it, and it has not expired; `until` is a Unix time, which is part of the path."""
    expected = signature_of(deps, what, path)
    return hmac.compare_digest(expected.encode(), signature.encode()) and now.timestamp() <= until
