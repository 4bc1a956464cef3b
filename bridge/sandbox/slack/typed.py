"""What Slack's client makes of what a person types: `text` in Slack's markup, and a rich_text block."""

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

from bridge.sandbox.slack import emoji
from bridge.sandbox.slack.model import Json

_STYLES = {"*": "bold", "_": "italic", "~": "strike", "`": "code"}

_TOKEN = re.compile(
    r"<@(?P<user>[UW][A-Z0-9]+)(?:\|[^>]*)?>"
    r"|(?<![\w@])@(?P<at>[UW][A-Z0-9]{2,})\b"
    r"|<#(?P<channel>C[A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<!subteam\^(?P<group>S[A-Z0-9]+)(?:\|[^>]*)?>"
    r"|<!(?P<everyone>here|channel|everyone)>"
    r"|(?<![\w@])@(?P<everyone_at>here|channel|everyone)\b"
    r"|(?P<url>https?://[^\s<>|]*[^\s<>|.,;:!?)\]}'\"])"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,})"
    r"|(?<![\w.@/-])(?P<domain>(?:[a-z0-9-]+\.)+(?:com|org|net|io|example)\b(?:/[^\s<>|]*[^\s<>|.,;:!?)])?)"
    r"|:(?P<emoji>[a-z0-9_+'-]+):(?::skin-tone-(?P<tone>[2-6]):)?"
    r"|(?<!\w)(?P<mark>[*_~`])(?P<styled>[^\s*_~`](?:[^*_~`\n]*[^\s*_~`])?)(?P=mark)(?!\w)"
    r"|(?P<glyph>"
    + "|".join(re.escape(g) for g in sorted(emoji.NAME_OF_GLYPH, key=len, reverse=True))
    + r")(?P<shade>[\U0001f3fb-\U0001f3ff])?(?!\u200d)"
)


@dataclass(frozen=True)
class Piece:
    """One run of typed text: how `text` shows it, and its rich_text element."""

    text: str
    element: Json


def escape(raw: str) -> str:
    """The three characters that are control characters in Slack's markup."""
    return raw.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def typed(raw: str, *, people: Collection[str] = (), custom_emoji: Collection[str] = ()) -> tuple[str, list[Json]]:
    """The `text` and the elements of the rich_text block that Slack's client sends for what was typed."""
    pieces = list(_pieces(raw, people, custom_emoji))
    return "".join(p.text for p in pieces), _joined([p.element for p in pieces])


def _pieces(raw: str, people: Collection[str], custom_emoji: Collection[str]) -> Iterator[Piece]:
    done = 0
    for match in _TOKEN.finditer(raw):
        piece = _token(match, people, custom_emoji)
        if piece is None:
            continue
        if match.start() > done:
            yield _plain(raw[done : match.start()])
        yield piece
        done = match.end()
    if done < len(raw):
        yield _plain(raw[done:])


def _plain(raw: str) -> Piece:
    return Piece(escape(raw), {"type": "text", "text": raw})


def _token(match: re.Match[str], people: Collection[str], custom_emoji: Collection[str]) -> Piece | None:
    """The piece behind a match, None when it only looks like markup."""
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    if "emoji" in found:
        return _named_emoji(found, custom_emoji)
    if "at" in found and found["at"] not in people:
        return None
    return next(make(found[name], found) for name, make in _MAKERS.items() if name in found)


def _named_emoji(found: dict[str, str], custom_emoji: Collection[str]) -> Piece | None:
    name, tone = found["emoji"], found.get("tone")
    if name not in emoji.CODE_POINTS and name not in custom_emoji:
        return None
    return _emoji(name, int(tone) if tone else None)


def _emoji(name: str, tone: int | None) -> Piece:
    shown = f":{name}:" + (f":skin-tone-{tone}:" if tone else "")
    return Piece(shown, emoji.element(name, tone))


def _user(value: str, _: dict[str, str]) -> Piece:
    return Piece(f"<@{value}>", {"type": "user", "user_id": value})


def _everyone(value: str, _: dict[str, str]) -> Piece:
    return Piece(f"<!{value}>", {"type": "broadcast", "range": value})


def _url(value: str, _: dict[str, str]) -> Piece:
    return Piece(f"<{escape(value)}>", {"type": "link", "url": value})


def _labelled(scheme: str, value: str) -> Piece:
    return Piece(f"<{scheme}{value}|{value}>", {"type": "link", "url": scheme + value, "text": value})


def _styled(value: str, found: dict[str, str]) -> Piece:
    mark = found["mark"]
    element = {"type": "text", "text": value, "style": {_STYLES[mark]: True}}
    return Piece(f"{mark}{escape(value)}{mark}", element)


def _glyph(value: str, found: dict[str, str]) -> Piece:
    shade = found.get("shade")
    tone = ord(shade) - ord("\U0001f3fb") + 2 if shade else None
    return _emoji(emoji.NAME_OF_GLYPH[value], tone)


_MAKERS: dict[str, Callable[[str, dict[str, str]], Piece]] = {
    "user": _user,
    "at": _user,
    "channel": lambda v, _: Piece(f"<#{v}>", {"type": "channel", "channel_id": v}),
    "group": lambda v, _: Piece(f"<!subteam^{v}>", {"type": "usergroup", "usergroup_id": v}),
    "everyone": _everyone,
    "everyone_at": _everyone,
    "url": _url,
    "email": lambda v, _: _labelled("mailto:", v),
    "domain": lambda v, _: _labelled("http://", v),
    "styled": _styled,
    "glyph": _glyph,
}


def _joined(elements: list[Json]) -> list[Json]:
    """Neighbouring plain texts as one element."""
    joined: list[Json] = []
    for element in elements:
        last = joined[-1] if joined else None
        if last and last["type"] == "text" == element["type"] and "style" not in last and "style" not in element:
            last["text"] += element["text"]
        else:
            joined.append(element)
    return joined
