"""Who and what there is: workspaces, people, channels, and the trouble that is ordered."""

import time
from collections.abc import Iterable
from typing import Any, Literal

from bridge.sandbox.slack.core import Core
from bridge.sandbox.slack.faults import Fault
from bridge.sandbox.slack.manifest import Manifest
from bridge.sandbox.slack.model import DEFAULT_SCOPES, Channel, Person, Workspace
from bridge.sandbox.slack.signing import signature_headers


class Setup(Core):
    """What a test or the demo arranges before anything happens."""

    def make_app(self, manifest: Manifest) -> None:
        """Make the app from its manifest, before it is installed: it can do what that asks for, and no more."""
        self.manifest = manifest
        self.subscriptions = set(manifest.events)

    def add_workspace(
        self,
        team_id: str,
        *,
        name: str,
        bot_token: str,
        bot_user_id: str,
        bot_id: str,
        app_id: str = "A0BRIDGE",
        scopes: Iterable[str] | None = None,
        custom_emoji: Iterable[str] = (),
    ) -> None:
        """A workspace with the app installed, with these scopes or the manifest's; its bot user is a person."""
        if scopes is None:
            scopes = self.manifest.scopes if self.manifest else DEFAULT_SCOPES
        team = Workspace(team_id, name, bot_token, bot_user_id, bot_id, app_id, set(scopes))
        team.custom_emoji = set(custom_emoji)
        self.workspaces[team_id] = team
        self.add_person(team_id, bot_user_id, "bridge", bot=True)

    def add_person(
        self,
        team_id: str,
        user_id: str,
        name: str,
        *,
        admin: bool = False,
        owner: bool = False,
        guest: Literal["single", "multi"] | None = None,
        stranger: bool = False,
        bot: bool = False,
        deleted: bool = False,
        tz: str = "America/New_York",
        email: str | None = None,
    ) -> None:
        """A person of the workspace, or again with other traits: they change at once."""
        person = Person(team_id, user_id, name, admin, owner, guest, stranger, bot, deleted, tz, email)
        self.workspace(team_id).people[user_id] = person
        self.announce("person", team_id=team_id, user=user_id)

    def add_channel(
        self,
        team_id: str,
        channel_id: str,
        name: str,
        *,
        private: bool = False,
        members: Iterable[str] = (),
        bot_member: bool = True,
        shared: bool = False,
    ) -> None:
        """A channel. Members are those named; whoever speaks in it joins it."""
        team = self.workspace(team_id)
        everyone = {*members, team.bot_user_id} if bot_member else set(members)
        team.channels[channel_id] = Channel(channel_id, name, private, everyone, shared)
        self.announce("channel", team_id=team_id, channel=channel_id)

    def fail(
        self,
        method: str,
        *,
        times: int | None = 1,
        status: int | None = None,
        error: str | None = None,
        retry_after: int | float | None = None,
        body: str | bytes | None = None,
        content_type: str | None = None,
        accept_first: bool = False,
        hang: float | None = None,
        drop: bool = False,
        channel: str | None = None,
        team_id: str | None = None,
    ) -> None:
        """Answer the next fitting calls with trouble. "*" is any method; `times=None` lasts until clear_faults().

        "download" is no method of Slack's: it means the files that people posted.

        `accept_first` performs the call and then fails. `hang` waits before answering; alone, the real answer
        comes late, and a caller that gave up meanwhile has done nothing, unless `accept_first`. `drop` cuts the
        connection.
        """
        ordered: dict[str, Any] = {
            "times": times,
            "status": status,
            "error": error,
            "retry_after": retry_after,
            "body": body,
            "content_type": content_type,
            "accept_first": accept_first,
            "hang": hang,
            "drop": drop,
            "channel": channel,
            "team_id": team_id,
        }
        self.faults.add(Fault(method, **ordered))

    def clear_faults(self) -> None:
        """Everything works again."""
        self.faults.clear()

    def sign(self, body: bytes, timestamp: int | str | None = None) -> dict[str, str]:
        """The signature headers for a body, for now unless another timestamp is given."""
        return signature_headers(self.signing_secret, body, int(time.time()) if timestamp is None else timestamp)
