"""Pictures and other attachments: what they really are, by their first bytes, and how they are fetched."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv6Address, ip_address
from socket import AddressFamily
from typing import BinaryIO

import aiohttp
from aiohttp.abc import ResolveResult
from yarl import URL

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.wire import Reply, ask

DOWNLOAD_SECONDS = 10.0
_REDIRECTS = (301, 302, 303, 307, 308)

_STARTS = (
    (rb"\xff\xd8\xff", "image/jpeg"),
    (rb"\x89PNG\r\n\x1a\n", "image/png"),
    (rb"GIF8[79]a", "image/gif"),
    (rb"RIFF....WEBP", "image/webp"),
    (rb"....ftyp(heic|heix|heim|heis|hevc|hevx|mif1|msf1)", "image/heic"),
    (rb"....ftyp(3g[2efghprs])", "video/3gpp"),
    (rb"....ftyp(isom|iso[2-9]|mp4[12]|avc1|M4V |M4VP|MSNV|mmp4|dash)", "video/mp4"),
    (rb"#!AMR(-WB)?\n", "audio/amr"),
    (
        rb"ID3|\xff[\xe2\xe3\xf2\xf3\xfa\xfb]",
        "audio/mpeg",
    ),  # a tag, or the frame header of MPEG 1, 2, 2.5 layer III
    (rb"%PDF-", "application/pdf"),
    (rb"(\xef\xbb\xbf)?(?i:BEGIN:VCARD)\r?\n", "text/vcard"),
)
_PATTERNS = tuple((re.compile(start, re.DOTALL), media_type) for start, media_type in _STARTS)


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that was fetched. `media_type` was found in its first bytes, not in what its sender says."""

    content: bytes = field(repr=False)
    media_type: str


def sniff(content: bytes) -> str | None:
    """The media type that the first bytes prove, or None for everything that is not passed on.

    Known are the types that phones and Slack exchange: jpeg, png, gif, webp, heic, mp4, 3gpp, mp3, amr, vcard, pdf.
    SVG and HTML carry scripts and have no such bytes: they are None.
    """
    return next((media_type for pattern, media_type in _PATTERNS if pattern.match(content)), None)


def typed(content: bytes) -> Downloaded:
    """The content with its type. Raises GatewayError "unsupported_media" for one that is not passed on."""
    media_type = sniff(content)
    if media_type is None:
        raise GatewayError("unsupported_media", Retry.NEVER)
    return Downloaded(content, media_type)


async def fetch(
    session: aiohttp.ClientSession,
    url: URL,
    headers: Mapping[str, str],
    *,
    limit: int,
    next_headers: Callable[[URL], Mapping[str, str] | None],
    seconds: float | None = None,
    into: BinaryIO | None = None,
) -> Reply:
    """GET a file of at most `limit` bytes within 10 `seconds`, following one redirect at most.

    `next_headers` says what to send to the redirect's target, or None to refuse going there. `into`: see ask().
    Raises GatewayError: "too_large" and "bad_redirect" NEVER, trouble on the way LATER.
    """
    get = partial(_get, session, limit=limit, seconds=seconds or DOWNLOAD_SECONDS, into=into)
    reply = await get(url, headers)
    if reply.status not in _REDIRECTS:
        return reply
    target = _target(url, reply)
    more = next_headers(target)
    if more is None:
        raise GatewayError("bad_redirect", Retry.NEVER)
    reply = await get(target, more)
    if reply.status in _REDIRECTS:
        raise GatewayError("bad_redirect", Retry.NEVER)
    return reply


def _target(url: URL, reply: Reply) -> URL:
    try:
        return url.join(URL(reply.headers.get("Location", ""), encoded=True))
    except ValueError:
        raise GatewayError("bad_redirect", Retry.NEVER) from None


async def _get(
    session: aiohttp.ClientSession,
    url: URL,
    headers: Mapping[str, str],
    *,
    limit: int,
    seconds: float,
    into: BinaryIO | None,
) -> Reply:
    sent = {**headers, "Accept-Encoding": "identity"}  # so that the limit counts what travels
    try:
        return await ask(session, "GET", url, seconds=seconds, lost=Retry.LATER, cap=limit, into=into, headers=sent)
    except GatewayError as trouble:
        if trouble.code == "too_large":  # a file does not shrink
            trouble.retry = Retry.NEVER
        raise


class PublicOnly(aiohttp.ThreadedResolver):
    """Finds public addresses only, so that no name can lead a download into our own network."""

    async def resolve(
        self, host: str, port: int = 0, family: AddressFamily = AddressFamily.AF_INET
    ) -> list[ResolveResult]:
        """What the system knows of `host`. Raises OSError when nothing of it is public."""
        found = [one for one in await super().resolve(host, port, family) if is_public(one["host"])]
        if not found:
            raise OSError("no public address")
        return found


def is_public(address: str) -> bool:
    """Whether an IP address can be reached by everybody: not private, loopback, link-local or reserved."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    return found.is_global and not found.is_multicast
