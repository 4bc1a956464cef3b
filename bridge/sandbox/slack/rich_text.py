"""The structure of rich_text blocks: containers, inline elements and their styles."""

from collections.abc import Callable, Iterator

from bridge.sandbox.slack.checks import extra_keys, problem, string
from bridge.sandbox.slack.model import Json

_STYLES = frozenset({"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"})

# type: (keys it must have, keys it may have)
_INLINE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "text": (("text",), ("style",)),
    "link": (("url",), ("text", "unsafe", "style")),
    "emoji": (("name",), ("unicode", "skin_tone", "url", "display_name", "style")),
    "user": (("user_id",), ("style",)),
    "usergroup": (("usergroup_id",), ("style",)),
    "channel": (("channel_id",), ("style",)),
    "team": (("team_id",), ("style",)),
    "broadcast": (("range",), ("style",)),
    "date": (("timestamp", "format"), ("fallback", "url", "style")),
    "color": (("value",), ("style",)),
}
_CONTAINERS: dict[str, tuple[str, ...]] = {
    "rich_text_section": (),
    "rich_text_quote": ("border",),
    "rich_text_preformatted": ("border", "language"),
    "rich_text_list": ("style", "indent", "offset", "border"),
}


def check_rich_text(block: Json, path: str) -> Iterator[str]:
    """What is wrong with the elements of a rich_text block."""
    yield from _each(block.get("elements"), f"{path}/elements", _container)


def _each(items: object, path: str, check: Callable[[Json, str], Iterator[str]]) -> Iterator[str]:
    if not isinstance(items, list) or not items:
        yield problem("must be a list with at least one element", path)
        return
    for index, item in enumerate(items):
        where = f"{path}/{index}"
        if isinstance(item, dict):
            yield from check(item, where)
        else:
            yield problem("must be an object", where)


def _container(item: Json, path: str) -> Iterator[str]:
    kind = item.get("type")
    if kind not in _CONTAINERS:
        yield problem(f"unsupported rich text element: {kind}", path)
        return
    yield from extra_keys(item, ("type", "elements", *_CONTAINERS[str(kind)]), path)
    if kind == "rich_text_list":
        yield from _list(item, path)
    else:
        yield from _each(item.get("elements"), f"{path}/elements", _inline)


def _list(item: Json, path: str) -> Iterator[str]:
    if item.get("style") not in ("bullet", "ordered"):
        yield problem("style must be bullet or ordered", f"{path}/style")
    if not 0 <= int(item.get("indent") or 0) <= 8:
        yield problem("indent must be between 0 and 8", f"{path}/indent")
    yield from _each(item.get("elements"), f"{path}/elements", _list_item)


def _list_item(item: Json, path: str) -> Iterator[str]:
    if item.get("type") != "rich_text_section":
        yield problem("a list holds rich_text_section only", path)
        return
    yield from _container(item, path)


def _inline(item: Json, path: str) -> Iterator[str]:
    kind = item.get("type")
    if kind not in _INLINE:
        yield problem(f"unsupported rich text element: {kind}", path)
        return
    required, optional = _INLINE[str(kind)]
    yield from extra_keys(item, ("type", *required, *optional), path)
    for key in required:
        yield from _required(item, key, path)
    if kind == "broadcast" and item.get("range") not in ("here", "channel", "everyone"):
        yield problem("range must be here, channel or everyone", f"{path}/range")
    yield from _style(item.get("style"), path)


def _required(item: Json, key: str, path: str) -> Iterator[str]:
    if key == "timestamp":
        if not isinstance(item.get(key), int):
            yield problem("must be a number", f"{path}/{key}")
    else:
        yield from string(item.get(key), f"{path}/{key}")


def _style(style: object, path: str) -> Iterator[str]:
    if style is None:
        return
    if not isinstance(style, dict) or not all(k in _STYLES and isinstance(v, bool) for k, v in style.items()):
        yield problem("style must be an object of known styles, each true or false", f"{path}/style")
