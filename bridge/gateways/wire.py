"""One HTTP request to a service, bounded in time and size. Trouble on the way is told as GatewayError.

Codes of ours: "connection" (nobody answered), "timeout", "too_large", "bad_url".
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import aiohttp
from aiohttp.abc import AbstractResolver
from yarl import URL

from bridge.gateways.errors import GatewayError, Retry

API_BYTES = 1024 * 1024  # the most that is read of an answer that is no file
CONNECT_SECONDS = 5.0
HEAD = 512  # bytes of an answer that is written into a file, which are kept to see what it is

# Raised before the first byte of a request leaves: waiting for a connection, name look-up, TCP, TLS.
_NOT_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorCertificateError)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of any status, read to its end."""

    status: int
    headers: Mapping[str, str] = field(repr=False)  # case-insensitive
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The body; bytes that are no UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> dict[str, Any] | None:
        """The JSON object in the body, whatever its content type; None when it is anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    @property
    def after(self) -> float | None:
        """Retry-After in seconds, as Slack and Twilio send it; None when there is no usable one."""
        try:
            seconds = float(self.headers.get("Retry-After", ""))
        except ValueError:
            return None
        return seconds if 0 <= seconds < math.inf else None


CONNECTIONS = 128  # to one service at once; who waits for one longer than CONNECT_SECONDS fails


def open_session(resolver: AbstractResolver | None = None) -> aiohttp.ClientSession:
    """A session for one service: TLS 1.2 or newer, certificates checked, no cookies, no proxy from the environment.

    Needs a running loop. Whoever opens it closes it.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(resolver=resolver, limit=CONNECTIONS),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=15, connect=CONNECT_SECONDS),
        trust_env=False,
    )


async def ask(
    session: aiohttp.ClientSession,
    method: str,
    url: str | URL,
    *,
    seconds: float,
    lost: Retry,
    cap: int = API_BYTES,
    into: BinaryIO | None = None,
    **what: Any,
) -> Reply:
    """Send one request, once, and read the answer; redirects are not followed.

    `seconds` is the limit for everything, `cap` the limit of the answer in bytes, `lost` what it means when the
    request may have arrived but its answer did not. A good answer is written `into` a file if there is one, and its
    body is then only the beginning. `what` goes to aiohttp. Raises GatewayError: LATER when the request did not
    leave, `lost` otherwise. The errors of aiohttp hold URLs, so none is chained.
    """
    if session.closed:
        raise GatewayError("connection", Retry.LATER)
    timeout = aiohttp.ClientTimeout(total=seconds, connect=min(CONNECT_SECONDS, seconds / 2))
    try:
        async with session.request(method, url, timeout=timeout, allow_redirects=False, **what) as answer:
            return Reply(answer.status, answer.headers, await _read(answer, cap, lost, into))
    except _NOT_SENT:
        raise GatewayError("connection", Retry.LATER) from None
    except TimeoutError:
        raise GatewayError("timeout", lost) from None
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError):
        raise GatewayError("bad_url", Retry.NEVER) from None
    except (aiohttp.ClientError, OSError):
        raise GatewayError("connection", lost) from None


async def _read(answer: aiohttp.ClientResponse, cap: int, lost: Retry, into: BinaryIO | None) -> bytes:
    body, length = bytearray(), 0
    if (answer.content_length or 0) > cap:
        raise GatewayError("too_large", lost)
    async for piece in answer.content.iter_chunked(64 * 1024):
        length += len(piece)
        if length > cap:  # the announced length may be missing or a lie
            raise GatewayError("too_large", lost)
        if into is not None and answer.status == 200:
            into.write(piece)
            piece = piece[: max(HEAD - len(body), 0)]  # noqa: PLW2901 (the rest is not kept)
        body += piece
    return bytes(body)
