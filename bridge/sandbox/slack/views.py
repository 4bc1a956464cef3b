"""views.*: modals opened within three seconds of a click, and Home tabs."""

from bridge.sandbox.slack import modals
from bridge.sandbox.slack.ask import Ask
from bridge.sandbox.slack.blocks import check_view, view_is_too_large
from bridge.sandbox.slack.model import Json, Refusal, View
from bridge.sandbox.slack.triggers import Trigger


def open_view(ask: Ask) -> Json:
    """views.open: takes the place of whatever the person had open."""
    given = _checked(ask, "modal")
    user_id = _spend_trigger(ask).user_id
    view = modals.new_view(ask.core, ask.team, user_id, given)
    ask.team.modals[user_id] = [view]
    return _shown(ask, view)


def push(ask: Ask) -> Json:
    """views.push: on top of what is open."""
    given = _checked(ask, "modal")
    return _shown(ask, modals.push(ask.core, ask.team, _spend_trigger(ask).user_id, given))


def update(ask: Ask) -> Json:
    """views.update, by view id or external id."""
    if "view_id" not in ask.args and "external_id" not in ask.args:
        raise Refusal("invalid_arguments", ["[ERROR] one of view_id and external_id is required"])
    view = modals.find_modal(ask.team, view_id=ask.get("view_id"), external_id=ask.get("external_id"))
    if view is None:
        raise Refusal("not_found")
    given = _checked(ask, "modal")
    _same_hash(ask, view)
    modals.replace(ask.core, ask.team, view, given)
    return _shown(ask, view)


def publish(ask: Ask) -> Json:
    """views.publish: one Home tab per person."""
    user_id = str(ask.get("user_id"))
    person = ask.team.people.get(user_id)
    if person is None or person.stranger:
        raise Refusal("invalid_arguments", ["[ERROR] invalid `user_id`"])
    given = _checked(ask, "home")
    home = ask.team.homes.get(user_id)
    if home is None:
        home = ask.team.homes[user_id] = modals.new_view(ask.core, ask.team, user_id, given)
    else:
        _same_hash(ask, home)
        modals.replace(ask.core, ask.team, home, given)
    return _shown(ask, home, "home")


def _checked(ask: Ask, kind: str) -> Json:
    """The view argument, refused for whatever Slack would refuse."""
    view = ask.get("view")
    if view_is_too_large(view):
        raise Refusal("view_too_large")
    if problems := check_view(view):
        raise Refusal("invalid_arguments", problems)
    if not isinstance(view, dict) or view["type"] != kind:
        raise Refusal("invalid_arguments", [f"[ERROR] view must be of type {kind}"])
    return view


def _spend_trigger(ask: Ask) -> Trigger:
    trigger_id = ask.get("trigger_id") or ask.get("interactivity_pointer") or ""
    core = ask.core
    trigger = core.triggers.spend(trigger_id, ask.team.id, core.clock(), core.trigger_seconds)
    if isinstance(trigger, str):
        raise Refusal(trigger)
    return trigger


def _same_hash(ask: Ask, view: View) -> None:
    if "hash" in ask.args and ask.get("hash") != view.body["hash"]:
        raise Refusal("hash_conflict")


def _shown(ask: Ask, view: View, kind: str = "view") -> Json:
    ask.core.announce(kind, team_id=ask.team.id, user=view.user_id, view_id=view.id)
    return {"view": view.shown()}
