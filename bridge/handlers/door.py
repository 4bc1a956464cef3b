"""What every public route does first: bound what it reads, and turn away those who keep failing."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Sequence
from functools import lru_cache, partial
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp import StreamReader, web

DEADLINE = 8.0  # seconds in which a body must have arrived; aiohttp itself would wait for ever
FAILURES, WINDOW = 20, 60.0  # unauthentic requests by one address, within so many seconds
MOST_ADDRESSES = 10_000  # remembered; an attacker may have many, memory has an end

# Python calls the networks reserved for examples private; nothing real is there, and tests are.
_EXAMPLES = [ip_network(each) for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]


async def read_body(request: web.Request, limit: int) -> bytes:
    """The raw body. Raises 400, 408, 413 or 415; then the rest of it is not read, and the connection ends."""
    if request.headers.get("Content-Encoding"):
        raise _last(web.HTTPUnsupportedMediaType(text="send it as it is"))
    if (request.content_length or 0) > limit:
        raise _too_large(limit)
    content = request.content
    try:  # most come in one piece with what is before it, and need not be waited for
        body = content.read_nowait() if content.is_eof() else await _arriving(content, limit)
    except TimeoutError:
        raise _last(web.HTTPRequestTimeout(text="too slow")) from None
    except (web.RequestPayloadError, ConnectionError):
        raise _last(web.HTTPBadRequest(text="broken off")) from None
    if len(body) > limit:
        raise _too_large(limit)
    return body


async def _arriving(content: StreamReader, limit: int) -> bytes:
    body = bytearray()
    async with asyncio.timeout(DEADLINE):
        async for chunk in content.iter_any():
            body += chunk
            if len(body) > limit:
                raise _too_large(limit)
    return bytes(body)


def _too_large(limit: int) -> web.HTTPException:
    return _last(web.HTTPRequestEntityTooLarge(max_size=limit, actual_size=limit + 1, text="too large"))


def _last(answer: web.HTTPException) -> web.HTTPException:
    answer.force_close()
    return answer


class Failures:
    """Counts unauthentic requests by address, and turns an address away that has too many.

    Behind a proxy every request has the proxy's address, and turning that away would turn Twilio away. So private
    addresses are never counted, unless they are in `proxies`: then X-Forwarded-For says who is behind them. Nor is
    a public address that sends this header without being in `proxies`: it may be a proxy that nobody told us of.
    """

    def __init__(self, proxies: Networks = ()) -> None:
        self._known = lru_cache(maxsize=1024)(partial(_counted, tuple(proxies)))
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
        if len(self._failed) >= MOST_ADDRESSES and address not in self._failed:
            self._failed.clear()
        self._failed[address].append(time.monotonic())

    def _address(self, request: web.Request) -> str | None:
        return self._known(request.remote or "", ",".join(request.headers.getall("X-Forwarded-For", [])))


def _counted(proxies: Networks, remote: str, forwarded: str) -> str | None:
    """Who is counted; None for nobody. Each proxy adds whom it saw behind those that are named already."""
    address, behind = _parsed(remote), forwarded.split(",")
    if forwarded and not _is_in(address, proxies):
        return None
    while behind and _is_in(address, proxies):
        address = _parsed(behind.pop())
    return None if address is None or not _is_public(address) else _whole(address)


def _is_in(address: Address | None, networks: Networks) -> bool:
    return address is not None and any(address in network for network in networks)


def _parsed(address: str) -> Address | None:
    try:
        parsed = ip_address(address.strip())
    except ValueError:
        return None
    return (parsed.ipv4_mapped or parsed) if isinstance(parsed, IPv6Address) else parsed


def _whole(address: Address) -> str:
    """All that one customer of a provider has: of IPv6, not an address but a network of them."""
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)


def _is_public(address: Address) -> bool:
    return _is_in(address, _EXAMPLES) or not (address.is_loopback or address.is_link_local or address.is_private)
