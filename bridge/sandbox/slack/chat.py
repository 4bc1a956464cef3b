"""chat.* and reactions.*: what the app says, changes, takes back and marks."""

import re

from bridge.sandbox.slack import posts
from bridge.sandbox.slack.ask import Ask
from bridge.sandbox.slack.content import MOST_TEXT, MOST_UPDATED_TEXT, author, content, metadata
from bridge.sandbox.slack.emoji import CODE_POINTS
from bridge.sandbox.slack.model import Channel, Json, Message, Refusal

_TIMESTAMP = re.compile(r"^\d+\.\d+$")


def post_message(ask: Ask) -> Json:
    """chat.postMessage, to a channel or, by user id, to a person."""
    channel = _postable(ask)
    said = content(ask, "msg_blocks_too_long")
    truncated = len(said["text"]) > MOST_TEXT
    said["text"] = said["text"][:MOST_TEXT]
    message = posts.place(
        ask.core,
        ask.team,
        channel,
        {**author(ask), **said},
        thread_ts=ask.get("thread_ts"),
        broadcast=bool(ask.get("reply_broadcast")),
        metadata=metadata(ask),
    )
    body = posts.shown(channel, message, with_metadata=True)
    answer = {"channel": channel.id, "ts": message.ts, "message": body}
    return {**answer, "response_metadata": {"warnings": ["message_truncated"]}} if truncated else answer


def update(ask: Ask) -> Json:
    """chat.update: only the app's own messages; metadata that is not given stays."""
    channel, message = _own_message(ask, "cant_update_message")
    if channel.archived:
        raise Refusal("is_inactive")
    if len(ask.get("text") or "") > MOST_UPDATED_TEXT:
        raise Refusal("msg_too_long")
    said = content(ask, "msg_too_long")
    message.metadata = metadata(ask) or message.metadata
    changes = {"blocks": None, "attachments": None, **said}
    posts.change(ask.core, ask.team, channel, message, changes, ask.team.bot_user_id)
    body = posts.shown(channel, message)
    return {"channel": channel.id, "ts": message.ts, "text": message.body["text"], "message": body}


def delete(ask: Ask) -> Json:
    """chat.delete: only the app's own messages."""
    channel, message = _own_message(ask, "cant_delete_message")
    posts.remove(ask.core, ask.team, channel, message)
    return {"channel": channel.id, "ts": message.ts}


def post_ephemeral(ask: Ask) -> Json:
    """chat.postEphemeral: seen by one member of the channel, stored nowhere."""
    channel = _postable(ask)
    if ask.get("user") not in channel.members:
        raise Refusal("user_not_in_channel")
    said = content(ask, "msg_too_long")
    if len(said["text"]) > MOST_TEXT:
        raise Refusal("msg_too_long")
    body = {**author(ask), **said, "thread_ts": ask.get("thread_ts")}
    return {"message_ts": posts.show_ephemeral(ask.core, ask.team, channel, str(ask.get("user")), body)}


def get_permalink(ask: Ask) -> Json:
    """chat.getPermalink; a reply's link names its thread."""
    channel = ask.channel()
    message = ask.message(channel, ask.get("message_ts"))
    link = f"https://{ask.team.domain}.slack.com/archives/{channel.id}/p{message.ts.replace('.', '')}"
    if message.is_reply:
        link += f"?thread_ts={message.root_ts}&cid={channel.id}"
    return {"channel": channel.id, "permalink": link}


def add_reaction(ask: Ask) -> Json:
    """reactions.add"""
    message, name, by = _reaction(ask)
    if ask.team.bot_user_id in by:
        raise Refusal("already_reacted")
    message.reactions.setdefault(name, []).append(ask.team.bot_user_id)
    ask.core.announce("reaction", team_id=ask.team.id, channel=ask.get("channel"), ts=message.ts)
    return {}


def remove_reaction(ask: Ask) -> Json:
    """reactions.remove: only the app's own."""
    message, name, by = _reaction(ask)
    if ask.team.bot_user_id not in by:
        raise Refusal("no_reaction")
    by.remove(ask.team.bot_user_id)
    if not by:
        del message.reactions[name]
    ask.core.announce("reaction", team_id=ask.team.id, channel=ask.get("channel"), ts=message.ts)
    return {}


def _reaction(ask: Ask) -> tuple[Message, str, list[str]]:
    """The message, the emoji's name, and who used it so far."""
    if "channel" not in ask.args or "timestamp" not in ask.args:
        raise Refusal("no_item_specified")
    name = str(ask.get("name"))
    if name.partition("::")[0] not in CODE_POINTS.keys() | ask.team.custom_emoji:
        raise Refusal("invalid_name")
    if not _TIMESTAMP.match(str(ask.get("timestamp"))):
        raise Refusal("bad_timestamp")
    channel = ask.channel()
    if not ask.is_member(channel):
        raise Refusal("channel_not_found")
    if channel.archived:
        raise Refusal("is_archived")
    message = ask.message(channel, ask.get("timestamp"))
    return message, name, message.reactions.get(name, [])


def _postable(ask: Ask) -> Channel:
    """Where the app may post: channels it is in, public ones with chat:write.public, people."""
    target = str(ask.get("channel"))
    if target[:1] in ("U", "W"):
        person = ask.team.people.get(target)
        if person is None or person.deleted or person.bot:
            raise Refusal("channel_not_found")
        return ask.core.direct_messages(ask.team, target)
    channel = ask.channel()
    if channel.archived:
        raise Refusal("is_archived")
    if not ask.is_member(channel) and "chat:write.public" not in ask.team.scopes:
        raise Refusal("not_in_channel")
    return channel


def _own_message(ask: Ask, not_own: str) -> tuple[Channel, Message]:
    channel = ask.channel()
    if not ask.is_member(channel):
        raise Refusal("channel_not_found")
    message = ask.message(channel, ask.get("ts"))
    if message.is_tombstone:
        raise Refusal("message_not_found")
    if not ask.is_own(message):
        raise Refusal(not_own)
    return channel, message
