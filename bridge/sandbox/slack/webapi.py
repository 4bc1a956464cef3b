"""The door of the Web API: reads a request, checks token, arguments, scopes and limits, and answers like Slack."""

import asyncio
import contextlib
import json
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from bridge.sandbox.slack.ask import Ask, missing_scope
from bridge.sandbox.slack.core import Core
from bridge.sandbox.slack.faults import Fault
from bridge.sandbox.slack.methods import GENERAL_ERRORS, METHODS, Kind, Method
from bridge.sandbox.slack.model import Call, Json, Refusal, Workspace

# Slack's own client sends this with every call once it knows its team, and Slack minds it nowhere.
_IGNORED = frozenset({"team_id"})
_FLAGS = {"1": True, "true": True, "0": False, "false": False, "": False}


@dataclass(frozen=True)
class Incoming:
    """A request that was read: its place in the log, its token, and what could not be read of it."""

    request: web.Request
    call: Call
    team: Workspace | None
    has_token: bool
    unreadable: str | None
    is_json: bool

    @property
    def is_given_up(self) -> bool:
        """Whether the caller hung up."""
        return self.request.transport is None or self.request.transport.is_closing()


async def answer_call(core: Core, request: web.Request) -> web.StreamResponse:
    """One call, from the request to the answer, and how long it took."""
    began = time.perf_counter()
    incoming = await _incoming(core, request)
    try:
        return await _answer(core, incoming)
    finally:
        call = incoming.call
        call.ms = (time.perf_counter() - began) * 1000
        core.announce("call", method=call.method, team_id=call.team_id, error=call.answer_error)


async def _answer(core: Core, incoming: Incoming) -> web.StreamResponse:
    """The answer, with the trouble that was ordered for it."""
    call = incoming.call
    if core.on_call:
        await core.on_call(call)
    channel = call.args.get("channel") or call.args.get("channel_id")
    fault = core.faults.take(call.method, call.team_id, channel)
    if fault and not fault.accept_first:
        await _hang(core, fault)
        if not fault.only_delays:
            return _fail(core, incoming, fault)
        if incoming.is_given_up:
            return web.Response()  # nothing is done for a caller that left while we waited
    response = _perform(core, incoming)
    if core.after_call:
        await core.after_call(call)
    if fault and fault.accept_first:
        await _hang(core, fault)
        return response if fault.only_delays else _fail(core, incoming, fault)
    return response


async def _incoming(core: Core, request: web.Request) -> Incoming:
    """Read a request and write it into the log of calls."""
    args, unreadable, is_json = await _read(request)
    in_body = args.pop("token", None)
    token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip() or in_body
    team = next((t for t in core.workspaces.values() if t.bot_token == token), None)
    call = Call(request.match_info["method"], team.id if team else None, args, core.clock())
    call.token_ok = team is not None and team.refused_with is None
    core.calls.append(call)
    return Incoming(request, call, team, bool(token), unreadable, is_json)


def _perform(core: Core, incoming: Incoming) -> web.Response:
    """The real answer, with the headers that Slack sends along."""
    call = incoming.call
    headers = {"x-slack-req-id": core.new_id("")}
    call.status = 200
    try:
        answer = {"ok": True, **_run(core, incoming, headers)}
        call.performed = True
    except Refusal as refusal:
        call.answer_error, answer = refusal.error, _refused(refusal)
        if "retry_after" in refusal.extra:
            call.status, headers["Retry-After"] = 429, str(refusal.extra["retry_after"])
    return web.json_response(answer, status=call.status, headers=headers)


def _run(core: Core, incoming: Incoming, headers: dict[str, str]) -> Json:
    """Admit the call and do what it asks; a refusal that is not in the method's list is a bug of ours."""
    method = METHODS.get(incoming.call.method)
    try:
        team, method = _admitted(core, incoming, method)
        headers["x-oauth-scopes"] = ",".join(sorted(team.scopes))
        headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
        if incoming.unreadable:
            raise Refusal(incoming.unreadable)
        return method.run(Ask(core, team, checked_arguments(method, incoming.call.args, incoming.is_json)))
    except Refusal as refusal:
        if refusal.error not in GENERAL_ERRORS | (method.errors if method else frozenset()):
            raise RuntimeError(f"{incoming.call.method} may not answer {refusal.error}") from refusal
        raise


def _admitted(core: Core, incoming: Incoming, method: Method | None) -> tuple[Workspace, Method]:
    """Whether this token may call this method now."""
    team = incoming.team
    if method is None:
        raise Refusal("unknown_method")
    if not incoming.has_token:
        raise Refusal("not_authed")
    if team is None:
        raise Refusal("invalid_auth")
    if team.refused_with:
        raise Refusal(team.refused_with)
    if core.rate_limits and (wait := _wait(core, incoming.call, team, method)):
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
    ignored = _IGNORED - method.arguments.keys()
    given = {name: value for name, value in given.items() if value is not None and name not in ignored}
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


def _fail(core: Core, incoming: Incoming, fault: Fault) -> web.StreamResponse:
    """The trouble that was ordered, in place of an answer."""
    call, transport = incoming.call, incoming.request.transport
    call.status = None if fault.drop else fault.http_status
    call.answer_error = "dropped" if fault.drop else fault.error_name()
    if fault.drop and transport is not None:
        transport.abort()
    status, body, content_type, headers = fault.answer()
    return web.Response(status=status, body=body, content_type=content_type, headers=headers)
