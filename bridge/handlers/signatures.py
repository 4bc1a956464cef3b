"""Is a request signed by the service it pretends to come from? Every wrong signature takes the same time."""

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

WINDOW = 300  # seconds a request of Slack's may be old, or ahead of our clock


def is_slacks(secret: bytes, timestamp: str, body: bytes, signature: str, now: float) -> bool:
    """Slack signs its clock and the raw body; a timestamp of another form than Slack's is no timestamp."""
    if not re.fullmatch("[0-9]{1,11}", timestamp) or abs(now - int(timestamp)) > WINDOW:
        return False
    digest = hmac.new(secret, b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return _same(f"v0={digest}".encode(), signature)


def is_twilios(tokens: Iterable[str], url: str, params: Mapping[str, str], signature: str) -> bool:
    """Twilio signs the URL it was given and the form, with the account's token; during a rotation there are two.

    It is not consistent about the port in the URL, so the default port may be there or not.
    """
    form = "".join(name + params[name] for name in sorted(params))
    signed = [(place + form).encode("utf-8", "surrogatepass") for place in _spellings(url)]
    digests = [hmac.new(token.encode(), each, hashlib.sha1).digest() for token in tokens for each in signed]
    matches = [_same(base64.b64encode(digest), signature) for digest in digests]
    return any(matches)


def _spellings(url: str) -> list[str]:
    """The URL as it is, and with the port left out or named."""
    parts = urlsplit(url)
    if parts.port is None:
        other = f"{parts.netloc}:{443 if parts.scheme == 'https' else 80}"
    else:
        other = parts.netloc.rpartition(":")[0]
    return [url, url.replace(f"//{parts.netloc}", f"//{other}", 1)]


def _same(expected: bytes, given: str) -> bool:
    return hmac.compare_digest(expected, given.encode("utf-8", "surrogateescape"))
