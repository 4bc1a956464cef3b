"""The pretend Slack by HTTP, for a page or another process: acts by name, the state, and news of changes."""

import asyncio
import base64
import inspect
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from aiohttp import web

from bridge.sandbox.slack.model import DeliveryResult, FieldErrors, Json, PretendFile, View, Workspace

if TYPE_CHECKING:
    from bridge.sandbox.slack.server import PretendSlack

# POST /_/name with a JSON object of the method's arguments
ACTS = (
    *("add_workspace", "add_person", "add_channel"),
    *("say", "edit", "delete", "react", "look", "open_home", "send_event"),
    *("click", "click_view", "command", "shortcut", "submit", "close_view", "options"),
    *("archive", "unarchive", "delete_channel", "share_channel", "make_private"),
    *("remove_bot", "invite_bot", "revoke_token", "uninstall", "restore_token"),
    *("fail", "clear_faults", "settled"),
)

# POST /_/set with any of these
SETTINGS = (
    *("request_url", "duplicates", "phantom", "disorder", "disorder_window", "retry_delays", "timeout"),
    *("rate_limits", "trigger_seconds"),
)


def routes(slack: "PretendSlack") -> list[web.RouteDef]:
    """Everything under /_/."""
    acts: dict[str, Callable[..., Any]] = {name: getattr(slack, name) for name in ACTS}
    acts["set"] = lambda **given: _set(slack, given)

    async def act(request: web.Request) -> web.Response:
        return await _act(acts, request)

    async def state(_request: web.Request) -> web.Response:
        return _json(describe(slack))

    async def news(request: web.Request) -> web.StreamResponse:
        return await _news(slack, request)

    return [web.get("/_/state", state), web.get("/_/events", news), web.post("/_/{act}", act)]


def describe(slack: "PretendSlack") -> Json:
    """All there is, as JSON."""
    return {
        **visible(slack),
        "deliveries": [asdict(delivery) for delivery in slack.deliveries],
        "calls": [asdict(call) for call in slack.calls],
    }


def visible(slack: "PretendSlack") -> Json:
    """What people see of it."""
    return {
        "app": slack.manifest.shown() if slack.manifest else None,
        "workspaces": [_workspace(slack, team) for team in slack.workspaces.values()],
    }


def _workspace(slack: "PretendSlack", team: Workspace) -> Json:
    return {
        "id": team.id,
        "name": team.name,
        "domain": team.domain,
        "bot_user_id": team.bot_user_id,
        "scopes": sorted(team.scopes),
        "refused_with": team.refused_with,
        "people": [asdict(person) for person in team.people.values()],
        "channels": [
            {
                "id": channel.id,
                "name": channel.name,
                "kind": channel.kind,
                "members": sorted(channel.members),
                "shared": channel.shared,
                "archived": channel.archived,
                "deleted": channel.deleted,
                "seen": channel.seen,
                "messages": slack.messages(team.id, channel.id),
            }
            for channel in team.channels.values()
        ],
        "ephemerals": slack.ephemerals(team.id),
        "chosen": [
            {"user": user, "channel": channel, "ts": ts, "values": values}
            for (user, channel, ts), values in team.chosen.items()
        ],
        "views": {user_id: slack.views(team.id, user_id) for user_id in team.modals},
        "homes": {user_id: _shown(view) for user_id, view in team.homes.items()},
        "files": [{**asdict(file), "content": len(file.content)} for file in slack.files(team.id)],
    }


def _shown(view: View) -> Json:
    return view.shown()


def _set(slack: "PretendSlack", given: Json) -> None:
    """Turn the settings that tests turn in Python."""
    for name, value in given.items():
        if name not in SETTINGS:
            raise ValueError(f"no setting {name}: there are {SETTINGS}")
        setattr(slack, name, tuple(value) if name == "retry_delays" else value)


async def _act(acts: dict[str, Callable[..., Any]], request: web.Request) -> web.Response:
    """Call one act by name; what is wrong with the request is told, not thrown."""
    act = acts.get(request.match_info["act"])
    if act is None:
        return _json({"ok": False, "error": f"no act of that name: there are {sorted(acts)}"}, 404)
    try:
        arguments = json.loads(await request.text() or "{}")
        result = act(**_prepared(arguments))
        if inspect.isawaitable(result):
            result = await result
    except FieldErrors as wrong:
        return _json({"ok": False, "error": str(wrong), "fields": wrong.fields}, 400)
    except (TypeError, ValueError, LookupError) as wrong:
        return _json({"ok": False, "error": str(wrong)}, 400)
    return _json({"ok": True, "result": result.as_json() if isinstance(result, DeliveryResult) else result})


def _prepared(given: Any) -> Json:
    """Arguments from JSON; files come as {name, base64}, wherever they are."""
    if not isinstance(given, dict):
        raise TypeError("the body must be a JSON object of arguments")
    arguments: Json = _with_files(given)
    if isinstance(arguments.get("view_id_or_message"), list):
        arguments = {**arguments, "view_id_or_message": tuple(arguments["view_id_or_message"])}
    return arguments


def _with_files(given: Any) -> Any:
    if isinstance(given, list):
        return [_with_files(each) for each in given]
    if not isinstance(given, dict):
        return given
    if {"name", "base64"} <= given.keys():
        return PretendFile(given["name"], base64.b64decode(given["base64"]))
    return {name: _with_files(value) for name, value in given.items()}


async def _news(slack: "PretendSlack", request: web.Request) -> web.StreamResponse:
    """Server-sent events, one for each change, until either side hangs up."""
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
    await response.prepare(request)
    watcher: asyncio.Queue[Json | None] = asyncio.Queue()
    slack.watchers.add(watcher)
    try:
        await response.write(b": watching\n\n")
        while (change := await watcher.get()) is not None:
            await response.write(f"data: {json.dumps(change)}\n\n".encode())
    except ConnectionError:
        pass  # the page was closed
    finally:
        slack.watchers.discard(watcher)
    return response


def _json(body: Any, status: int = 200) -> web.Response:
    return web.json_response(body, status=status, dumps=lambda data: json.dumps(data, default=str))
