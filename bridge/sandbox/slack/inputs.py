"""Block elements in use: what a person picks or types, in the shapes of actions and of a view's state."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from bridge.sandbox.slack.elements import all_options
from bridge.sandbox.slack.model import Json
from bridge.sandbox.slack.posts import interactive

# element type: the field of its state, and the field of the block that sets it at first
_FIELDS: dict[str, tuple[str, str]] = {
    "plain_text_input": ("value", "initial_value"),
    "email_text_input": ("value", "initial_value"),
    "url_text_input": ("value", "initial_value"),
    "number_input": ("value", "initial_value"),
    "rich_text_input": ("rich_text_value", "initial_value"),
    "static_select": ("selected_option", "initial_option"),
    "external_select": ("selected_option", "initial_option"),
    "radio_buttons": ("selected_option", "initial_option"),
    "overflow": ("selected_option", ""),
    "multi_static_select": ("selected_options", "initial_options"),
    "multi_external_select": ("selected_options", "initial_options"),
    "checkboxes": ("selected_options", "initial_options"),
    "users_select": ("selected_user", "initial_user"),
    "multi_users_select": ("selected_users", "initial_users"),
    "channels_select": ("selected_channel", "initial_channel"),
    "multi_channels_select": ("selected_channels", "initial_channels"),
    "conversations_select": ("selected_conversation", "initial_conversation"),
    "multi_conversations_select": ("selected_conversations", "initial_conversations"),
    "datepicker": ("selected_date", "initial_date"),
    "timepicker": ("selected_time", "initial_time"),
    "datetimepicker": ("selected_date_time", "initial_date_time"),
    "file_input": ("files", ""),
}
_MOST_TYPED = 3000
_MOST_FILES, _LARGEST_FILE = 10, 10 * 1024 * 1024  # bytes
_WHOLE, _DECIMAL = re.compile(r"-?[0-9]{1,15}"), re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,4})?")
_KINDS = {
    "email_text_input": (re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+"), "It takes an e-mail address."),
    "url_text_input": (re.compile(r"https?://[^\s/]+\S*"), "It takes an address that begins with https://."),
}


def find_element(
    blocks: Iterable[Json], action_id: str, value: str | None = None, block_id: str | None = None
) -> tuple[Json, Json]:
    """The block and element that a person means; `value` tells apart buttons with one action id."""
    seen = []
    for block in blocks:
        for element in interactive(block):
            seen.append(element.get("action_id"))
            here = element.get("action_id") == action_id and block_id in (None, block.get("block_id"))
            if here and (value is None or "value" not in element or element["value"] == value):
                return block, element
    raise LookupError(f"nothing to use is called {action_id} with value {value}: there are {seen}")


def has_state(element: Json) -> bool:
    """Whether the element keeps what was chosen; buttons and overflow menus do not."""
    return element["type"] in _FIELDS and element["type"] != "overflow"


def state_of(element: Json, given: Any, offered: Iterable[Json] = ()) -> Json:
    """The element's state after a person typed or picked `given`: a text, an option or its value, or a list."""
    kind = element["type"]
    if isinstance(given, dict) and given.get("type") == kind:
        return given
    field, _ = _FIELDS[kind]
    if field == "selected_option":
        given = _option(element, given, offered)
    elif field == "selected_options":
        given = [_option(element, one, offered) for one in given]
    return {"type": kind, field: given}


def first_state(element: Json) -> Json:
    """The element's state before anybody touched it."""
    field, initial = _FIELDS[element["type"]]
    empty: Any = [] if field.endswith("s") else None
    return {"type": element["type"], field: element.get(initial, empty)}


def empty_state(element: Json) -> Json:
    """The element's state when it was cleared."""
    field, _ = _FIELDS[element["type"]]
    return {"type": element["type"], field: [] if field.endswith("s") else None}


def refused_by_client(block: Json, element: Json, state: Json) -> str | None:
    """Why Slack's client would not send the form, None when it would."""
    field, _ = _FIELDS[element["type"]]
    value = state.get(field)
    if value in (None, "", []):
        return None if block.get("optional") else "This field is required."
    if element["type"] == "plain_text_input":
        least, most = element.get("min_length") or 0, element.get("max_length") or _MOST_TYPED
        return None if least <= len(value) <= most else f"It takes {least} to {most} characters."
    if element["type"] == "number_input":
        return _not_a_number(element, str(value))
    if element["type"] == "file_input":
        return _not_these(element, value)
    if (kind := _KINDS.get(element["type"])) and not kind[0].fullmatch(str(value)):
        return kind[1]
    return None


def _not_these(element: Json, files: list[Json]) -> str | None:
    """Why Slack's client does not take these files."""
    most, kinds = element.get("max_files") or _MOST_FILES, element.get("filetypes")
    if len(files) > most:
        return f"It takes {most} files at most."
    if kinds and any(file["name"].rpartition(".")[2].lower() not in kinds for file in files):
        return f"It takes files of these types: {', '.join(kinds)}."
    return "A file may have 10 MB." if any(file["size"] > _LARGEST_FILE for file in files) else None


def _not_a_number(element: Json, typed: str) -> str | None:
    if not (_DECIMAL if element.get("is_decimal_allowed") else _WHOLE).fullmatch(typed):
        return "It takes a number." if element.get("is_decimal_allowed") else "It takes a whole number."
    if (least := element.get("min_value")) is not None and float(typed) < float(least):
        return f"The least is {least}."
    if (most := element.get("max_value")) is not None and float(typed) > float(most):
        return f"The most is {most}."
    return None


def stateful(blocks: Iterable[Json]) -> Iterator[tuple[Json, Json]]:
    """Every element of a view that has a state, with its block."""
    for block in blocks:
        for element in interactive(block):
            if has_state(element):
                yield block, element


def action_of(block: Json, element: Json, state: Json | None, action_ts: str) -> Json:
    """One entry of `actions` in a block_actions payload."""
    named: Json = {key: element[key] for key in ("type", "action_id", "text", "value", "style") if key in element}
    return {**named, "block_id": block["block_id"], **(state or {}), "action_ts": action_ts}


def _option(element: Json, given: Any, offered: Iterable[Json]) -> Json:
    """The option meant; only what is in the menu, or was offered by the app, can be picked."""
    known = [*all_options(element), *offered]
    for option in known:
        if given in (option, option["value"]):
            return option
    values = [option["value"] for option in known]
    raise LookupError(f"{given} is not in the menu {element.get('action_id')}: there are {values}")
