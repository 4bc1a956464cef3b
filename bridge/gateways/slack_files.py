"""Files in Slack: bytes to where Slack says, and what staff posted from there."""

import os
from collections.abc import Mapping
from typing import BinaryIO

import aiohttp
from yarl import URL

from bridge import failpoints
from bridge.gateways.calls import counted
from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.media import Downloaded, fetch, typed
from bridge.gateways.slack_http import LeanSlack, OwnHosts, part, readable
from bridge.gateways.wire import Reply, ask

UPLOAD_SECONDS = 30.0  # for twenty megabytes
SAVE_SECONDS = 45.0  # for a table
_ALT_CHARACTERS = 1000  # more is refused with "alt_txt_too_large"


class SlackFiles:
    """The part of one firm's Slack that moves bytes. Raises GatewayError and nothing else."""

    def __init__(self, session: aiohttp.ClientSession, api: LeanSlack, hosts: OwnHosts, token: str) -> None:
        self._session = session
        self._api = api
        self._hosts = hosts
        self._bearer = {"Authorization": f"Bearer {token}"}

    async def store(self, filename: str, content: bytes | BinaryIO, spoken: str) -> str:
        """Bring bytes to Slack, not shared yet; `spoken` is read to people who cannot see them. The file's id.

        An open file is read from where it stands, and closed.
        """
        with readable():
            slot = await self._api.files_getUploadURLExternal(
                filename=filename, length=_length(content), alt_txt=spoken[:_ALT_CHARACTERS]
            )
            file_id, place = str(part(slot, "file_id")), str(part(slot, "upload_url"))
        await self._put(place, content)
        return file_id

    @counted("slack", "files.upload")
    async def _put(self, place: str, content: bytes | BinaryIO) -> None:
        url, headers = self._hosts.own(place), {"Content-Type": "application/octet-stream"}
        # a lost answer is harmless: nothing is shared yet, the next attempt gets another place
        failpoints.reach("before slack", "upload")
        reply = await ask(
            self._session, "POST", url, seconds=UPLOAD_SECONDS, lost=Retry.LATER, data=content, headers=headers
        )
        failpoints.reach("after slack", "upload")
        if reply.status != 200:
            raise GatewayError(f"http_{reply.status}", Retry.LATER, reply.after)

    async def download(self, url: str, limit: int) -> Downloaded:
        """A file of at most `limit` bytes; see SlackGateway.download."""
        return typed((await self._fetch(url, limit)).body)

    async def save(self, url: str, into: BinaryIO, limit: int) -> None:
        """Write a file of at most `limit` bytes into another; see SlackGateway.save."""
        await self._fetch(url, limit, SAVE_SECONDS, into)

    @counted("slack", "files.download")
    async def _fetch(
        self, url: str, limit: int, seconds: float | None = None, into: BinaryIO | None = None
    ) -> Reply:
        place = self._hosts.own(url)
        bearer, more = self._bearer, self._next_headers
        failpoints.reach("before slack", "download")
        reply = await fetch(
            self._session, place, bearer, limit=limit, next_headers=more, seconds=seconds, into=into
        )
        failpoints.reach("after slack", "download")
        if reply.status == 429 or reply.status >= 500:
            raise GatewayError(f"http_{reply.status}", Retry.LATER, reply.after)
        if reply.status != 200:
            raise GatewayError(f"http_{reply.status}", Retry.NEVER)
        if _is_page(reply):
            raise GatewayError("login_page", Retry.NEVER)
        return reply

    def _next_headers(self, target: URL) -> Mapping[str, str] | None:
        return self._bearer if self._hosts.is_own(target) else None


def _is_page(reply: Reply) -> bool:
    start = reply.body[:100].lstrip().lower()
    is_html = reply.headers.get("Content-Type", "").lower().startswith("text/html")
    return is_html or start.startswith((b"<!doctype html", b"<html"))


def _length(content: bytes | BinaryIO) -> int:
    if isinstance(content, bytes):
        return len(content)
    return os.fstat(content.fileno()).st_size - content.tell()
