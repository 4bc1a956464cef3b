"""Views as things: made from what the app sends, changed without losing what was typed, stacked three high."""

import copy
import secrets
from typing import TYPE_CHECKING

from bridge.sandbox.slack.model import Json, Refusal, View, Workspace
from bridge.sandbox.slack.posts import interactive, with_ids

if TYPE_CHECKING:
    from bridge.sandbox.slack.core import Core

MOST_STACKED = 3


def new_view(core: "Core", team: Workspace, user_id: str, given: Json, below: View | None = None) -> View:
    """A view as Slack keeps it; `below` is the modal that it is pushed onto."""
    view_id = core.new_id("V")
    body: Json = {
        "id": view_id,
        "team_id": team.id,
        "app_id": team.app_id,
        "app_installed_team_id": team.id,
        "bot_id": team.bot_id,
        "root_view_id": below.body["root_view_id"] if below else view_id,
        "previous_view_id": below.id if below else None,
    }
    return View({**body, **_content(core, team, given)}, user_id)


def replace(core: "Core", team: Workspace, view: View, given: Json) -> None:
    """Show something else in the view; what was typed stays where block id and action id are the same."""
    view.body.update(_content(core, team, given, own_external_id=view.body.get("external_id")))
    here = {(b["block_id"], e["action_id"]) for b in view.body["blocks"] for e in interactive(b)}
    kept = {
        block_id: {action_id: value for action_id, value in actions.items() if (block_id, action_id) in here}
        for block_id, actions in view.values.items()
    }
    view.values = {block_id: actions for block_id, actions in kept.items() if actions}


def push(core: "Core", team: Workspace, user_id: str, given: Json) -> View:
    """A modal on top of those that the person has open."""
    stack = team.modals.get(user_id) or []
    if not stack:
        raise Refusal("not_found")
    if len(stack) >= MOST_STACKED:
        raise Refusal("push_limit_reached")
    view = new_view(core, team, user_id, given, below=stack[-1])
    stack.append(view)
    return view


def find_modal(team: Workspace, *, view_id: object = None, external_id: object = None) -> View | None:
    """An open modal by either of its names."""
    for stack in team.modals.values():
        for view in stack:
            if view.id == view_id or (external_id and view.body["external_id"] == external_id):
                return view
    return None


def _content(core: "Core", team: Workspace, given: Json, own_external_id: object = None) -> Json:
    """The part of a view that the app decides, with Slack's defaults and a new hash."""
    external_id = given.get("external_id") or ""
    if external_id and external_id != own_external_id and find_modal(team, external_id=external_id):
        raise Refusal("duplicate_external_id")
    defaults: Json = {
        "private_metadata": "",
        "callback_id": "",
        "clear_on_close": False,
        "notify_on_close": False,
        "close": None,
        "submit": None,
    }
    return {
        **defaults,
        **copy.deepcopy(given),
        "blocks": with_ids(core, given["blocks"]),
        "external_id": external_id,
        "hash": f"{int(core.clock())}.{secrets.token_hex(4)}",
    }
