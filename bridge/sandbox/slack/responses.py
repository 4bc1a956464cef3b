"""Response URLs: the app answers where a click or command came from, five times in half an hour, no token."""

import json

from aiohttp import web

from bridge.sandbox.slack import posts
from bridge.sandbox.slack.blocks import check_blocks
from bridge.sandbox.slack.clicks import app_body
from bridge.sandbox.slack.core import Core
from bridge.sandbox.slack.model import Channel, Json, Workspace
from bridge.sandbox.slack.triggers import ResponseUrl


async def respond(core: Core, request: web.Request) -> web.Response:
    """One use of a response URL."""
    url = core.triggers.spend_url(request.match_info["path"], core.clock())
    if isinstance(url, str):
        return web.json_response({"ok": False, "error": url}, status=404)
    try:
        answer = json.loads(await request.text())
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        return web.Response(status=400, text="invalid_payload")
    if (blocks := answer.get("blocks")) and check_blocks(blocks, "message"):
        return web.Response(status=400, text="invalid_blocks")
    if not blocks and not answer.get("text") and not answer.get("delete_original"):
        return web.Response(status=400, text="no_text")
    _carry_out(core, url, answer)
    return web.Response(text="ok")


def _carry_out(core: Core, url: ResponseUrl, answer: Json) -> None:
    team, channel = core.workspace(url.team_id), core.channel(url.team_id, url.channel_id)
    body: Json = {"text": answer.get("text", "")}
    if answer.get("blocks"):
        body["blocks"] = posts.with_ids(core, answer["blocks"])
    if answer.get("delete_original"):
        _replace(core, team, channel, url, None)
    elif answer.get("replace_original"):
        _replace(core, team, channel, url, {"blocks": None, **body})
    elif answer.get("response_type") == "in_channel":
        posts.place(core, team, channel, {**app_body(team), **body}, thread_ts=answer.get("thread_ts"))
    else:
        body["thread_ts"] = answer.get("thread_ts")
        posts.show_ephemeral(core, team, channel, url.user_id, {**app_body(team), **body})


def _replace(core: Core, team: Workspace, channel: Channel, url: ResponseUrl, changes: Json | None) -> None:
    """Change or, with None, remove what was clicked: the app's own message, or an ephemeral one."""
    message = channel.messages.get(url.message_ts or "")
    if message is not None and message.body.get("bot_id") == team.bot_id:
        if changes is None:
            posts.remove(core, team, channel, message)
        else:
            posts.change(core, team, channel, message, changes, team.bot_user_id)
        return
    shown = next((e for e in team.ephemerals if e["ts"] == url.message_ts), None)
    if shown is not None and changes is None:
        team.ephemerals.remove(shown)
    elif shown is not None and changes is not None:
        shown.update(changes)
    core.announce("ephemeral", team_id=team.id, channel=channel.id, user=url.user_id)
