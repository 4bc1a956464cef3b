"""The list of conversations in Home: the latest first, with a mark where nobody has answered yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.rules.mrkdwn import escape, plain_name
from bridge.rules.phones import national
from bridge.views.shown import Block, actions, button, day_and_clock, line, section

NEWER, OLDER = "inbox_newer", "inbox_older"
PAGE = 20  # conversations
WORDS = 120  # characters of what was said last
UNREAD = ":large_blue_circle:"
EMPTY = "No conversations yet. When a lead texts, or you text one, it is listed here."


@dataclass(frozen=True, repr=False)
class Line:
    """A conversation. `is_unread`: the lead has the last word. `link` is the address of its thread."""

    phone: str
    name: str | None
    words: str
    at: datetime
    is_unread: bool
    channel_id: str | None
    link: str | None


def blocks(lines: Sequence[Line], *, page: int, has_more: bool) -> list[Block]:
    """One page of it."""
    if not lines and not page:
        return [line(EMPTY)]
    buttons = [button("Newer", NEWER, str(page - 1))] if page else []
    buttons += [button("Older", OLDER, str(page + 1))] if has_more else []
    return [section("*Conversations*"), *map(_line, lines), *([actions(*buttons)] if buttons else [])]


def _line(shown: Line) -> Block:
    number = plain_name(national(shown.phone)) or "unknown sender"
    title = escape(f"{plain_name(shown.name)} · {number}" if shown.name else number)
    linked = f"<{shown.link}|{title}>" if shown.link else f"*{title}*"
    where = "" if shown.link or not shown.channel_id else f" · in <#{shown.channel_id}>"
    said = escape(plain_name(shown.words, WORDS)) or "(a picture)"
    by = "" if shown.is_unread else "↩ "
    return section(
        f"{UNREAD + ' ' if shown.is_unread else ''}{linked} · {day_and_clock(shown.at)}{where}\n{by}{said}"
    )
