"""One Web API request on its way through a method: whose it is, its arguments, and what it may see."""

from dataclasses import dataclass
from typing import Any

from bridge.sandbox.slack.core import Core
from bridge.sandbox.slack.model import Channel, Json, Message, Refusal, Workspace
from bridge.sandbox.slack.posts import stands


@dataclass(frozen=True)
class Ask:
    """What a method is handed: arguments are checked for name and type, absent ones are missing from `args`."""

    core: Core
    team: Workspace
    args: Json

    def get(self, name: str, default: Any = None) -> Any:
        return self.args.get(name, default)

    def need(self, scope: str) -> None:
        """Refuse unless the token has the scope."""
        if scope not in self.team.scopes:
            raise missing_scope([scope], self.team)

    def channel(self, name: str = "channel") -> Channel:
        """The channel of an argument; private ones that the bot is not in do not exist for it."""
        channel = self.team.channels.get(str(self.get(name)))
        if channel is None or channel.deleted or (channel.private and not self.is_member(channel)):
            raise Refusal("channel_not_found")
        return channel

    def is_member(self, channel: Channel) -> bool:
        return self.team.bot_user_id in channel.members

    def message(self, channel: Channel, ts: object) -> Message:
        """A message that still stands."""
        message = channel.messages.get(str(ts))
        if message is None or not stands(message):
            raise Refusal("message_not_found")
        return message

    def is_own(self, message: Message) -> bool:
        """Whether the app itself posted it."""
        return bool(message.body.get("bot_id") == self.team.bot_id)


def missing_scope(any_of: list[str], team: Workspace) -> Refusal:
    return Refusal("missing_scope", needed=",".join(any_of), provided=",".join(sorted(team.scopes)))
