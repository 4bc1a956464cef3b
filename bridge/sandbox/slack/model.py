"""What the pretend Slack remembers: workspaces, people, channels, messages, files, and what passed between."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Json = dict[str, Any]

# What the app's own manifest asks for at the least; team:read, for one, is not in it.
DEFAULT_SCOPES = (
    "chat:write",
    "chat:write.customize",
    "commands",
    "channels:history",
    "channels:join",
    "channels:read",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:write",
    "reactions:write",
    "users:read",
)

# The team that people from outside, met in a Slack Connect channel, belong to.
STRANGERS_TEAM = "T0STRANGERS"


@dataclass
class Person:
    """A user of one workspace, or a stranger that it sees through a shared channel."""

    team_id: str
    id: str
    name: str
    admin: bool = False
    owner: bool = False
    guest: Literal["single", "multi"] | None = None
    stranger: bool = False
    bot: bool = False
    deleted: bool = False
    tz: str = "America/New_York"
    email: str | None = None

    @property
    def home_team(self) -> str:
        """The workspace that the person signs in to."""
        return STRANGERS_TEAM if self.stranger else self.team_id


@dataclass
class Message:
    """A message as Slack shows it, with what Slack shows only when asked."""

    body: Json
    metadata: Json | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    deleted: bool = False
    broadcast: bool = False

    @property
    def ts(self) -> str:
        return str(self.body["ts"])

    @property
    def root_ts(self) -> str:
        """The ts of the thread that this message opens or belongs to."""
        return str(self.body.get("thread_ts") or self.ts)

    @property
    def is_reply(self) -> bool:
        return self.root_ts != self.ts

    @property
    def is_tombstone(self) -> bool:
        """A deleted root whose replies still stand."""
        return self.body.get("subtype") == "tombstone"

    def reaction_list(self) -> list[Json]:
        """The reactions in the shape that Slack's answers use."""
        return [{"name": name, "users": list(by), "count": len(by)} for name, by in self.reactions.items()]


@dataclass
class Channel:
    """A channel, private channel or direct message of one workspace."""

    id: str
    name: str
    private: bool = False
    members: set[str] = field(default_factory=set)
    shared: bool = False
    archived: bool = False
    deleted: bool = False
    dm_with: str | None = None
    messages: dict[str, Message] = field(default_factory=dict)
    seen: dict[str, str] = field(default_factory=dict)  # up to which ts each person has looked

    @property
    def kind(self) -> Literal["channel", "group", "im"]:
        """The word of events: channel_type."""
        if self.dm_with is not None:
            return "im"
        return "group" if self.private else "channel"

    @property
    def scope_family(self) -> str:
        """The word that scopes begin with: channels:history, groups:history, im:history."""
        return "im" if self.dm_with is not None else f"{self.kind}s"

    def replies(self, root_ts: str) -> list[Message]:
        """The replies of a thread that still stand."""
        return [m for m in self.messages.values() if m.is_reply and m.root_ts == root_ts and not m.deleted]


@dataclass
class PretendFile:
    """A file; a test gives name and content, the pretend Slack fills in the rest."""

    name: str
    content: bytes = b""
    mimetype: str = ""
    title: str = ""
    id: str = ""
    team_id: str = ""
    user: str = ""
    channel: str = ""
    thread_ts: str | None = None
    message_ts: str | None = None
    created: int = 0
    expected_length: int | None = None
    completed: bool = False


@dataclass
class View:
    """An open modal or a Home tab: what the app sent, and what the person typed into it."""

    body: Json
    user_id: str
    values: Json = field(default_factory=dict)

    @property
    def id(self) -> str:
        return str(self.body["id"])

    def shown(self) -> Json:
        """The view with its state, as payloads and answers carry it."""
        return {**self.body, "state": {"values": self.values}}


@dataclass
class Workspace:
    """One workspace with the app installed, its token, and all that is in it."""

    id: str
    name: str
    bot_token: str
    bot_user_id: str
    bot_id: str
    app_id: str
    scopes: set[str]
    refused_with: str | None = None  # what its token is answered with once it is revoked
    custom_emoji: set[str] = field(default_factory=set)
    people: dict[str, Person] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    ephemerals: list[Json] = field(default_factory=list)
    chosen: dict[tuple[str, str, str], Json] = field(default_factory=dict)  # in messages: by user, channel and ts
    modals: dict[str, list[View]] = field(default_factory=dict)
    homes: dict[str, View] = field(default_factory=dict)
    files: dict[str, PretendFile] = field(default_factory=dict)

    @property
    def domain(self) -> str:
        return "".join(c if c.isalnum() else "-" for c in self.name.lower()).strip("-") or "workspace"


@dataclass
class Call:
    """One Web API call. `status` is None while it is under way and when the connection was cut."""

    method: str
    team_id: str | None
    args: Json
    at: float
    token_ok: bool = False
    status: int | None = None
    answer_error: str | None = None
    performed: bool = False
    ms: float | None = None  # until it was answered


@dataclass
class Delivery:
    """One request that we sent to the app. `status` is None when no answer came; `reason` then says why."""

    kind: str
    team_id: str
    event_id: str | None
    attempt: int
    payload: Json
    at: float
    status: int | None = None
    reason: str | None = None
    ms: float = 0.0


@dataclass
class DeliveryResult:
    """What the app answered to a click, command, submission or option query.

    `status` is 0 when nothing was sent or nothing came back. `problem` is what the Slack client would show the
    person as an error, None when the answer was good.
    """

    status: int = 0
    text: str = ""
    problem: str | None = None
    ms: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def json(self) -> Any:
        """The answer as JSON, None when it is empty or no JSON."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None

    def as_json(self) -> Json:
        return {**asdict(self), "json": self.json}


class FieldErrors(ValueError):
    """What Slack's client finds wrong in a form, by the block of each field; nothing was sent."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__("; ".join(f"{block_id}: {why}" for block_id, why in fields.items()))
        self.fields = fields


class Refusal(Exception):
    """The Web API answers ok: false with this error."""

    def __init__(self, error: str, messages: Iterable[str] = (), **extra: Any) -> None:
        super().__init__(error)
        self.error = error
        self.messages = list(messages)
        self.extra = extra
