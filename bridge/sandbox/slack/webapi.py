"""The door of the Web API: reads a request, checks token, arguments, scopes and limits, and answers like Slack."""

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import web

from bridge.sandbox.slack.ask import Ask, missing_scope
from bridge.sandbox.slack.core import Core
from bridge.sandbox.slack.faults import Fault
from bridge.sandbox.slack.methods import GENERAL_ERRORS, METHODS, Kind, Method
from bridge.sandbox.slack.model import Call, Json, Refusal, Workspace

_FLAGS = {"1": True, "true": True, "0": False, "false": False, "": False}


async def answer_call(core: Core, request: web.Request) -> web.StreamResponse:
    """One call, from the request to the answer, with the trouble that was ordered for it."""
    name = request.match_info["method"]
    args, unreadable, is_json = await _read(request)
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or args.pop("token", None)
    args.pop("token", None)
    team = next((t for t in core.workspaces.values() if t.bot_token == token), None)
    call = Call(name, team.id if team else None, args, core.clock())
    call.token_ok = team is not None and team.refused_with is None
    core.calls.append(call)
    if core.on_call:
        await core.on_call(call)
    fault = core.faults.take(name, call.team_id, args.get("channel") or args.get("channel_id"))
    if fault and not fault.accept_first:
        await _hang(core, fault)
        if not fault.only_delays:
            return _fail(core, request, call, fault)
        if request.transport is None or request.transport.is_closing():
            return web.Response()  # the caller gave up while we waited: nothing is done
    response = _perform(core, call, token, team, unreadable, is_json)
    if core.after_call:
        await core.after_call(call)
    if fault and fault.accept_first:
        await _hang(core, fault)
        if not fault.only_delays:
            return _fail(core, request, call, fault)
    return response


def _perform(
    core: Core, call: Call, token: object, team: Workspace | None, unreadable: str | None, is_json: bool
) -> web.Response:
    """The real answer; a refusal that Slack's list for the method lacks is a bug of ours."""
    method = METHODS.get(call.method)
    headers = {"x-slack-req-id": core.new_id("")}
    status = 200
    try:
        team, method = _admitted(core, call, token, team, method)
        headers |= _scope_headers(team, method)
        if unreadable:
            raise Refusal(unreadable)
        ask = Ask(core, team, checked_arguments(method, call.args, is_json))
        answer = {"ok": True, **method.run(ask)}
        call.performed = True
    except Refusal as refusal:
        if refusal.error not in GENERAL_ERRORS | (method.errors if method else frozenset()):
            raise RuntimeError(f"{call.method} may not answer {refusal.error}") from refusal
        call.answer_error, answer = refusal.error, _refused(refusal)
        if "retry_after" in refusal.extra:
            status, headers = 429, {**headers, "Retry-After": str(refusal.extra["retry_after"])}
    call.status = status
    core.announce("call", method=call.method, team_id=call.team_id, error=call.answer_error)
    return web.json_response(answer, status=status, headers=headers)


def _admitted(
    core: Core, call: Call, token: object, team: Workspace | None, method: Method | None
) -> tuple[Workspace, Method]:
    """Whether this token may call this method now."""
    if method is None:
        raise Refusal("unknown_method")
    if not token:
        raise Refusal("not_authed")
    if team is None:
        raise Refusal("invalid_auth")
    if team.refused_with:
        raise Refusal(team.refused_with)
    if core.rate_limits and (wait := _wait(core, call, team, method)):
        raise Refusal("ratelimited", retry_after=wait)
    if method.scopes and not team.scopes.intersection(method.scopes):
        raise missing_scope(list(method.scopes), team)
    return team, method


def _wait(core: Core, call: Call, team: Workspace, method: Method) -> int:
    if call.method == "chat.postMessage":
        return core.limits.wait_for_post(team.id, str(call.args.get("channel")), core.clock())
    return core.limits.wait_for_method(team.id, call.method, method.tier, core.clock())


def checked_arguments(method: Method, given: Json, is_json: bool = False) -> Json:
    """The arguments with their types; unknown and missing ones are refused, stricter than Slack on purpose."""
    given = {name: value for name, value in given.items() if value is not None}
    problems = [f"[ERROR] unknown argument: {name}" for name in given if name not in method.arguments]
    problems += [f"[ERROR] missing required field: {name}" for name in method.required if name not in given]
    if is_json and not method.takes_json:
        problems.append("[ERROR] this method does not take JSON")
    checked: Json = {}
    for name in given.keys() & method.arguments.keys():
        try:
            checked[name] = _typed(method.arguments[name], given[name])
        except (ValueError, KeyError):
            problems.append(f"[ERROR] must be {method.arguments[name]}: {name}")
    if problems:
        raise Refusal("invalid_arguments", problems)
    return checked


def _typed(kind: Kind, value: Any) -> Any:
    if kind == "json":
        return _unpacked(value)
    if kind == "flag":
        return value if isinstance(value, bool) else _FLAGS[str(value).lower()]
    if kind == "number":
        return int(value)
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def _unpacked(value: Any) -> Any:
    """JSON sent as a string. What cannot be read stays a string, for the method's own error."""
    if not isinstance(value, str):
        return value
    with contextlib.suppress(ValueError):
        return json.loads(value)
    return value


def _scope_headers(team: Workspace, method: Method) -> dict[str, str]:
    return {
        "x-oauth-scopes": ",".join(sorted(team.scopes)),
        "x-accepted-oauth-scopes": ",".join(method.scopes),
    }


def _refused(refusal: Refusal) -> Json:
    extra = {key: value for key, value in refusal.extra.items() if key != "retry_after"}
    details: Json = {"response_metadata": {"messages": refusal.messages}} if refusal.messages else {}
    return {"ok": False, "error": refusal.error, **extra, **details}


async def _read(request: web.Request) -> tuple[Json, str | None, bool]:
    """The arguments of query and body together, an error when the body cannot be read, whether it was JSON."""
    query = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError:
            body = None
        return (query, "invalid_json", True) if not isinstance(body, dict) else ({**query, **body}, None, True)
    form = await request.post()
    return {**query, **{k: v for k, v in form.items() if isinstance(v, str)}}, None, False


async def _hang(core: Core, fault: Fault) -> None:
    """Keep the caller waiting; a stop ends the wait."""
    if fault.hang:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(core.stopping.wait(), fault.hang)


def _fail(core: Core, request: web.Request, call: Call, fault: Fault) -> web.StreamResponse:
    """The trouble that was ordered, in place of an answer."""
    call.status = None if fault.drop else fault.http_status
    call.answer_error = "dropped" if fault.drop else fault.error_name()
    core.announce("call", method=call.method, team_id=call.team_id, error=call.answer_error)
    if fault.drop and request.transport is not None:
        request.transport.abort()
    status, body, content_type, headers = fault.answer()
    return web.Response(status=status, body=body, content_type=content_type, headers=headers)
