"""Events in the shapes that Slack publishes, and the envelope they travel in."""

from typing import TYPE_CHECKING

from bridge.sandbox.slack.model import Channel, Json, Message, Workspace

if TYPE_CHECKING:
    from bridge.sandbox.slack.core import Core

_MESSAGE_SUBSCRIPTIONS = {"channel": "message.channels", "group": "message.groups", "im": "message.im"}


def subscription_of(event: Json) -> str:
    """The name in the manifest's bot_events that brings this event."""
    if event["type"] == "message":
        return _MESSAGE_SUBSCRIPTIONS[event["channel_type"]]
    return str(event["type"])


def envelope(core: "Core", team: Workspace, event: Json, channel: Channel | None = None) -> Json:
    """The outer event, one per delivery."""
    authorization = {
        "enterprise_id": None,
        "team_id": team.id,
        "user_id": team.bot_user_id,
        "is_bot": True,
        "is_enterprise_install": False,
    }
    return {
        "token": "retired-verification-token",
        "team_id": team.id,
        "context_team_id": team.id,
        "context_enterprise_id": None,
        "api_app_id": team.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": core.new_id("Ev"),
        "event_time": int(core.clock()),
        "authorizations": [authorization],
        "is_ext_shared_channel": channel is not None and channel.shared,
        "event_context": core.new_id("4-"),
    }


def message_posted(channel: Channel, message: Message) -> Json:
    """A message, as the app sees it for the first time."""
    event = {**message.body, **_where(channel, message.ts)}
    if message.broadcast:
        event["root"] = channel.messages[message.root_ts].body
    if channel.shared and "files" in event:
        event["files"] = [{"id": f["id"], "file_access": "check_file_info"} for f in event["files"]]
    return event


def message_changed(channel: Channel, message: Message, previous: Json, ts: str) -> Json:
    """An edit, by a person or by chat.update, and what becomes of a deleted root with replies."""
    body = {**message.body, **thread_summary(channel, message)}
    return {
        "type": "message",
        "subtype": "message_changed",
        "message": body,
        "previous_message": previous,
        "hidden": True,
        "ts": ts,
        **_where(channel, ts),
    }


def message_deleted(channel: Channel, message: Message, previous: Json, ts: str) -> Json:
    """A message that is gone."""
    return {
        "type": "message",
        "subtype": "message_deleted",
        "previous_message": previous,
        "deleted_ts": message.ts,
        "hidden": True,
        "ts": ts,
        **_where(channel, ts),
    }


def thread_summary(channel: Channel, message: Message) -> Json:
    """What Slack adds to a root that has replies."""
    if message.is_reply:
        return {}
    replies = channel.replies(message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(str(r.body.get("user") or r.body.get("bot_id")) for r in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users,
        "is_locked": False,
        "subscribed": True,
    }


def channel_changed(what: str, channel: Channel, user_id: str) -> Json:
    """channel_archive, group_deleted and the like: `what` is the second half of the name."""
    family = "group" if channel.private else "channel"
    return {"type": f"{family}_{what}", "channel": channel.id, "user": user_id}


def member_moved(what: str, team: Workspace, channel: Channel, user_id: str) -> Json:
    """member_joined_channel and member_left_channel."""
    letter = "G" if channel.private else "C"
    return {
        "type": f"member_{what}_channel",
        "user": user_id,
        "channel": channel.id,
        "channel_type": letter,
        "team": team.id,
    }


def home_opened(core: "Core", team: Workspace, user_id: str) -> Json:
    """The person looks at the app's Home tab."""
    event: Json = {
        "type": "app_home_opened",
        "user": user_id,
        "channel": core.direct_messages(team, user_id).id,
        "tab": "home",
        "event_ts": core.new_ts(),
    }
    home = team.homes.get(user_id)
    return event if home is None else {**event, "view": home.shown()}


def _where(channel: Channel, event_ts: str) -> Json:
    return {"channel": channel.id, "event_ts": event_ts, "channel_type": channel.kind}
