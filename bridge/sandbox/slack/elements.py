"""Block elements: buttons, selects, inputs. Their keys, limits, and where they may stand."""

from collections.abc import Iterator

from bridge.sandbox.slack.checks import (
    extra_keys,
    items,
    listed,
    optional_string,
    optional_text,
    problem,
    string,
    text_object,
)
from bridge.sandbox.slack.model import Json

_CONFIRM, _HOLD = "confirm", "placeholder"
_PICK = ("action_id", _HOLD, _CONFIRM, "focus_on_load")
_STATIC = ("options", "option_groups")
_BUTTON = ("text", "action_id", "value", "url", "style", _CONFIRM, "accessibility_label", "agent_prompt")
_TYPED = ("action_id", "initial_value", _HOLD, "dispatch_action_config", "focus_on_load")
_DATE = ("action_id", _CONFIRM, "focus_on_load")
_CONVERSATION = ("response_url_enabled", "filter", "default_to_current_conversation")
_CHOOSE = ("action_id", "options", _CONFIRM, "focus_on_load")

# type: keys besides `type`
KEYS: dict[str, tuple[str, ...]] = {
    "button": _BUTTON,
    "workflow_button": ("text", "workflow", "action_id", "style", "accessibility_label"),
    "icon_button": ("icon", "text", "action_id", "value", _CONFIRM, "accessibility_label", "visible_to_user_ids"),
    "feedback_buttons": ("positive_button", "negative_button", "action_id"),
    "overflow": ("action_id", "options", _CONFIRM),
    "static_select": (*_PICK, *_STATIC, "initial_option"),
    "multi_static_select": (*_PICK, *_STATIC, "initial_options", "max_selected_items"),
    "external_select": (*_PICK, "initial_option", "min_query_length"),
    "multi_external_select": (*_PICK, "initial_options", "min_query_length", "max_selected_items"),
    "users_select": (*_PICK, "initial_user"),
    "multi_users_select": (*_PICK, "initial_users", "max_selected_items"),
    "channels_select": (*_PICK, "initial_channel", "response_url_enabled"),
    "multi_channels_select": (*_PICK, "initial_channels", "max_selected_items"),
    "conversations_select": (*_PICK, *_CONVERSATION, "initial_conversation"),
    "multi_conversations_select": (*_PICK, *_CONVERSATION, "initial_conversations", "max_selected_items"),
    "radio_buttons": (*_CHOOSE, "initial_option"),
    "checkboxes": (*_CHOOSE, "initial_options"),
    "datepicker": (*_DATE, _HOLD, "initial_date"),
    "timepicker": (*_DATE, _HOLD, "initial_time", "timezone"),
    "datetimepicker": (*_DATE, "initial_date_time"),
    "plain_text_input": (*_TYPED, "multiline", "min_length", "max_length"),
    "email_text_input": _TYPED,
    "url_text_input": _TYPED,
    "number_input": (*_TYPED, "is_decimal_allowed", "min_value", "max_value"),
    "rich_text_input": _TYPED,
    "file_input": ("action_id", "filetypes", "max_files"),
    "image": ("image_url", "slack_file", "alt_text"),
}

_TEXT_INPUTS = frozenset(
    {"plain_text_input", "email_text_input", "url_text_input", "number_input", "rich_text_input"}
)
INPUTS = frozenset(KEYS) - {
    "button",
    "workflow_button",
    "icon_button",
    "feedback_buttons",
    "overflow",
    "image",
}
IN_ACTIONS = frozenset(KEYS) - _TEXT_INPUTS - {"file_input", "image", "icon_button", "feedback_buttons"} | {
    "rich_text_input"
}
ACCESSORIES = IN_ACTIONS | {"image"}
_MOST_OPTIONS = {"overflow": 5, "radio_buttons": 10, "checkboxes": 10}


def check_element(value: object, path: str, allowed: frozenset[str]) -> Iterator[str]:
    """What is wrong with an element that stands where only `allowed` types may."""
    kind = value.get("type") if isinstance(value, dict) else None
    if not isinstance(value, dict) or kind not in allowed:
        yield problem(f"unsupported element type: {kind}", path)
        return
    yield from extra_keys(value, ("type", *KEYS[str(kind)]), path)
    yield from optional_string(value.get("action_id"), f"{path}/action_id", 255, 1)
    yield from optional_text(value.get(_HOLD), f"{path}/placeholder", 150)
    yield from _confirm(value.get(_CONFIRM), f"{path}/confirm")
    yield from _particular(value, str(kind), path)


