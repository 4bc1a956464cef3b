"""Blocks and views: what Slack takes in messages, modals and the Home tab, and what it refuses."""

import json
from collections.abc import Callable, Iterator
from typing import Literal

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
from bridge.sandbox.slack.elements import ACCESSORIES, IN_ACTIONS, INPUTS, check_element, check_image
from bridge.sandbox.slack.model import Json
from bridge.sandbox.slack.rich_text import check_rich_text

Surface = Literal["message", "modal", "home"]
MOST_BLOCKS: dict[Surface, int] = {"message": 50, "modal": 100, "home": 100}
MOST_CHARACTERS = 13_200
MOST_MARKDOWN = 12_000
MOST_VIEW_BYTES = 250 * 1024

_VIEW_KEYS = ("type", "blocks", "private_metadata", "callback_id", "external_id")
_MODAL_KEYS = ("title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled")


def check_blocks(blocks: object, surface: Surface, path: str = "/blocks", least: int = 1) -> list[str]:
    """Everything that Slack would refuse in these blocks."""
    found = list(items(blocks, path, MOST_BLOCKS[surface], least))
    for index, block in enumerate(blocks if isinstance(blocks, list) else []):
        found += _block(block, f"{path}/{index}", surface)
    return found + list(_repeated([b.get("block_id") for b in listed(blocks)], "block_id", path))


def check_view(view: object) -> list[str]:
    """Everything that Slack would refuse in this view, its blocks included."""
    if not isinstance(view, dict) or view.get("type") not in ("modal", "home"):
        return [problem("view must be an object of type modal or home", "/view")]
    modal = view["type"] == "modal"
    found = list(extra_keys(view, _VIEW_KEYS + _MODAL_KEYS if modal else _VIEW_KEYS, "/view"))
    found += optional_string(view.get("private_metadata"), "/view/private_metadata", 3000)
    found += optional_string(view.get("callback_id"), "/view/callback_id", 255)
    found += optional_string(view.get("external_id"), "/view/external_id", 255)
    found += _modal_texts(view) if modal else []
    surface: Surface = "modal" if modal else "home"
    return found + check_blocks(view.get("blocks"), surface, "/view/blocks", least=1 if modal else 0)


def view_is_too_large(view: object) -> bool:
    return len(json.dumps(view).encode()) > MOST_VIEW_BYTES


def characters(blocks: object) -> int:
    """How much text the blocks carry, which Slack limits over all blocks of a message."""
    if isinstance(blocks, list):
        return sum(characters(item) for item in blocks)
    if isinstance(blocks, dict):
        own = blocks.get("text")
        nested = sum(
            characters(value) for key, value in blocks.items() if key != "text" or not isinstance(own, str)
        )
        return nested + (len(own) if isinstance(own, str) else 0)
    return 0


def _modal_texts(view: Json) -> list[str]:
    found = list(text_object(view.get("title"), "/view/title", 24, plain=True))
    found += optional_text(view.get("submit"), "/view/submit", 24)
    found += optional_text(view.get("close"), "/view/close", 24)
    if "submit" not in view and any(b.get("type") == "input" for b in listed(view.get("blocks"))):
        found.append(problem("a view with input blocks needs submit", "/view/submit"))
    return found


def _repeated(names: list[object], key: str, path: str) -> Iterator[str]:
    given = [name for name in names if name is not None]
    for name in {str(n) for n in given if given.count(n) > 1}:
        yield problem(f"`{key}` {name} already exists", path)


def _block(block: object, path: str, surface: Surface) -> list[str]:
    kind = block.get("type") if isinstance(block, dict) else None
    if not isinstance(block, dict) or kind not in _BLOCKS:
        return [problem(f"unsupported block: {kind}", path)]
    keys, check, surfaces = _BLOCKS[str(kind)]
    found = [] if surface in surfaces else [problem(f"block {kind} is not for a {surface}", path)]
    if keys is not None:
        found += extra_keys(block, ("type", "block_id", *keys), path)
    found += optional_string(block.get("block_id"), f"{path}/block_id", 255, 1)
    return found + list(check(block, path))


def _section(block: Json, path: str) -> Iterator[str]:
    if "text" not in block and "fields" not in block:
        yield problem("missing required field: text or fields", path)
    if "text" in block:
        yield from text_object(block["text"], f"{path}/text", 3000)
    if "fields" in block:
        yield from items(block["fields"], f"{path}/fields", 10)
        for index, one in enumerate(listed(block["fields"])):
            yield from text_object(one, f"{path}/fields/{index}", 2000)
    if "accessory" in block:
        yield from check_element(block["accessory"], f"{path}/accessory", ACCESSORIES)


