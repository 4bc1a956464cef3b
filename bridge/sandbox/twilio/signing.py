"""X-Twilio-Signature, by Twilio's published rule: base64(HMAC-SHA1(auth token, URL + sorted names and values))."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from urllib.parse import urldefrag

Params = Mapping[str, str] | Sequence[tuple[str, str]]


def pairs(params: Params) -> list[tuple[str, str]]:
    """Parameters as a list; a name may occur more than once."""
    return list(params.items()) if isinstance(params, Mapping) else list(params)


def signature(token: str, url: str, params: Params) -> str:
    """Sign a form webhook. The fragment only speaks to Twilio and is not signed; equal pairs count once."""
    signed = urldefrag(url).url + "".join(name + value for name, value in sorted(set(pairs(params))))
    digest = hmac.new(token.encode(), signed.encode("utf-8", "surrogatepass"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
