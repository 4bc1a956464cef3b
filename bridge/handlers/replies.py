"""What people write in threads: new messages, edits, deletions."""

from typing import Any

from slack_bolt.async_app import AsyncBoltContext

from bridge.services import alterations, replies
from bridge.services.alterations import Alteration, Version
from bridge.services.replies import Reply
from bridge.store.database import patiently

PATIENCE = 2.2  # seconds; Slack gives up after three and sends it again
ASIDE = "me_message"  # typed with /me: about the conversation, not to the lead
RELAYED = {None, "file_share", "thread_broadcast", ASIDE}
ALTERED = {"message_changed", "message_deleted"}


async def on_message(body: dict[str, Any], event: dict[str, Any], context: AsyncBoltContext) -> None:
    """One listener owns every kind of message: what it does not relay it answers with 200 all the same."""
    subtype = event.get("subtype")
    if subtype in ALTERED:
        await _altered(body, event, context)
    elif subtype in RELAYED and not event.get("bot_id") and event.get("user") and _in_thread(event):
        reply = _reply(body, event, context)
        await patiently(
            lambda: replies.relay(context["deps"], context["firm"], reply, context["now"]), seconds=PATIENCE
        )


def _in_thread(event: dict[str, Any]) -> bool:
    return bool(event.get("thread_ts")) and event["thread_ts"] != event.get("ts")


def _reply(body: dict[str, Any], event: dict[str, Any], context: AsyncBoltContext) -> Reply:
    home = event.get("user_team") or event.get("source_team") or event.get("team") or context.team_id
    return Reply(
        channel_id=event["channel"],
        user_id=event["user"],
        ts=event["ts"],
        thread_ts=event["thread_ts"],
        text=event.get("text") or "",
        blocks=event.get("blocks") or [],
        files=event.get("files") or [],
        client_msg_id=event.get("client_msg_id"),
        event_id=str(body.get("event_id")),
        is_outsider=home != context.team_id,
        is_aside=event.get("subtype") == ASIDE,
        taken_in=context["now"].timestamp(),
        parent_id=event.get("parent_user_id"),
    )


async def _altered(body: dict[str, Any], event: dict[str, Any], context: AsyncBoltContext) -> None:
    is_deleted = event["subtype"] == "message_deleted" or _is_tombstone(event)
    before = event.get("previous_message") or {}
    after = event.get("message") or {}
    if not is_deleted and (after.get("bot_id") or before.get("text") == after.get("text")):
        return  # an app changed its own words, or a link preview was added: nobody changed theirs
    ts = event.get("deleted_ts") or after.get("ts") or before.get("ts")
    if not ts:
        return
    change = Alteration(
        channel_id=event["channel"],
        ts=ts,
        thread_ts=after.get("thread_ts") or before.get("thread_ts"),
        at=event.get("event_ts") or event.get("ts") or str(body.get("event_id")),
        is_deletion=is_deleted,
        before=_version(before),
        after=_version({} if is_deleted else after),
        by_id=None if is_deleted else (after.get("edited") or {}).get("user"),
    )
    deps, firm, now = context["deps"], context["firm"], context["now"]
    await patiently(lambda: alterations.take_in(deps, firm, change, now), seconds=PATIENCE)


def _version(message: dict[str, Any]) -> Version:
    return Version(message.get("text") or "", message.get("blocks") or [])


def _is_tombstone(event: dict[str, Any]) -> bool:
    """A deleted root that has replies stays as a placeholder, and Slack tells it as a change."""
    return (event.get("message") or {}).get("subtype") == "tombstone"
