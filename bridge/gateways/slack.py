"""Slack, for one firm's bot token. Facts and their sources: facts/slack.md (Web API)."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, BinaryIO

import aiohttp
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bridge.gateways.calls import Skew
from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.media import Downloaded
from bridge.gateways.slack_files import SlackFiles
from bridge.gateways.slack_http import LeanSlack, OwnHosts, as_good, part, readable, respond
from bridge.gateways.slack_shapes import (
    Channel,
    Identity,
    Person,
    Posted,
    Shown,
    of_channel,
    of_identity,
    of_message,
    of_person,
    of_view,
)

Blocks = Sequence[dict[str, Any]]
View = dict[str, Any]

METADATA_TYPE = "bridge_outbox"
PICTURE_BYTES = 5 * 1024 * 1024  # what Twilio takes for one picture message
_PAGE, _PAGES = 50, 10  # a page of long messages must stay under the limit for an answer
_CLOCKS_APART = timedelta(minutes=1)
_LITERAL: dict[str, Any] = {"parse": "none", "link_names": False}  # names that leads write stay words


class SlackGateway:
    """One firm's Slack. Every method raises GatewayError and nothing else.

    `session` is shared and not closed here. `base_url` is that of the Web API; the firm's token goes to its host
    and to those below it, and to no other. `called_now` gives the present id of a channel that was converted.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        token: str,
        *,
        base_url: str = "https://slack.com/api/",
        called_now: Callable[[str], str] = str,
    ) -> None:
        self._session = session
        self._skew = Skew()
        self._api = LeanSlack(session, token, base_url, called_now, self._skew)
        self._hosts = OwnHosts(base_url)
        self._files = SlackFiles(session, self._api, self._hosts, token)

    async def auth_test(self) -> Identity:
        """Whose token this is, and what it was granted."""
        with readable():
            answer = await self._api.auth_test()
            return of_identity(answer, answer.headers)

    async def person(self, user_id: str) -> Person:
        """A user, as this workspace sees them. Raises NEVER "user_not_found" or "user_not_visible"."""
        with readable():
            return of_person(part(await self._api.users_info(user=user_id), "user"))

    async def admins(self) -> list[Person]:
        """The workspace's admins and owners, of its first few thousand people."""
        found: list[Person] = []
        cursor = ""
        for _ in range(_PAGES):
            with readable():
                page = await self._api.users_list(limit=_PAGE, cursor=cursor or None)
                people = [of_person(member) for member in page["members"]]
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            found += [person for person in people if person.is_admin or person.is_owner]
            if not cursor:
                break
        return found

    async def channel(self, channel_id: str) -> Channel:
        """A channel. A private one that the app is not in is "channel_not_found"."""
        with readable():
            return of_channel(part(await self._api.conversations_info(channel=channel_id), "channel"))

    # ------------------------------------------------------------------ messages

    async def post(
        self,
        channel: str,
        *,
        text: str,
        blocks: Blocks,
        thread_ts: str | None = None,
        key: str,
        username: str | None = None,
    ) -> Posted:
        """Post once. `text` is what notifications show; `key` goes along unseen, for `find_posted`.

        Compare `thread_ts` of the answer: when the thread is gone, Slack posts to the channel without an error.
        Raises DOUBT when the post may stand: Slack has no idempotency for this call.
        """
        with readable(Retry.DOUBT):
            answer = await self._api.chat_postMessage(
                channel=channel,
                text=text,
                blocks=blocks,
                thread_ts=thread_ts,
                username=username,
                metadata={"event_type": METADATA_TYPE, "event_payload": {"key": key}},
                unfurl_links=False,
                unfurl_media=False,
                **_LITERAL,
            )
            return of_message({**answer.get("message", {}), "ts": part(answer, "ts")}, part(answer, "channel"))

    async def find_posted(
        self, channel: str, *, thread_ts: str | None, key: str, oldest: datetime
    ) -> Posted | None:
        """The post with this key that is not older than `oldest` (aware), or None when there is certainly none.

        `oldest` is told by our clock; where Slack's differs, that is made up for.
        A file's key is its name without the ending: `upload` has no other place for one.
        A rare call: Slack allows some apps one of these a minute. When the thread is gone the channel is searched,
        since that is where Slack will have put the post. Raises DOUBT "search_incomplete" after 500 messages.
        """
        found = await self._find(channel, thread_ts, key, oldest - _CLOCKS_APART)
        ahead = timedelta(seconds=self._skew.ahead)
        if found is None and ahead > _CLOCKS_APART / 2:
            return await self._find(channel, thread_ts, key, oldest - _CLOCKS_APART - ahead)
        return found

    async def _find(self, channel: str, thread_ts: str | None, key: str, oldest: datetime) -> Posted | None:
        where = {"channel": channel, "oldest": f"{oldest.timestamp():.6f}"}
        if thread_ts is not None:
            try:
                return await self._search(self._api.conversations_replies, key, ts=thread_ts, **where)
            except GatewayError as trouble:
                if trouble.code != "thread_not_found":
                    raise
        return await self._search(self._api.conversations_history, key, **where)

    async def _search(
        self, method: Callable[..., Awaitable[AsyncSlackResponse]], key: str, *, channel: str, **where: str
    ) -> Posted | None:
        cursor = ""
        for _ in range(_PAGES):
            with _only_this_waits(), readable():
                page = await method(
                    channel=channel, limit=_PAGE, cursor=cursor or None, include_all_metadata=True, **where
                )
                for message in part(page, "messages"):
                    if key in {_key(message), *_file_keys(message)}:
                        return of_message(message, channel)
                cursor = (page.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return None
        raise GatewayError("search_incomplete", Retry.DOUBT)

    async def update(self, channel: str, ts: str, *, text: str, blocks: Blocks) -> None:
        """Replace what one of our posts says; its metadata stays."""
        with readable():
            await self._api.chat_update(channel=channel, ts=ts, text=text, blocks=blocks, **_LITERAL)

    async def delete(self, channel: str, ts: str) -> None:
        """Take one of our posts away. One that is gone already is as good."""
        with readable(), as_good("message_not_found"):
            await self._api.chat_delete(channel=channel, ts=ts)

    async def tell(
        self, channel: str, user: str, *, text: str, thread_ts: str | None = None, blocks: Blocks | None = None
    ) -> None:
        """Show a line to one person only. It is gone with a reload, so it is no place for what must be known."""
        with readable(Retry.DOUBT):
            await self._api.chat_postEphemeral(
                channel=channel, user=user, text=text, thread_ts=thread_ts, blocks=blocks, **_LITERAL
            )

    async def react(self, channel: str, ts: str, name: str) -> None:
        """Put an emoji under a message. One that is there already is as good."""
        with readable(), as_good("already_reacted"):
            await self._api.reactions_add(channel=channel, timestamp=ts, name=name)

    async def unreact(self, channel: str, ts: str, name: str) -> None:
        """Take our emoji from a message. One that is not there is as good."""
        with readable(), as_good("no_reaction"):
            await self._api.reactions_remove(channel=channel, timestamp=ts, name=name)

    async def permalink(self, channel: str, ts: str) -> str:
        """The address of a message for people. It stays the same, so keep it."""
        with readable():
            return str(part(await self._api.chat_getPermalink(channel=channel, message_ts=ts), "permalink"))

    # ------------------------------------------------------------------ files

    async def upload(
        self,
        channel: str,
        *,
        thread_ts: str | None,
        filename: str,
        content: bytes | BinaryIO,
        title: str,
        comment: str | None = None,
        before_sharing: Callable[[], Awaitable[None]] | None = None,
    ) -> str:
        """Share a file, in a thread or in the channel. Its id; Slack does not tell the ts of the message.

        `title` is also what is read to people who cannot see the picture. `comment` is mrkdwn: escape what leads
        wrote. `before_sharing` may raise to stop it at the last moment. Raises DOUBT when it may be shared already.
        """
        file_id = await self._files.store(filename, content, title)
        if before_sharing is not None:
            await before_sharing()
        with readable(Retry.DOUBT):
            await self._api.files_completeUploadExternal(
                files=[{"id": file_id, "title": title}],
                channel_id=channel,
                thread_ts=thread_ts,
                initial_comment=comment,
            )
        return file_id

    async def download(self, url: str, *, limit: int = PICTURE_BYTES) -> Downloaded:
        """A file that staff posted (its url_private_download), at most `limit` bytes, within 10 s.

        Raises NEVER "forbidden_url" for another host than Slack's, "login_page" when the token may not read it
        (Slack answers 200 then), "unsupported_media" by its first bytes, "too_large".
        """
        return await self._files.download(url, limit)

    async def save(self, url: str, into: BinaryIO, *, limit: int) -> None:
        """Write a file that staff posted, of whatever type, into another; as download() does, within 45 s."""
        await self._files.save(url, into, limit)

    # ------------------------------------------------------------------ modals, Home, answers

    async def open_view(self, trigger_id: str, view: View) -> Shown:
        """Open a modal, within 2.5 s. Raises NEVER "expired_trigger_id", "exchanged_trigger_id"."""
        with readable(Retry.DOUBT):
            return of_view(part(await self._api.views_open(trigger_id=trigger_id, view=view), "view"))

    async def push_view(self, trigger_id: str, view: View) -> Shown:
        """Put a modal on top of the one that is open; two at most. Within 2.5 s."""
        with readable(Retry.DOUBT):
            return of_view(part(await self._api.views_push(trigger_id=trigger_id, view=view), "view"))

    async def update_view(self, view_id: str, view: View, *, view_hash: str | None = None) -> Shown:
        """Replace a modal. With `view_hash` NEVER "hash_conflict" when it has changed since."""
        with readable():
            answer = await self._api.views_update(view_id=view_id, view=view, hash=view_hash)
            return of_view(part(answer, "view"))

    async def publish_home(self, user_id: str, view: View, *, view_hash: str | None = None) -> Shown:
        """Show a person their Home. With `view_hash` NEVER "hash_conflict" when it has changed since."""
        with readable():
            answer = await self._api.views_publish(user_id=user_id, view=view, hash=view_hash)
            return of_view(part(answer, "view"))

    async def respond(self, response_url: str, payload: Mapping[str, Any]) -> None:
        """Answer an interaction: five times within 30 minutes, in Slack's counting. Needs no token.

        Raises NEVER for an address that is used up.
        """
        await respond(self._session, self._hosts.own(response_url), payload)


def _key(message: Any) -> str | None:
    """The key that `post` put into a message."""
    metadata = message.get("metadata") or {}
    if metadata.get("event_type") != METADATA_TYPE:
        return None
    found = (metadata.get("event_payload") or {}).get("key")
    return found if isinstance(found, str) else None


def _file_keys(message: Any) -> list[str]:
    """The names of the files that a message shares, without their endings."""
    return [str(file.get("name")).partition(".")[0] for file in message.get("files") or []]


@contextmanager
def _only_this_waits() -> Iterator[None]:
    """A search that comes too soon says nothing about posts: whoever searches waits, and nobody else."""
    try:
        yield
    except GatewayError as trouble:
        if trouble.retry is Retry.LATER and trouble.after is not None:
            raise GatewayError(trouble.code, Retry.DOUBT, trouble.after) from trouble
        raise
