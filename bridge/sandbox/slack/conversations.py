"""conversations.*: what the app can learn of channels, and reading messages back page by page."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from bridge.sandbox.slack.ask import Ask
from bridge.sandbox.slack.model import Channel, Json, Message, Refusal
from bridge.sandbox.slack.posts import shown, stands

_MOST = 999
_USUAL = 100


def info(ask: Ask) -> Json:
    """conversations.info"""
    channel = ask.channel()
    ask.need(f"{channel.scope_family}:read")
    described = describe(ask, channel)
    if ask.get("include_num_members"):
        described["num_members"] = len(channel.members)
    return {"channel": described}


def describe(ask: Ask, channel: Channel) -> Json:
    """A channel in the shape that conversations.* answer with."""
    if channel.dm_with is not None:
        return {"id": channel.id, "created": 1, "is_im": True, "is_org_shared": False, "user": channel.dm_with}
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": not channel.private,
        "is_group": channel.private,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.private,
        "created": 1,
        "is_archived": channel.archived,
        "is_general": False,
        "is_frozen": False,
        "is_member": ask.is_member(channel),
        "is_shared": channel.shared,
        "is_ext_shared": channel.shared,
        "is_org_shared": False,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": ask.team.id,
        "shared_team_ids": [ask.team.id],
        "creator": next(iter(ask.team.people), ""),
        "topic": {"value": "", "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "previous_names": [],
    }


def history(ask: Ask) -> Json:
    """conversations.history: roots and replies also sent to the channel, newest first."""
    channel = _readable(ask)
    found = [m for m in channel.messages.values() if stands(m) and (m.broadcast or not m.is_reply)]
    newest_first = [m for m in reversed(found) if _within(ask, m)]
    return _messages(ask, channel, newest_first)


def replies(ask: Ask) -> Json:
    """conversations.replies: the root, then its replies, oldest first."""
    channel = _readable(ask)
    asked = channel.messages.get(str(ask.get("ts")))
    if asked is None or not stands(asked):
        raise Refusal("thread_not_found")
    root = channel.messages[asked.root_ts]
    found = [m for m in channel.replies(asked.root_ts) if _within(ask, m)]
    return _messages(ask, channel, [root, *found] if stands(root) else found)


def members(ask: Ask) -> Json:
    """conversations.members"""
    channel = ask.channel()
    ask.need(f"{channel.scope_family}:read")
    page, cursor = paged(ask, sorted(channel.members))
    return {"members": page, "response_metadata": {"next_cursor": cursor}}


def join(ask: Ask) -> Json:
    """conversations.join: public channels only."""
    channel = ask.channel()
    if channel.private:
        raise Refusal("method_not_supported_for_channel_type")
    if channel.archived:
        raise Refusal("is_archived")
    channel.members.add(ask.team.bot_user_id)
    ask.core.announce("channel", team_id=ask.team.id, channel=channel.id)
    return {"channel": describe(ask, channel)}


def open_dm(ask: Ask) -> Json:
    """conversations.open: direct messages with one person; groups of people are not played here."""
    ask.need("im:write")
    if "channel" in ask.args:
        channel = ask.channel()
        return {"channel": {"id": channel.id}}
    users = [u for u in str(ask.get("users", "")).split(",") if u]
    if not users:
        raise Refusal("users_list_not_supplied")
    if len(users) > 1:
        raise Refusal("too_many_users")
    person = ask.team.people.get(users[0])
    if person is None:
        raise Refusal("user_not_found")
    if person.deleted:
        raise Refusal("user_disabled")
    return {"channel": _opened(ask, ask.core.direct_messages(ask.team, person.id))}


def paged(ask: Ask, items: Sequence[Any], usual: int = _USUAL) -> tuple[list[Any], str]:
    """One page of a list and the cursor to the next, which is empty on the last page."""
    limit = int(ask.get("limit") or usual)
    if not 1 <= limit <= _MOST + 1:
        raise Refusal("invalid_arguments", ["[ERROR] limit must be between 1 and 1000"])
    start = _position(str(ask.get("cursor") or ""))
    rest = len(items) > start + limit
    return list(items[start : start + limit]), _cursor(start + limit) if rest else ""


def _opened(ask: Ask, channel: Channel) -> Json:
    return describe(ask, channel) if ask.get("return_im") else {"id": channel.id}


def _readable(ask: Ask) -> Channel:
    """A channel whose messages the app may read."""
    channel = ask.channel()
    ask.need(f"{channel.scope_family}:history")
    if not ask.is_member(channel):
        # conversations.replies has no error of its own for this
        raise Refusal("not_in_channel" if "ts" not in ask.args else "channel_not_found")
    return channel


def _within(ask: Ask, message: Message) -> bool:
    """Whether the message lies between oldest and latest, which are exclusive unless `inclusive`."""
    at, inclusive = _time(message.ts, ""), bool(ask.get("inclusive"))
    oldest = _time(ask.get("oldest", "0"), "invalid_ts_oldest")
    latest = _time(ask.get("latest", "99999999999"), "invalid_ts_latest")
    return oldest < at < latest or (inclusive and at in (oldest, latest))


def _time(ts: str, error: str) -> int:
    """A ts as whole microseconds: as a float, neighbours would be the same."""
    try:
        seconds, _, fraction = ts.partition(".")
        return int(seconds) * 1_000_000 + int((fraction or "0").ljust(6, "0")[:6])
    except ValueError:
        raise Refusal(error) from None


def _messages(ask: Ask, channel: Channel, found: list[Message]) -> Json:
    page, cursor = paged(ask, found)
    wanted = bool(ask.get("include_all_metadata"))
    answer: Json = {
        "messages": [shown(channel, m, with_metadata=wanted) for m in page],
        "has_more": bool(cursor),
        "pin_count": 0,
    }
    return {**answer, "response_metadata": {"next_cursor": cursor}} if cursor else answer


def _cursor(position: int) -> str:
    return base64.b64encode(f"next:{position}".encode()).decode()


def _position(cursor: str) -> int:
    if not cursor:
        return 0
    try:
        word, _, position = base64.b64decode(cursor, validate=True).decode().partition(":")
        if word == "next":
            return int(position)
    except (binascii.Error, ValueError):
        pass
    raise Refusal("invalid_cursor")
