"""Messages come, change and go the same way whether a person or the app acts; the app hears of each as an event."""

import copy
from typing import TYPE_CHECKING

from bridge.sandbox.slack import events
from bridge.sandbox.slack.model import Channel, Json, Message, Workspace

if TYPE_CHECKING:
    from bridge.sandbox.slack.core import Core


def place(
    core: "Core",
    team: Workspace,
    channel: Channel,
    body: Json,
    *,
    thread_ts: str | None = None,
    broadcast: bool = False,
    metadata: Json | None = None,
) -> Message:
    """Put a message into the channel, in the thread if that still stands, else at the root without a word."""
    root = _standing_root(channel, thread_ts)
    body = {"type": "message", **body, "ts": core.new_ts()}
    if root is not None:
        body["thread_ts"] = root.ts
        body["parent_user_id"] = root.body.get("user") or root.body.get("bot_id")
    message = Message(body, metadata, broadcast=broadcast and root is not None)
    if message.broadcast:
        body.setdefault("subtype", "thread_broadcast")
    channel.messages[message.ts] = message
    core.announce("message", team_id=team.id, channel=channel.id, ts=message.ts, thread_ts=body.get("thread_ts"))
    core.publish(team, events.message_posted(channel, message), channel)
    return message


def change(core: "Core", team: Workspace, channel: Channel, message: Message, changes: Json, editor: str) -> None:
    """Replace parts of a message; a part given as None goes."""
    previous = {**message.body, **events.thread_summary(channel, message)}
    ts = core.new_ts()
    kept = {**message.body, **changes, "edited": {"user": editor, "ts": ts}}
    message.body = {key: value for key, value in kept.items() if value is not None}
    core.announce("message_changed", team_id=team.id, channel=channel.id, ts=message.ts)
    core.publish(team, events.message_changed(channel, message, previous, ts), channel)


def remove(core: "Core", team: Workspace, channel: Channel, message: Message) -> None:
    """Delete a message; a root with replies leaves a tombstone, which goes with its last reply."""
    previous = {**message.body, **events.thread_summary(channel, message)}
    ts = core.new_ts()
    message.deleted = True
    if not message.is_reply and channel.replies(message.ts):
        message.body = _tombstone(message.ts)
        event = events.message_changed(channel, message, previous, ts)
    else:
        event = events.message_deleted(channel, message, previous, ts)
    core.announce("message_deleted", team_id=team.id, channel=channel.id, ts=message.ts)
    core.publish(team, event, channel)
    _clear_empty_tombstone(core, team, channel, message.root_ts)


def shown(channel: Channel, message: Message, *, with_metadata: bool = False) -> Json:
    """A message as conversations.history and replies show it."""
    body = {**copy.deepcopy(message.body), **events.thread_summary(channel, message)}
    if message.reactions:
        body["reactions"] = message.reaction_list()
    if with_metadata and message.metadata is not None:
        body["metadata"] = message.metadata
    return body


def show_ephemeral(core: "Core", team: Workspace, channel: Channel, user_id: str, body: Json) -> str:
    """Keep what only one person sees, for tests and the page to look at; returns its ts."""
    ts = core.new_ts()
    where = {"type": "message", "ts": ts, "channel": channel.id, "user": user_id, "is_ephemeral": True}
    team.ephemerals.append({**{key: value for key, value in body.items() if value is not None}, **where})
    core.announce("ephemeral", team_id=team.id, channel=channel.id, user=user_id, ts=ts)
    return ts


def stands(message: Message) -> bool:
    """Whether Slack still shows something in its place."""
    return not message.deleted or message.is_tombstone


def with_ids(core: "Core", blocks: list[Json]) -> list[Json]:
    """The blocks with the block ids and action ids that Slack makes up where the app gave none."""
    blocks = copy.deepcopy(blocks)
    for block in blocks:
        block.setdefault("block_id", core.new_id("b")[:5])
        for element in interactive(block):
            element.setdefault("action_id", core.new_id("a")[:5])
    return blocks


def interactive(block: Json) -> list[Json]:
    """The elements of a block that a person can use."""
    candidates = [block.get("accessory"), block.get("element"), *(block.get("elements") or [])]
    if block.get("type") not in ("section", "actions", "input", "context_actions"):
        return []
    return [c for c in candidates if isinstance(c, dict) and c.get("type") != "image"]


def _standing_root(channel: Channel, thread_ts: str | None) -> Message | None:
    root = channel.messages.get(thread_ts or "")
    if root is None or root.is_reply or not stands(root):
        return None
    return root


def _tombstone(ts: str) -> Json:
    return {
        "type": "message",
        "subtype": "tombstone",
        "text": "This message was deleted.",
        "user": "USLACKBOT",
        "hidden": True,
        "ts": ts,
        "thread_ts": ts,
    }


def _clear_empty_tombstone(core: "Core", team: Workspace, channel: Channel, root_ts: str) -> None:
    root = channel.messages.get(root_ts)
    if root is not None and root.is_tombstone and not channel.replies(root_ts):
        previous, ts = dict(root.body), core.new_ts()
        del root.body["subtype"]  # nothing stands in its place any more
        core.publish(team, events.message_deleted(channel, root, previous, ts), channel)
