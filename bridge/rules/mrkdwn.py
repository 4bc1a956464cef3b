"""Text on its way between Slack and SMS: what a lead reads of a staff reply, how staff are shown a lead's text."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from bridge.rules import rich_text
from bridge.rules.rich_text import Json, first, number

Names = Callable[[str], str | None]

_NOTE = re.compile(r"//|note\s*:", re.IGNORECASE)
_BLANKS = " \t\r\n\u00a0\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u2060\ufeff"
_STYLE_MARKS = "*_~`>•-"
_SURROGATES = re.compile("[\ud800-\udfff]")
_MISLEADING = re.compile("[\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


@dataclass(frozen=True, repr=False)
class Sms:
    """A Slack message as plain text, and what plain text could not say."""

    text: str
    unknown_users: tuple[str, ...]  # users and user groups nobody could name; each reads "@someone"
    custom_emoji: tuple[str, ...]  # pictures of that workspace only; each reads ":name:"


def to_sms(text: str, blocks: Sequence[Json], names: Names) -> Sms:
    """What a lead is to read. `names` tells the name of a user, user group or channel by its id, or None."""
    writer = _Writer(names)
    plain = plain_words(writer.lines(rich_text.boxes(blocks)))
    if not plain:
        plain = plain_words("".join(map(writer.leaf, rich_text.elements(text))))
    return Sms(plain, tuple(dict.fromkeys(writer.unknown)), tuple(dict.fromkeys(writer.custom)))


def mentions_first(text: str, blocks: Sequence[Json]) -> str | None:
    """Whom the message addresses: id of a user or user group, or "here", "channel", "everyone"; None if nobody."""
    for reading in _readings(text, blocks):
        visible = (element for element in reading if _shown(element).strip(_BLANKS + _STYLE_MARKS))
        if addressed := _mentioned(next(visible, {})):
            return addressed
    return None


def is_note(text: str, blocks: Sequence[Json]) -> bool:
    """Is it marked as a note among colleagues, in either of its shapes? In doubt it is: notes must not leak."""
    for reading in _readings(text, blocks):
        shown = unicodedata.normalize("NFKC", "".join(map(_shown, reading)))
        if _NOTE.match(shown.lstrip(_BLANKS + _STYLE_MARKS)):
            return True
    return False


def escape(text: str) -> str:
    """For mrkdwn: no mention, link or command survives. The ampersand goes first, or it would hit the others."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def as_typed(text: str) -> str:
    """What somebody typed behind a command: Slack escapes it as it wants to have texts escaped."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def literal(text: str) -> dict[str, object]:
    """A block that shows the text as it is: Slack interprets nothing in it."""
    return _block("rich_text_section", text)


def quoted(text: str) -> dict[str, object]:
    """As `literal`, with the bar of a quotation beside it."""
    return _block("rich_text_quote", text)


def plain_name(name: str, limit: int = 75) -> str:
    """A name for plain_text: one line, nothing that turns the text around it, at most `limit` long, maybe empty."""
    visible = _MISLEADING.sub("", _SURROGATES.sub("\ufffd", name))
    line = " ".join("".join(" " if unicodedata.category(c) == "Cc" else c for c in visible).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def clean(body: str) -> str:
    """What a database may store: PostgreSQL refuses NUL, and no lone surrogate can be written as UTF-8."""
    return _SURROGATES.sub("\ufffd", body.replace("\0", ""))


def plain_words(text: str) -> str:
    """Newlines as in SMS, no other control characters; no-break spaces, invisible but not in GSM-7, as spaces."""
    lines = "\n".join(text.splitlines()).replace("\t", " ").replace("\u00a0", " ")
    return "".join(c for c in lines if c == "\n" or unicodedata.category(c) not in {"Cc", "Cs"}).strip()


@dataclass
class _Writer:
    """Puts elements into words and remembers what it had no word for."""

    names: Names
    unknown: list[str] = field(default_factory=list)
    custom: list[str] = field(default_factory=list)

    def lines(self, boxes: Iterable[Json]) -> str:
        """Boxes below each other; Slack ends some of them with a newline of their own."""
        written = ""
        for box in boxes:
            written += "\n" if written and not written.endswith("\n") else ""
            written += self.box(box)
        return written

    def box(self, box: Json) -> str:
        match box.get("type"):
            case "rich_text_list":
                return self.items(box)
            case "rich_text_quote":
                return "\n".join(f"> {line}" for line in self.run(box).rstrip("\n").split("\n"))
            case _:
                return self.run(box)

    def run(self, box: Json) -> str:
        inside = rich_text.children(box)
        return "".join(self.box(child) if "elements" in child else self.leaf(child) for child in inside)

    def items(self, box: Json) -> str:
        """Hyphens, because a bullet is outside GSM-7 and would more than halve what fits into a segment."""
        indent, ordered = "  " * min(number(box, "indent"), 8), box.get("style") == "ordered"
        items = enumerate(rich_text.children(box), number(box, "offset") + 1)
        return "\n".join(f"{indent}{f'{n}.' if ordered else '-'} {self.box(item)}" for n, item in items)

    def leaf(self, element: Json) -> str:
        match element.get("type"):
            case "link":
                return _link(first(element, "url"), first(element, "text").strip())
            case "emoji":
                return self.emoji(element)
            case "user" | "usergroup" | "team":
                return "@" + self.someone(_mentioned(element), first(element, "text"))
            case "channel":
                known = self.names(first(element, "channel_id")) or first(element, "text")
                return "#" + (plain_name(known).lstrip("#") or "channel")
            case "broadcast":
                return "@" + first(element, "range")
            case _:
                return first(element, "text", "fallback", "value", "url", "name")

    def someone(self, who: str, label: str) -> str:
        known = plain_name(self.names(who) or label).lstrip("@")
        if not known:
            self.unknown.append(who)
        return known or "someone"

    def emoji(self, element: Json) -> str:
        drawn, name = rich_text.glyph(element), first(element, "name")
        if not drawn:
            self.custom.append(name)
        return drawn or f":{name}:"


def _link(url: str, label: str) -> str:
    """The label alone where it says the address already, otherwise both: a lead must see where a link leads."""
    scheme, _, rest = url.partition(":")
    address = rest if scheme in {"mailto", "tel"} else url
    if not label or _says(label, address):
        return label or address
    return f"{label} ({address})"


def _says(label: str, address: str) -> bool:
    """Is it the address, perhaps without its scheme, or the same telephone number written in another way?"""
    if re.fullmatch(r"\+?[\d ().-]+", address):
        digits = re.sub(r"\D", "", label)
        return len(digits) >= 7 and re.sub(r"\D", "", address).endswith(digits)
    return label.rstrip("/") in {address.rstrip("/"), re.sub(r"^https?://", "", address).rstrip("/")}


def _readings(text: str, blocks: Sequence[Json]) -> tuple[Iterator[Json], Iterator[Json]]:
    return rich_text.leaves(rich_text.boxes(blocks)), rich_text.elements(text)


def _mentioned(element: Json) -> str:
    return first(element, "user_id", "usergroup_id", "team_id", "range")


def _shown(element: Json) -> str:
    """What is seen of an element, as far as the beginning of a message matters: a picture is one character."""
    return first(element, "text", "url") or ("" if element.get("type") == "text" else "\ufffc")


def _block(box: str, text: str) -> dict[str, object]:
    """Slack answers invalid_blocks to a text of no characters; staff should see that there was none."""
    leaf: dict[str, object] = {"type": "text", "text": _SURROGATES.sub("\ufffd", text.replace("\0", "\ufffd"))}
    if not text.strip():
        leaf = {"type": "text", "text": "(no text)", "style": {"italic": True}}
    return {"type": "rich_text", "elements": [{"type": box, "elements": [leaf]}]}
