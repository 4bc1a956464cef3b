"""Fetching the files of an outbound MMS as Twilio does: public, HEAD then GET, 5 MB in all, no odd types."""

from collections.abc import AsyncIterator

import aiohttp
from aiohttp import ClientResponse

from .records import PretendMedia, PretendMessage, StoredMedia, new_sid
from .wire import loopback
from .world import World

LIMIT = 5 * 1024 * 1024
UNREACHABLE, TOO_LARGE, BAD_TYPE = 11200, 11751, 12300
_TYPES = ("image/", "audio/", "video/", "application/pdf", "application/vcard", "text/vcard", "text/x-vcard",
          "text/csv", "text/calendar", "text/plain")  # fmt: skip


class _UselessError(Exception):
    """A file that cannot be sent; carries the error code of the message."""


async def fetch(world: World, message: PretendMessage) -> int | None:
    """Get all files of a message. Returns the error code that the message fails with, or nothing."""
    try:
        for url in message.media_urls:
            room = LIMIT - sum(len(media.content) for media in message.media)
            message.media.append(await _fetch_one(world, url, room))
    except _UselessError as error:
        return int(error.args[0])
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return UNREACHABLE
    for media in message.media:
        store(world, message, media)
    return None


def store(world: World, message: PretendMessage, media: PretendMedia) -> StoredMedia:
    """Keep a file at Twilio as a Media resource of its message."""
    stored = StoredMedia(new_sid("ME"), message.account_sid, message.sid, media, world.now())
    world.media[stored.sid] = stored
    return stored


async def _fetch_one(world: World, url: str, room: int) -> PretendMedia:
    """One file, without any credentials."""
    if (target := loopback(world, url)) is None:
        raise _UselessError(UNREACHABLE)
    limit = aiohttp.ClientTimeout(total=world.webhook_timeout)
    async with world.session.head(target, timeout=limit, allow_redirects=False) as head:
        _check(head, room)
    async with world.session.get(target, timeout=limit, allow_redirects=False) as answer:
        _check(answer, room)
        content = b"".join([chunk async for chunk in _at_most(answer, room)])
        return PretendMedia(content, answer.content_type)


def _check(answer: ClientResponse, room: int) -> None:
    """Refuse what a carrier would never see."""
    if answer.status != 200:
        raise _UselessError(UNREACHABLE)
    if not answer.content_type.startswith(_TYPES) or answer.content_type == "image/svg+xml":
        raise _UselessError(BAD_TYPE)
    if (answer.content_length or 0) > room:
        raise _UselessError(TOO_LARGE)


async def _at_most(answer: ClientResponse, room: int) -> AsyncIterator[bytes]:
    """The body, unless it is larger than announced."""
    async for chunk in answer.content.iter_chunked(65536):
        room -= len(chunk)
        if room < 0:
            raise _UselessError(TOO_LARGE)
        yield chunk
