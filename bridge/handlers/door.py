"""What every public route does first: bound what it reads, and turn away those who keep failing."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address

from aiohttp import web

DEADLINE = 10.0  # seconds in which a body must have arrived; aiohttp itself would wait for ever
FAILURES, WINDOW = 20, 60.0  # unauthentic requests by one address, within so many seconds
MOST_ADDRESSES = 10_000  # remembered; an attacker may have many, memory has an end

Networks = Sequence[IPv4Network | IPv6Network]


async def read_body(request: web.Request, limit: int) -> bytes:
    """The raw body. Raises 408, 413 or 415."""
    if request.headers.get("Content-Encoding"):
        raise web.HTTPUnsupportedMediaType(text="send it as it is")
    if (request.content_length or 0) > limit:
        raise _too_large(request, limit)
    body = bytearray()
    try:
        async with asyncio.timeout(DEADLINE):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise _too_large(request, limit)
    except TimeoutError:
        request.protocol.force_close()
        raise web.HTTPRequestTimeout(text="too slow") from None
    return bytes(body)


def _too_large(request: web.Request, limit: int) -> web.HTTPException:
    request.protocol.force_close()  # the rest of it is not read
    return web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=request.content_length or limit + 1)


class Failures:
    """Counts unauthentic requests by address, and turns an address away that has too many.

    Behind a proxy every request has the proxy's address, and turning that away would turn Twilio away. So private
    addresses are never counted, unless they are in `proxies`: then X-Forwarded-For says who is behind them.
    """

    def __init__(self, proxies: Networks = ()) -> None:
        self._proxies = proxies
        self._failed: defaultdict[str, deque[float]] = defaultdict(deque)

    def turn_away(self, request: web.Request) -> None:
        """Raises 429 for an address that has failed too often lately. To be called before anything is read."""
        address = self._address(request)
        recent = self._failed.get(address or "")
        if recent is None:
            return
        while recent and recent[0] < time.monotonic() - WINDOW:
            recent.popleft()
        if len(recent) >= FAILURES:
            raise web.HTTPTooManyRequests(text="too many failed requests", headers={"Retry-After": "60"})

    def count(self, request: web.Request) -> None:
        """This request was not what it pretended to be."""
        address = self._address(request)
        if address is None:
            return
        if len(self._failed) >= MOST_ADDRESSES:
            self._failed.clear()
        self._failed[address].append(time.monotonic())

    def _address(self, request: web.Request) -> str | None:
        address = request.remote or ""
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        while self._is_proxy(address) and forwarded:
            address = forwarded.pop()
        return address if _is_public(address) else None

    def _is_proxy(self, address: str) -> bool:
        try:
            return any(ip_address(address) in network for network in self._proxies)
        except ValueError:
            return False


def _is_public(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return not (
        parsed.is_loopback or parsed.is_link_local or (parsed.is_private and not _is_documentation(address))
    )


def _is_documentation(address: str) -> bool:
    # Python calls the ranges reserved for examples private; nothing real is there, and tests are.
    return address.startswith(("192.0.2.", "198.51.100.", "203.0.113."))
