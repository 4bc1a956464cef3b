"""What people do in channels: speak, edit, delete, react, look at the Home tab. And events out of nowhere."""

from collections.abc import Sequence
from uuid import uuid4

from bridge.sandbox.slack import events, files, posts
from bridge.sandbox.slack.core import Core
from bridge.sandbox.slack.model import Channel, Json, Message, Person, PretendFile, Workspace
from bridge.sandbox.slack.typed import typed


class Acts(Core):
    """Acts of people. Each changes what there is and queues what the app hears of it."""

    async def say(
        self,
        team_id: str,
        channel_id: str,
        user_id: str,
        text: str,
        *,
        thread_ts: str | None = None,
        blocks: list[Json] | None = None,
        files: Sequence[PretendFile] = (),
        broadcast: bool = False,
        client_msg_id: str | None = None,
    ) -> str:
        """Type a message; `text` is as typed, and becomes what Slack's client makes of it. Returns its ts."""
        team, channel = self.workspace(team_id), self._open_channel(team_id, channel_id)
        person = self._joined(team_id, user_id, channel)
        body = self._typed_body(team, person, text, blocks)
        if files:
            return self._share(team, channel, list(files), body, thread_ts)
        if not person.bot:
            body["client_msg_id"] = client_msg_id or str(uuid4())
        message = posts.place(self, team, channel, body, thread_ts=thread_ts, broadcast=broadcast)
        return message.ts

    async def edit(self, team_id: str, channel_id: str, ts: str, text: str) -> None:
        """The author changes a message."""
        team, channel = self.workspace(team_id), self._open_channel(team_id, channel_id)
        message = self.find_message(team_id, channel_id, ts)
        author = str(message.body.get("user"))
        changes = self._typed_body(team, self.person(team_id, author), text, None)
        posts.change(self, team, channel, message, changes, author)

    async def delete(self, team_id: str, channel_id: str, ts: str) -> None:
        """Somebody deletes a message, whoever wrote it; a root with replies leaves a tombstone."""
        message = self.find_message(team_id, channel_id, ts)
        posts.remove(self, self.workspace(team_id), self.channel(team_id, channel_id), message)

    async def react(
        self, team_id: str, channel_id: str, user_id: str, ts: str, name: str, *, remove: bool = False
    ) -> None:
        """A person adds or takes back a reaction; the app is not subscribed to these."""
        by = self.find_message(team_id, channel_id, ts).reactions.setdefault(name, [])
        if remove and user_id in by:
            by.remove(user_id)
        elif not remove and user_id not in by:
            by.append(user_id)
        self.announce("reaction", team_id=team_id, channel=channel_id, ts=ts)

    async def look(self, team_id: str, channel_id: str, user_id: str) -> None:
        """A person looks at a channel to its end; no app hears of that."""
        channel = self.channel(team_id, channel_id)
        newest = max((ts for ts, message in channel.messages.items() if not message.is_reply), default="0")
        if channel.seen.get(user_id) != newest:
            channel.seen[user_id] = newest
            self.announce("seen", team_id=team_id, channel=channel_id, user=user_id)

    async def open_home(self, team_id: str, user_id: str) -> None:
        """A person opens the app's Home tab."""
        team = self.workspace(team_id)
        self.publish(team, events.home_opened(self, team, self.person(team_id, user_id).id))

    async def send_event(
        self,
        team_id: str,
        event: Json,
        *,
        event_id: str | None = None,
        event_time: int | None = None,
        times: int = 1,
        headers: dict[str, str] | None = None,
    ) -> list[int]:
        """Send any event, one after the other, at once and without retries; the statuses, 0 for no answer."""
        envelope = events.envelope(self, self.workspace(team_id), event)
        envelope["event_id"] = event_id or envelope["event_id"]
        envelope["event_time"] = event_time or envelope["event_time"]
        return [(await self.postman.event(envelope, headers=headers)).status for _ in range(times)]

    async def post_raw(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Send these bytes with these headers, whatever they are, to the request URL."""
        return await self.postman.raw(body, headers)

    def find_message(self, team_id: str, channel_id: str, ts: str) -> Message:
        message = self.channel(team_id, channel_id).messages.get(ts)
        if message is None or message.deleted:
            raise LookupError(f"no message {ts} in {channel_id}")
        return message

    def _open_channel(self, team_id: str, channel_id: str) -> Channel:
        """A channel in which people can speak."""
        channel = self.channel(team_id, channel_id)
        if channel.archived or channel.deleted:
            raise ValueError(f"{channel_id} is archived or deleted: nobody can write there")
        return channel

    def _joined(self, team_id: str, user_id: str, channel: Channel) -> Person:
        """The person, as a member of the channel from now on."""
        person = self.person(team_id, user_id)
        if person.deleted:
            raise ValueError(f"{user_id} is deactivated and cannot write")
        channel.members.add(user_id)
        return person

    def _typed_body(self, team: Workspace, person: Person, text: str, blocks: list[Json] | None) -> Json:
        markup, elements = typed(text, people=team.people, custom_emoji=team.custom_emoji)
        if blocks is None and elements:
            section = {"type": "rich_text_section", "elements": elements}
            blocks = [{"type": "rich_text", "elements": [section]}]
        body: Json = {"user": person.id, "text": markup, "team": person.home_team}
        if person.bot:
            body["bot_id"] = f"B{person.id[1:]}"
        if blocks:
            body["blocks"] = posts.with_ids(self, blocks)
        if person.stranger:
            profile = {"real_name": person.name, "display_name": person.name, "team": person.home_team}
            body |= {"user_team": person.home_team, "source_team": person.home_team, "user_profile": profile}
        return body

    def _share(
        self, team: Workspace, channel: Channel, shared: list[PretendFile], body: Json, thread_ts: str | None
    ) -> str:
        for file in shared:
            files.keep(self, team, file, body["user"])
        return files.share(self, team, channel, shared, body, thread_ts)
