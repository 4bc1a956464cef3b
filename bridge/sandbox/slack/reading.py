"""What a test or the page can look at."""

import copy

from bridge.sandbox.slack.core import Core
from bridge.sandbox.slack.markup import notified
from bridge.sandbox.slack.model import Channel, Json, Message, PretendFile
from bridge.sandbox.slack.posts import stands


class Reading(Core):
    """The state, as copies that nobody can change by accident."""

    def messages(self, team_id: str, channel_id: str) -> list[Json]:
        """All messages of a channel in the order they came, replies and deleted ones included.

        Besides what Slack shows each has `deleted`, `metadata`, `reactions` and `notifies`, the mentions in it.
        """
        return [_seen(message) for message in self._channel(team_id, channel_id).messages.values()]

    def thread(self, team_id: str, channel_id: str, root_ts: str) -> list[Json]:
        """The root and its replies, as far as they still stand."""
        messages = self._channel(team_id, channel_id).messages.values()
        return [_seen(m) for m in messages if m.root_ts == root_ts and stands(m)]

    def roots(self, team_id: str, channel_id: str) -> list[Json]:
        """The messages of the channel itself, tombstones included."""
        messages = self._channel(team_id, channel_id).messages.values()
        return [_seen(m) for m in messages if not m.is_reply and stands(m)]

    def reactions(self, team_id: str, channel_id: str, ts: str) -> list[str]:
        """The names of the reactions on a message, in the order they came."""
        return [name for name, by in self._channel(team_id, channel_id).messages[ts].reactions.items() if by]

    def ephemerals(self, team_id: str, channel_id: str | None = None, user_id: str | None = None) -> list[Json]:
        """What was shown to one person only; `user` is that person."""
        return [
            copy.deepcopy(shown)
            for shown in self.workspace(team_id).ephemerals
            if channel_id in (None, shown["channel"]) and user_id in (None, shown["user"])
        ]

    def dms(self, team_id: str, user_id: str) -> list[Json]:
        """The direct messages between the app and a person."""
        channel = self.workspace(team_id).channels.get(f"D{user_id[1:]}")
        return [_seen(message) for message in channel.messages.values()] if channel else []

    def views(self, team_id: str, user_id: str) -> list[Json]:
        """The person's open modals, the one on top last."""
        return [copy.deepcopy(view.shown()) for view in self.workspace(team_id).modals.get(user_id, [])]

    def home(self, team_id: str, user_id: str) -> Json | None:
        """The person's Home tab, None when nothing was published."""
        home = self.workspace(team_id).homes.get(user_id)
        return copy.deepcopy(home.shown()) if home else None

    def files(self, team_id: str) -> list[PretendFile]:
        """The files that were shared, by people and by the app."""
        return [file for file in self.workspace(team_id).files.values() if file.completed]

    def _channel(self, team_id: str, channel_id: str) -> Channel:
        return self.channel(team_id, channel_id)


def _seen(message: Message) -> Json:
    return {
        **copy.deepcopy(message.body),
        "deleted": message.deleted,
        "metadata": copy.deepcopy(message.metadata),
        "reactions": message.reaction_list(),
        "notifies": notified(message.body),
    }
