"""The heart of the pretend Slack: its settings, its memory, and how it finds things in it."""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable

from bridge.sandbox.slack.deliveries import Postman
from bridge.sandbox.slack.events import envelope, subscription_of
from bridge.sandbox.slack.faults import Faults
from bridge.sandbox.slack.limits import Limits
from bridge.sandbox.slack.manifest import Manifest
from bridge.sandbox.slack.model import Call, Channel, Delivery, Json, Person, Workspace
from bridge.sandbox.slack.triggers import Triggers

# What an app like this one subscribes to. Reactions and direct messages are not among it.
SUBSCRIPTIONS = frozenset(
    {
        "app_home_opened",
        "app_uninstalled",
        "channel_archive",
        "channel_deleted",
        "channel_id_changed",
        "channel_shared",
        "channel_unarchive",
        "channel_unshared",
        "group_archive",
        "group_deleted",
        "group_unarchive",
        "member_joined_channel",
        "member_left_channel",
        "message.channels",
        "message.groups",
        "tokens_revoked",
    }
)

Hook = Callable[[Call], Awaitable[None]]


class Core:
    """Settings that tests turn, and the state that all parts read and change."""

    def __init__(self, *, signing_secret: str, request_url: str | None = None) -> None:
        self.signing_secret = signing_secret
        self.request_url = request_url
        self.url = ""
        self.duplicates = 0
        self.phantom = 0
        self.disorder = False
        self.disorder_window = 0.05
        self.retry_delays: tuple[float, ...] = (0.05, 0.2, 0.5)
        self.timeout = 3.0
        self.rate_limits = False
        self.trigger_seconds = 3.0
        self.subscriptions: set[str] = set(SUBSCRIPTIONS)
        self.manifest: Manifest | None = None  # without one, every command and shortcut is known
        self.clock: Callable[[], float] = time.time
        self.date_ahead = 0.0  # seconds that the Date of every answer is ahead
        self.on_call: Hook | None = None
        self.after_call: Hook | None = None
        self.workspaces: dict[str, Workspace] = {}
        self.calls: list[Call] = []
        self.deliveries: list[Delivery] = []
        self.faults = Faults()
        self.limits = Limits()
        self.triggers = Triggers()
        self.stopping = asyncio.Event()
        self.watchers: set[asyncio.Queue[Json | None]] = set()
        self.postman = Postman(self)
        self.offered: dict[tuple[str, str], list[Json]] = {}
        self._last_ts = 0

    @property
    def api_url(self) -> str:
        """The base URL for a Web API client."""
        return f"{self.url}/api/"

    def new_ts(self) -> str:
        """A message timestamp, later than every one before it."""
        self._last_ts = max(self._last_ts + 1, int(self.clock() * 1_000_000))
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_id(self, prefix: str) -> str:
        """An identifier that looks like Slack's."""
        return prefix + secrets.token_hex(5).upper()

    def workspace(self, team_id: str) -> Workspace:
        if team_id not in self.workspaces:
            raise LookupError(f"no workspace {team_id}: add_workspace first")
        return self.workspaces[team_id]

    def channel(self, team_id: str, channel_id: str) -> Channel:
        channel = self.workspace(team_id).channels.get(channel_id)
        if channel is None:
            raise LookupError(f"no channel {channel_id} in {team_id}")
        return channel

    def person(self, team_id: str, user_id: str) -> Person:
        person = self.workspace(team_id).people.get(user_id)
        if person is None:
            raise LookupError(f"nobody is {user_id} in {team_id}: add_person first")
        return person

    def direct_messages(self, team: Workspace, user_id: str) -> Channel:
        """The direct messages between the bot and a person, opened when there are none yet."""
        channel_id = f"D{user_id[1:]}"
        members = {user_id, team.bot_user_id}
        return team.channels.setdefault(
            channel_id, Channel(channel_id, "directmessage", private=True, members=members, dm_with=user_id)
        )

    def announce(self, kind: str, **what: object) -> None:
        """Tell those who watch /_/events that something changed."""
        for watcher in self.watchers:
            watcher.put_nowait({"kind": kind, **what})

    def publish(
        self, team: Workspace, event: Json, channel: Channel | None = None, *, even_without_token: bool = False
    ) -> None:
        """Queue an event for the app, if the app subscribed to it and may see it."""
        blind = channel is not None and not self._sees(team, event, channel)
        revoked = team.refused_with is not None and not even_without_token
        if self.request_url is None or blind or revoked:
            return
        if subscription_of(event) in self.subscriptions:
            lane = channel.id if channel else "-"
            self.postman.queue(envelope(self, team, event, channel), f"{team.id}/{lane}")

    def _sees(self, team: Workspace, event: Json, channel: Channel) -> bool:
        """Whether the app is in the channel and has the scope that the event takes."""
        scope = f"{channel.scope_family}:{'history' if event['type'] == 'message' else 'read'}"
        return team.bot_user_id in channel.members and scope in team.scopes
