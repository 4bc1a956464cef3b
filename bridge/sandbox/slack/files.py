"""files.*: the three steps of an upload, and downloads that want the token."""

import asyncio
import mimetypes
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import BodyPartReader, web

from bridge.sandbox.slack import posts
from bridge.sandbox.slack.ask import Ask
from bridge.sandbox.slack.content import author, checked_blocks
from bridge.sandbox.slack.model import Channel, Json, PretendFile, Refusal, Workspace

if TYPE_CHECKING:
    from bridge.sandbox.slack.core import Core

_LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to Slack</body></html>"


def get_upload_url(ask: Ask) -> Json:
    """files.getUploadURLExternal: step one, says where the bytes go."""
    length = int(ask.args["length"])
    if length < 1:
        raise Refusal("invalid_arguments", ["[ERROR] length must be positive"])
    file = PretendFile(str(ask.args["filename"]), expected_length=length)
    keep(ask.core, ask.team, file, ask.team.bot_user_id)
    return {"upload_url": f"{ask.core.url}/upload/v1/{ask.team.id}/{file.id}", "file_id": file.id}


def complete_upload(ask: Ask) -> Json:
    """files.completeUploadExternal: step three, shares the files where asked."""
    files = [_uploaded(ask, item) for item in _items(ask)]
    channels = [_shareable(ask, channel_id) for channel_id in _targets(ask)]
    blocks = checked_blocks(ask, "invalid_blocks")
    for file in files:
        file.completed = True
    for channel in channels:
        _share(ask, channel, files, blocks)
    return {"files": [describe(ask.core, ask.team, file) for file in files]}


def info(ask: Ask) -> Json:
    """files.info"""
    file = ask.team.files.get(str(ask.get("file")))
    if file is None or not file.completed:
        raise Refusal("file_not_found")
    return {"file": describe(ask.core, ask.team, file), "comments": [], "response_metadata": {"next_cursor": ""}}


def keep(core: "Core", team: Workspace, file: PretendFile, user_id: str) -> PretendFile:
    """Give a file its id, owner and type, and remember it."""
    file.id = core.new_id("F")
    file.team_id, file.user, file.created = team.id, user_id, int(core.clock())
    file.mimetype = file.mimetype or mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    file.title = file.title or file.name
    team.files[file.id] = file
    return file


def upload(core: "Core", team: Workspace, file: PretendFile, user_id: str) -> Json:
    """A person puts a file into a modal: it is theirs, shared with nobody, and the app may fetch it."""
    keep(core, team, file, user_id).completed = True
    return describe(core, team, file)


def describe(core: "Core", team: Workspace, file: PretendFile) -> Json:
    """A file in the shape of events and files.info."""
    private = f"{core.url}/files-pri/{team.id}-{file.id}"
    name = quote(file.name)
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title,
        "mimetype": file.mimetype,
        "filetype": file.name.rpartition(".")[2].lower() if "." in file.name else "text",
        "user": file.user,
        "size": len(file.content),
        "mode": "hosted",
        "is_external": False,
        "is_public": False,
        "file_access": "visible",
        "url_private": f"{private}/{name}",
        "url_private_download": f"{private}/download/{name}",
        "permalink": f"https://{team.domain}.slack.com/files/{file.user}/{file.id}/{name}",
        "channels": [file.channel] if file.channel else [],
    }


def share(
    core: "Core", team: Workspace, channel: Channel, files: list[PretendFile], body: Json, thread_ts: str | None
) -> str:
    """The message that shows files in a channel or thread."""
    for file in files:
        file.channel, file.completed = channel.id, True
    shown = {"subtype": "file_share", "files": [describe(core, team, f) for f in files], "upload": False}
    message = posts.place(core, team, channel, {**body, **shown}, thread_ts=thread_ts)
    for file in files:
        file.thread_ts, file.message_ts = message.body.get("thread_ts"), message.ts
    return message.ts


async def receive_bytes(core: "Core", request: web.Request) -> web.Response:
    """Step two of an upload: the bytes, plain or as a form."""
    team = core.workspaces.get(request.match_info["team_id"])
    file = team.files.get(request.match_info["file_id"]) if team else None
    if file is None or file.completed:
        return web.Response(status=404, text="no such upload")
    content = await _body(request)
    if len(content) != file.expected_length:
        return web.Response(status=400, text="the length differs from what was announced")
    file.content = content
    return web.Response(text=f"OK - {len(content)}")


async def hand_out(core: "Core", request: web.Request) -> web.Response:
    """A download. Without a good token Slack answers 200 with its login page, and so do we."""
    fault = core.faults.take("download", request.match_info["team_id"], None)
    if fault is not None:
        await asyncio.sleep(fault.hang or 0)
        if not fault.only_delays:
            status, body, kind, headers = fault.answer()
            return web.Response(status=status, body=body, content_type=kind, headers=headers)
    team = core.workspaces.get(request.match_info["team_id"])
    file = team.files.get(request.match_info["file_id"]) if team else None
    good_token = team is not None and request.headers.get("Authorization") == f"Bearer {team.bot_token}"
    if team is None or not good_token or team.refused_with or "files:read" not in team.scopes:
        return web.Response(text=_LOGIN_PAGE, content_type="text/html")
    if file is None or not file.completed:
        return web.Response(status=404, text="not found")
    return web.Response(body=file.content, content_type=file.mimetype)


def _items(ask: Ask) -> list[Json]:
    items = ask.get("files")
    if not isinstance(items, list) or not items or not all(isinstance(i, dict) and "id" in i for i in items):
        raise Refusal("invalid_arguments", ["[ERROR] files must be a list of objects with an id"])
    return items


def _uploaded(ask: Ask, item: Json) -> PretendFile:
    file = ask.team.files.get(str(item["id"]))
    if file is None or file.completed or not file.content:
        raise Refusal("file_not_found")
    file.title = str(item.get("title") or file.name)
    return file


def _targets(ask: Ask) -> list[str]:
    listed = [c.strip() for c in str(ask.get("channels", "")).split(",") if c.strip()]
    return [str(ask.get("channel_id"))] if "channel_id" in ask.args else listed


def _shareable(ask: Ask, channel_id: str) -> Channel:
    channel = Ask(ask.core, ask.team, {"channel": channel_id}).channel()
    if channel.archived:
        raise Refusal("posting_to_channel_denied")
    if not ask.is_member(channel):
        raise Refusal("not_in_channel")
    return channel


def _share(ask: Ask, channel: Channel, files: list[PretendFile], blocks: list[Json]) -> None:
    body = {**author(ask), "text": ask.get("initial_comment") or ""}
    if blocks:
        body["blocks"] = blocks
    share(ask.core, ask.team, channel, files, body, ask.get("thread_ts"))
    for file in files:
        ask.core.announce("file", team_id=ask.team.id, channel=channel.id, file=file.id)


async def _body(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader):
            return bytes(await part.read())
    return b""
