"""What a message says: text, blocks, attachments, metadata, as chat.* take and refuse them."""

import json

from bridge.sandbox.slack.ask import Ask
from bridge.sandbox.slack.blocks import MOST_CHARACTERS, MOST_MARKDOWN, characters, check_blocks
from bridge.sandbox.slack.model import Json, Refusal
from bridge.sandbox.slack.posts import with_ids

MOST_TEXT = 40_000
MOST_UPDATED_TEXT = 4_000
MOST_METADATA = 16 * 1024
MOST_ATTACHMENTS = 100


def content(ask: Ask, too_long: str) -> Json:
    """Text, blocks and attachments of a message; `too_long` is the error for blocks that carry too much."""
    markdown = ask.get("markdown_text")
    if markdown is not None and ("text" in ask.args or "blocks" in ask.args):
        raise Refusal("markdown_text_conflict")
    if len(markdown or "") > MOST_MARKDOWN:
        raise Refusal(too_long)
    text = ask.get("text") or markdown or ""
    found: Json = {"text": text}
    if blocks := checked_blocks(ask, too_long):
        found["blocks"] = blocks
    if attachments := _attachments(ask):
        found["attachments"] = attachments
    if not text.strip() and len(found) == 1:
        raise Refusal("no_text")
    return found


def checked_blocks(ask: Ask, too_long: str) -> list[Json]:
    """The blocks argument, with the ids that Slack adds; an empty list is as good as none."""
    blocks = ask.get("blocks")
    if blocks is None or blocks == []:
        return []
    if not isinstance(blocks, list):
        raise Refusal("invalid_blocks_format")
    if problems := check_blocks(blocks, "message"):
        raise Refusal("invalid_blocks", problems)
    if characters(blocks) > MOST_CHARACTERS:
        raise Refusal(too_long)
    return with_ids(ask.core, blocks)


def metadata(ask: Ask) -> Json | None:
    """The metadata argument: an event type and a payload."""
    given = ask.get("metadata")
    if given is None:
        return None
    if not isinstance(given, dict) or not isinstance(given.get("event_type"), str):
        raise Refusal("invalid_metadata_format")
    if not isinstance(given.get("event_payload"), dict):
        raise Refusal("invalid_metadata_format")
    if len(json.dumps(given)) > MOST_METADATA:
        raise Refusal("metadata_too_large")
    return given


def author(ask: Ask) -> Json:
    """Who the app's message is from: the bot user, or a name of its own choosing, which has no user."""
    team = ask.team
    customized = [name for name in ("username", "icon_url", "icon_emoji") if ask.get(name)]
    if customized:
        ask.need("chat:write.customize")
    common = {"bot_id": team.bot_id, "app_id": team.app_id, "team": team.id}
    if ask.get("username"):
        icons = {name.removeprefix("icon_"): ask.get(name) for name in customized if name != "username"}
        return {"subtype": "bot_message", "username": ask.get("username"), "icons": icons, **common}
    profile = {
        "id": team.bot_id,
        "app_id": team.app_id,
        "name": _bot_name(ask),
        "deleted": False,
        "team_id": team.id,
    }
    return {"user": team.bot_user_id, "bot_profile": profile, **common}


def _bot_name(ask: Ask) -> str:
    bot = ask.team.people.get(ask.team.bot_user_id)
    return bot.name if bot else "bridge"


def _attachments(ask: Ask) -> list[Json]:
    attachments = ask.get("attachments") or []
    if not isinstance(attachments, list):
        raise Refusal("invalid_arguments", ["[ERROR] attachments must be a list"])
    if len(attachments) > MOST_ATTACHMENTS:
        raise Refusal("too_many_attachments")
    return attachments
