"""Reads a Slack message, in either of its two shapes, as the elements of rich text.

The shapes are those of docs.slack.dev: "Rich text block", which everything typed into Slack carries, and
"Formatting message text" for the older tokens in angle brackets. Whatever has another form is passed over.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

Json = Mapping[str, object]

_SKIN_TONES = "\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_TOKEN = re.compile(r"<([@#!][^<>]+|[A-Za-z][A-Za-z0-9+.-]*:[^<>]+)>")


def boxes(blocks: Sequence[Json]) -> list[Json]:
    """The sections, lists, quotes and preformatted parts of the first rich text block."""
    return next((children(block) for block in blocks if block.get("type") == "rich_text"), [])


def leaves(inside: Iterable[Json]) -> Iterator[Json]:
    """The elements in these boxes in reading order: texts, links, mentions, emoji."""
    for box in inside:
        yield from leaves(children(box)) if "elements" in box else (box,)


def elements(text: str) -> Iterator[Json]:
    """The same elements out of the older shape. What stands in brackets and is no token of Slack's stays text."""
    for position, piece in enumerate(_TOKEN.split(text)):
        if position % 2:
            target, _, label = piece.partition("|")
            yield _token(_unescape(target), _unescape(label))
        else:
            yield {"type": "text", "text": _unescape(piece)}


def children(box: Json) -> list[Json]:
    """What a box holds."""
    found = box.get("elements")
    return [child for child in found if isinstance(child, Mapping)] if isinstance(found, list) else []


def first(element: Json, *keys: str) -> str:
    """The first of these that is a text with something in it; otherwise the empty text."""
    return next((value for key in keys if isinstance(value := element.get(key), str) and value), "")


def number(element: Json, key: str) -> int:
    """A whole number, or 0."""
    value = element.get(key)
    return value if isinstance(value, int) else 0


def glyph(emoji: Json) -> str:
    """The emoji as a character, out of code points such as "1f44d-1f3fd"; empty for one that only Slack has.

    Slack counts skin tones from 2 to 6 and as a rule has them among the code points already.
    """
    try:
        points = [chr(int(code, 16)) for code in first(emoji, "unicode").split("-")]
    except (ValueError, OverflowError):
        return ""
    tone = number(emoji, "skin_tone")
    if 2 <= tone <= 6 and not set(_SKIN_TONES) & set(points):
        points.insert(1, _SKIN_TONES[tone - 2])
    return "".join(points)


def _token(target: str, label: str) -> Json:
    kind, (what, *details) = target[0], target[1:].split("^")
    match kind, what:
        case "@", user:
            return {"type": "user", "user_id": user, "text": label}
        case "#", channel:
            return {"type": "channel", "channel_id": channel, "text": label}
        case "!", "subteam":
            return {"type": "usergroup", "usergroup_id": "".join(details[:1]), "text": label}
        case "!", ("here" | "channel" | "everyone") as span:
            return {"type": "broadcast", "range": span}
        case "!", other:
            return {"type": "text", "text": label or other}
        case _:
            return {"type": "link", "url": target, "text": label}


def _unescape(text: str) -> str:
    """The ampersand last, or "&amp;lt;" would become a bracket that nobody typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
