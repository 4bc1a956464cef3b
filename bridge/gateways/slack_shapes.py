"""What Slack's answers are turned into: a few frozen values, so that nothing above knows its package.

Each `of_*` raises KeyError, TypeError or AttributeError for an answer that does not hold what it must.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bridge.gateways.calls import compare_clocks

_SLACKBOT = "USLACKBOT"  # a user like any other in the API, except for this id


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose token this is and what it may do."""

    team_id: str
    team_name: str
    bot_user_id: str
    bot_id: str
    scopes: frozenset[str]
    ahead: float | None = field(default=None, compare=False)  # seconds that our clock is ahead of Slack's


@dataclass(frozen=True, slots=True)
class Posted:
    """A message that stands in Slack."""

    ts: str
    thread_ts: str | None  # of the thread that it is in; None for one in the channel itself, a root too
    channel: str


@dataclass(frozen=True, slots=True)
class Person:
    """A user as users.info tells it."""

    user_id: str
    name: str = field(repr=False)
    team_id: str  # of the workspace that the person belongs to, which need not be the one asked
    is_admin: bool
    is_owner: bool
    is_guest: bool  # of one channel or of several
    is_stranger: bool  # of another workspace, seen through a shared channel
    is_bot: bool
    is_deleted: bool
    email: str = field(repr=False)  # "" without the scope users:read.email
    tz: str  # such as "America/New_York", "" when not told


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as conversations.info tells it."""

    id: str
    name: str
    is_private: bool
    is_member: bool  # whether the app is in it
    is_archived: bool
    is_shared: bool  # with another company, so that what is posted leaves this one


@dataclass(frozen=True, slots=True)
class Shown:
    """A modal or Home as it stands. `hash` guards an update against overtaking another one."""

    view_id: str
    hash: str


def of_identity(answer: Any, headers: Mapping[str, str]) -> Identity:
    """The answer of auth.test; the granted scopes come in a header."""
    scopes = (scope.strip() for scope in headers.get("x-oauth-scopes", "").split(","))
    return Identity(
        team_id=_text(answer["team_id"]),
        team_name=answer.get("team") or "",
        bot_user_id=_text(answer["user_id"]),
        bot_id=answer.get("bot_id") or "",
        scopes=frozenset(scope for scope in scopes if scope),
        ahead=compare_clocks("slack", headers),
    )


def of_message(message: Any, channel: str) -> Posted:
    """A message of an answer. Slack gives a root that has replies its own ts as thread_ts."""
    ts = _text(message["ts"])
    thread_ts = message.get("thread_ts")
    return Posted(ts, str(thread_ts) if thread_ts and thread_ts != ts else None, channel)


def of_person(user: Any) -> Person:
    """The user in an answer of users.info."""
    profile = user.get("profile") or {}
    names = (profile.get("display_name"), profile.get("real_name"), user.get("real_name"), user.get("name"))
    return Person(
        user_id=_text(user["id"]),
        name=next((name for name in names if name), user["id"]),
        team_id=user.get("team_id") or "",
        is_admin=bool(user.get("is_admin")),
        is_owner=bool(user.get("is_owner") or user.get("is_primary_owner")),
        is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
        is_stranger=bool(user.get("is_stranger")),
        is_bot=bool(user.get("is_bot") or user.get("is_workflow_bot")) or user["id"] == _SLACKBOT,
        is_deleted=bool(user.get("deleted")),
        email=profile.get("email") or "",
        tz=user.get("tz") or "",
    )


def of_channel(channel: Any) -> Channel:
    """The channel in an answer of conversations.info. A message channel to one person has no name."""
    return Channel(
        id=_text(channel["id"]),
        name=channel.get("name") or "",
        is_private=bool(channel.get("is_private") or channel.get("is_im") or channel.get("is_mpim")),
        is_member=bool(channel.get("is_member")),
        is_archived=bool(channel.get("is_archived")),
        is_shared=bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared")),
    )


def of_view(view: Any) -> Shown:
    """The view in an answer of views.*."""
    return Shown(_text(view["id"]), view.get("hash") or "")


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise TypeError("no text")
    return value