def _particular(item: Json, kind: str, path: str) -> Iterator[str]:
    if kind == "button":
        yield from _button(item, path)
    elif kind == "image":
        yield from check_image(item, path)
    elif "options" in KEYS[kind]:
        yield from _choices(item, kind, path)
    elif kind == "file_input":
        yield from _files(item, path)
    elif kind in _TEXT_INPUTS:
        yield from _typed_input(item, kind, path)


def _button(item: Json, path: str) -> Iterator[str]:
    yield from text_object(item.get("text"), f"{path}/text", 75, plain=True)
    yield from optional_string(item.get("value"), f"{path}/value", 2000)
    yield from optional_string(item.get("url"), f"{path}/url", 3000, 1)
    yield from optional_string(item.get("accessibility_label"), f"{path}/accessibility_label", 75)
    if item.get("style") not in (None, "primary", "danger"):
        yield problem("style must be primary or danger", f"{path}/style")


def check_image(item: Json, path: str) -> Iterator[str]:
    """An image names its source and says what it shows."""
    if ("image_url" in item) == ("slack_file" in item):
        yield problem("one of image_url and slack_file is required", path)
    yield from optional_string(item.get("image_url"), f"{path}/image_url", 3000, 1)
    yield from string(item.get("alt_text"), f"{path}/alt_text", 2000)


def _files(item: Json, path: str) -> Iterator[str]:
    kinds, most = item.get("filetypes"), item.get("max_files", 10)
    if kinds is not None and not (isinstance(kinds, list) and all(isinstance(kind, str) for kind in kinds)):
        yield problem("filetypes must be a list of strings", f"{path}/filetypes")
    if not isinstance(most, int) or isinstance(most, bool) or not 1 <= most <= 10:
        yield problem("max_files must be between 1 and 10", f"{path}/max_files")


def _typed_input(item: Json, kind: str, path: str) -> Iterator[str]:
    if kind == "number_input" and not isinstance(item.get("is_decimal_allowed"), bool):
        yield problem("missing required field: is_decimal_allowed", path)
    if kind == "plain_text_input":
        most = item.get("max_length")
        if most is not None and not (isinstance(most, int) and 1 <= most <= 3000):
            yield problem("max_length must be between 1 and 3000", f"{path}/max_length")
        yield from optional_string(item.get("initial_value"), f"{path}/initial_value", most or 3000)


def _confirm(value: object, path: str) -> Iterator[str]:
    if value is None:
        return
    if not isinstance(value, dict):
        yield problem("must be an object", path)
        return
    yield from extra_keys(value, ("title", "text", "confirm", "deny", "style"), path)
    yield from text_object(value.get("title"), f"{path}/title", 100, plain=True)
    yield from text_object(value.get("text"), f"{path}/text", 300)
    yield from text_object(value.get("confirm"), f"{path}/confirm", 30, plain=True)
    yield from text_object(value.get("deny"), f"{path}/deny", 30, plain=True)


def _choices(item: Json, kind: str, path: str) -> Iterator[str]:
    if "option_groups" in item and "options" in item:
        yield problem("options and option_groups exclude each other", path)
    if "option_groups" in item:
        yield from check_option_groups(item["option_groups"], f"{path}/option_groups")
    else:
        most = _MOST_OPTIONS.get(kind, 100)
        yield from check_options(item.get("options"), f"{path}/options", most, kind)
    known = all_options(item)
    for key in ("initial_option", "initial_options"):
        chosen = item.get(key)
        for option in chosen if isinstance(chosen, list) else [chosen] if chosen is not None else []:
            if option not in known:
                yield problem("initial option is none of the options", f"{path}/{key}")


def all_options(item: Json) -> list[Json]:
    """The options of an element, those in groups included."""
    return listed(item.get("options")) + [
        option for group in listed(item.get("option_groups")) for option in listed(group.get("options"))
    ]


def check_option_groups(value: object, path: str) -> Iterator[str]:
    """Groups of options, each with a label."""
    yield from items(value, path, 100)
    for index, group in enumerate(listed(value)):
        yield from text_object(group.get("label"), f"{path}/{index}/label", 75, plain=True)
        yield from check_options(group.get("options"), f"{path}/{index}/options", 100, "static_select")


def check_options(
    value: object, path: str, most: int = 100, kind: str = "static_select", least: int = 1
) -> Iterator[str]:
    """Options: their number, labels and values."""
    yield from items(value, path, most, least)
    plain = kind not in ("radio_buttons", "checkboxes")
    for index, option in enumerate(listed(value)):
        where = f"{path}/{index}"
        yield from extra_keys(option, ("text", "value", "description", "url"), where)
        yield from text_object(option.get("text"), f"{where}/text", 75, plain=plain)
        yield from string(option.get("value"), f"{where}/value", 150)
        yield from optional_text(option.get("description"), f"{where}/description", 75, plain=plain)
