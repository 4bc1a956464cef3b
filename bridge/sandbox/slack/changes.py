"""What happens to channels and to the app: archived, deleted, shared, thrown out, revoked, installed again."""

from bridge.sandbox.slack import events
from bridge.sandbox.slack.core import Core


class Changes(Core):
    """Acts of admins."""

    async def archive(self, team_id: str, channel_id: str, user_id: str = "U0ADMIN") -> None:
        """The channel stays readable and takes no more messages."""
        self.channel(team_id, channel_id).archived = True
        self._channel_changed(team_id, channel_id, "archive", user_id)

    async def unarchive(self, team_id: str, channel_id: str, user_id: str = "U0ADMIN") -> None:
        """The channel takes messages again."""
        self.channel(team_id, channel_id).archived = False
        self._channel_changed(team_id, channel_id, "unarchive", user_id)

    async def delete_channel(self, team_id: str, channel_id: str, user_id: str = "U0ADMIN") -> None:
        """The channel is gone, with all that was in it."""
        self.channel(team_id, channel_id).deleted = True
        self._channel_changed(team_id, channel_id, "deleted", user_id)

    async def share_channel(self, team_id: str, channel_id: str, *, shared: bool = True) -> None:
        """Another organisation comes into the channel by Slack Connect, or leaves it."""
        channel = self.channel(team_id, channel_id)
        channel.shared = shared
        event = {"type": "channel_shared" if shared else "channel_unshared", "channel": channel_id}
        event_ts = self.new_ts()
        self.publish(self.workspace(team_id), {**event, "event_ts": event_ts}, channel)

    async def make_private(self, team_id: str, channel_id: str, new_id: str | None = None) -> str:
        """A public channel becomes private, which may change its id. Returns the id it has from now on."""
        team, channel = self.workspace(team_id), self.channel(team_id, channel_id)
        channel.private = True
        if new_id is not None:
            channel.id = new_id
            team.channels[new_id] = team.channels.pop(channel_id)
            event = {"type": "channel_id_changed", "old_channel_id": channel_id, "new_channel_id": new_id}
            self.publish(team, {**event, "event_ts": self.new_ts()}, channel)
        self.announce("channel", team_id=team_id, channel=channel.id)
        return channel.id

    async def remove_bot(self, team_id: str, channel_id: str) -> None:
        """Somebody removes the app from the channel: it sees and posts nothing there."""
        team, channel = self.workspace(team_id), self.channel(team_id, channel_id)
        self.publish(team, events.member_moved("left", team, channel, team.bot_user_id), channel)
        channel.members.discard(team.bot_user_id)
        self.announce("channel", team_id=team_id, channel=channel_id)

    async def invite_bot(self, team_id: str, channel_id: str) -> None:
        """Somebody invites the app into the channel."""
        team, channel = self.workspace(team_id), self.channel(team_id, channel_id)
        channel.members.add(team.bot_user_id)
        self.publish(team, events.member_moved("joined", team, channel, team.bot_user_id), channel)
        self.announce("channel", team_id=team_id, channel=channel_id)

    async def revoke_token(self, team_id: str, error: str = "token_revoked") -> None:
        """The bot's token stops working; every call is answered with `error` from now on."""
        team = self.workspace(team_id)
        team.refused_with = error
        event = {"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [team.bot_user_id]}}
        self.publish(team, event, even_without_token=True)
        self.announce("workspace", team_id=team_id)

    async def uninstall(self, team_id: str) -> None:
        """The app is removed from the workspace: two events, in no promised order, and a dead token."""
        await self.revoke_token(team_id, "account_inactive")
        self.publish(self.workspace(team_id), {"type": "app_uninstalled"}, even_without_token=True)

    async def restore_token(self, team_id: str, bot_token: str) -> None:
        """The app is installed again and has this token."""
        team = self.workspace(team_id)
        team.bot_token, team.refused_with = bot_token, None
        self.announce("workspace", team_id=team_id)

    def _channel_changed(self, team_id: str, channel_id: str, what: str, user_id: str) -> None:
        channel = self.channel(team_id, channel_id)
        event = events.channel_changed(what, channel, user_id)
        self.publish(self.workspace(team_id), {**event, "event_ts": self.new_ts()}, channel)
        self.announce("channel", team_id=team_id, channel=channel_id)