def _header(block: Json, path: str) -> Iterator[str]:
    yield from text_object(block.get("text"), f"{path}/text", 150, plain=True)


def _context(block: Json, path: str) -> Iterator[str]:
    yield from items(block.get("elements"), f"{path}/elements", 10)
    for index, item in enumerate(listed(block.get("elements"))):
        where = f"{path}/elements/{index}"
        if item.get("type") == "image":
            yield from check_image(item, where)
        else:
            yield from text_object(item, where, 3000)


def _actions(block: Json, path: str) -> Iterator[str]:
    yield from items(block.get("elements"), f"{path}/elements", 25)
    elements = listed(block.get("elements"))
    for index, item in enumerate(elements):
        yield from check_element(item, f"{path}/elements/{index}", IN_ACTIONS)
    yield from _repeated([item.get("action_id") for item in elements], "action_id", f"{path}/elements")


def _image(block: Json, path: str) -> Iterator[str]:
    yield from check_image(block, path)
    yield from optional_text(block.get("title"), f"{path}/title", 2000)


def _input(block: Json, path: str) -> Iterator[str]:
    yield from text_object(block.get("label"), f"{path}/label", 2000, plain=True)
    yield from optional_text(block.get("hint"), f"{path}/hint", 2000)
    yield from check_element(block.get("element"), f"{path}/element", INPUTS)


def _markdown(block: Json, path: str) -> Iterator[str]:
    yield from string(block.get("text"), f"{path}/text", MOST_MARKDOWN)


def _alert(block: Json, path: str) -> Iterator[str]:
    yield from text_object(block.get("text"), f"{path}/text", 3000)
    if block.get("level") not in (None, "default", "info", "warning", "error", "success"):
        yield problem("unknown level", f"{path}/level")


def _video(block: Json, path: str) -> Iterator[str]:
    yield from text_object(block.get("title"), f"{path}/title", 199, plain=True)
    for key in ("video_url", "thumbnail_url", "alt_text"):
        yield from string(block.get(key), f"{path}/{key}", 3000)


def _table(block: Json, path: str) -> Iterator[str]:
    yield from items(block.get("rows"), f"{path}/rows", 101)


def _chart(block: Json, path: str) -> Iterator[str]:
    yield from string(block.get("title"), f"{path}/title", 50)
    if not isinstance(block.get("chart"), dict):
        yield problem("missing required field: chart", path)


def _unchecked(_block: Json, _path: str) -> Iterator[str]:
    """Blocks too new for us to know their limits: the type is known, the content is not looked at."""
    yield from ()


_Check = Callable[[Json, str], Iterator[str]]
_ANYWHERE: tuple[Surface, ...] = ("message", "modal", "home")
_MESSAGE: tuple[Surface, ...] = ("message",)

# type: (its keys, None where we do not know them all; its check; where it may stand)
_BLOCKS: dict[str, tuple[tuple[str, ...] | None, _Check, tuple[Surface, ...]]] = {
    "section": (("text", "fields", "accessory", "expand"), _section, _ANYWHERE),
    "header": (("text",), _header, _ANYWHERE),
    "divider": ((), _unchecked, _ANYWHERE),
    "context": (("elements",), _context, _ANYWHERE),
    "actions": (("elements",), _actions, _ANYWHERE),
    "image": (("image_url", "slack_file", "alt_text", "title"), _image, _ANYWHERE),
    "input": (("label", "element", "hint", "optional", "dispatch_action"), _input, _ANYWHERE),
    "rich_text": (("elements",), check_rich_text, _ANYWHERE),
    "video": (None, _video, _ANYWHERE),
    "file": (("external_id", "source"), _unchecked, _MESSAGE),
    "markdown": (("text",), _markdown, _MESSAGE),
    "table": (("rows", "column_settings"), _table, _MESSAGE),
    "data_table": (None, _table, _MESSAGE),
    "data_visualization": (("title", "chart"), _chart, _MESSAGE),
    "alert": (("text", "level"), _alert, ("modal",)),
    "card": (None, _unchecked, _MESSAGE),
    "carousel": (None, _unchecked, _MESSAGE),
    "container": (None, _unchecked, _MESSAGE),
    "context_actions": (("elements",), _unchecked, _MESSAGE),
    "plan": (None, _unchecked, _MESSAGE),
    "task_card": (None, _unchecked, _MESSAGE),
}
