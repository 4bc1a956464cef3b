"""What happens to channels and to the app in them, and the slash command."""

from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncBoltContext

from bridge.handlers import imports, plans, start
from bridge.services import installs, members, overview
from bridge.store.database import patiently

PATIENCE = 2.2  # seconds of the three that Slack waits
ASKED = {
    "import": imports.on_command,
    "enable": plans.on_enable_command,
    "disable": plans.on_disable_command,
    "usage": plans.on_usage_command,
}

HELP = (
    "*Two-way SMS*\n"
    "Leads' texts arrive as threads; reply in a thread to text back.\n"
    "• Start a message with `//` or `note:`, or with a colleague's @name, to keep it inside.\n"
    "• `/sms new` starts a conversation; `/sms new dana` finds Dana first, `/sms new dana Hello!` writes to her.\n"
    "• `/sms import` brings in leads from a CSV file, for admins.\n"
    "• `/sms enable` and `/sms disable` turn two-way SMS on and off, for admins.\n"
    "• `/sms usage` shows how many texts of this month count, and what they cost.\n"
    "• `/sms status` shows whether texting is on, the number, and what waits.\n"
    "• `/sms help` shows this."
)


async def on_reachable(event: dict[str, Any], context: AsyncBoltContext) -> None:
    """A channel was unarchived, or somebody came in: when it is the app, what waited goes at once."""
    channel = event.get("channel")
    channel_id = channel.get("id") if isinstance(channel, dict) else channel
    is_about_us = event.get("type") != "member_joined_channel" or event.get("user") == context.bot_user_id
    if channel_id and is_about_us:
        await patiently(
            lambda: installs.channel_works_again(context["deps"], context["firm"], channel_id), seconds=PATIENCE
        )


async def on_renamed(event: dict[str, Any], context: AsyncBoltContext) -> None:
    """A channel was converted and has another id now."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    old, new = event.get("old_channel_id"), event.get("new_channel_id")
    at = str(event.get("event_ts"))
    if old and new and old != new:
        await patiently(lambda: installs.channel_renamed(deps, firm, old, new, at, now), seconds=PATIENCE)


async def on_revoked(context: AsyncBoltContext, event: dict[str, Any], body: dict[str, Any]) -> None:
    """The app was removed from the workspace, or its token revoked: only that workspace stops."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    told_at = str(body.get("event_time") or body.get("event_id"))
    removed_at = told_at if event["type"] == "app_uninstalled" else None
    await patiently(lambda: installs.revoked(deps, firm, now, removed_at=removed_at), seconds=PATIENCE)


async def on_sms(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext) -> None:
    """`/sms`: a new conversation, a table of leads, on and off, how things stand, or help."""
    word, _, rest = (command.get("text") or "").strip().partition(" ")
    word, told = word.lower(), HELP
    if word == "new":
        await start.on_command(ack, command, context, rest)
        return
    if word in ASKED:
        await ASKED[word](ack, command, context)
        return
    if word == "status":
        told = await _status(command["user_id"], context)
    elif word not in {"", "help"}:
        told = f"I don't know that one.\n{HELP}"
    await ack({"response_type": "ephemeral", "text": told})


async def _status(user_id: str, context: AsyncBoltContext) -> str:
    """Who was a member when last asked about is told even while neither Slack nor the database can be asked."""
    deps, firm, now = context["deps"], context["firm"], context["now"]
    refusal = None
    if not await members.is_member(deps, firm, user_id):
        refusal = await members.refuse(deps, firm, user_id, now)
    return refusal.sentence if refusal else await overview.status(deps, firm, now)
