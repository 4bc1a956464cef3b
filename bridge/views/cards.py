"""The lead card: everything known about one number, on one screen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate

from bridge.rules.mrkdwn import escape, plain_name, quoted
from bridge.rules.phones import national
from bridge.views import blocks as blocked
from bridge.views import modals
from bridge.views.modals import View
from bridge.views.shown import Block, actions, button, day_and_clock, line, section

OPEN = "lead_card"
MESSAGE = "lead_card_message"
LINES = {
    "mobile": "mobile",
    "landline": "landline",
    "fixedVoip": "internet number",
    "nonFixedVoip": "internet number",
    "tollFree": "toll-free number",
    "personal": "personal number",
}
MOST_DETAILS = 10
LONGEST_LINE = 2000  # characters; Slack takes somewhat more


@dataclass(frozen=True, repr=False)
class Said:
    """A text of the conversation. `by` is who wrote it, as mrkdwn."""

    by: str
    words: str
    at: datetime


@dataclass(frozen=True, repr=False)
class Card:
    """What is known. refusal: why nothing can be texted there, in a sentence, if so."""

    phone: str | None
    name: str | None = None
    email: str | None = None
    signups: int = 0
    source: str | None = None
    signed_up_at: datetime | None = None
    tags: Sequence[str] = ()
    details: Mapping[str, str] = field(default_factory=dict)
    line_type: str | None = None
    line_checked: bool = False
    opted_out: bool = False
    marketing: bool = False
    refusal: str | None = None
    is_blocked: bool = False
    said: Sequence[Said] = ()
    channel_id: str | None = None
    link: str | None = None


def title(card: Card) -> str:
    """Who it is: plain words."""
    number = national(card.phone) if card.phone else "no number"
    name = plain_name(card.name) if card.name else ""
    return f"{name} · {number}" if name else number


def blocks(card: Card, *, last: int = 3) -> list[Block]:
    """The card, with the last texts."""
    found = [section(f"*{escape(title(card))}*"), line(" · ".join(_facts(card)))]
    if card.refusal:
        found.append(modals.alert(escape(card.refusal)))
    if details := _details(card):
        found.append(line(details))
    if card.channel_id:
        where = f"<{card.link}|their thread>" if card.link else f"their thread in <#{card.channel_id}>"
        found.append(line(f":thread: You talk with them already, in {where}."))
    for text in card.said[-last:]:
        found += [line(f"{text.by} · {day_and_clock(text.at)}"), quoted(text.words[:300] or "(a picture)")]
    return found


def _facts(card: Card) -> list[str]:
    found = []
    if card.email:
        found.append(escape(plain_name(card.email, 100)))
    if card.signups and card.signed_up_at:
        many = "1 signup" if card.signups == 1 else f"{card.signups} signups, the newest"
        where = f" from “{escape(plain_name(card.source))}”" if card.source else ""
        found.append(f"{many}{where}, {day_and_clock(card.signed_up_at)}")
    else:
        found.append("no signup")
    found.append(_line(card))
    found.append("opted out" if card.opted_out else "may be texted")
    found.append("agreed to marketing" if card.marketing else "has not agreed to marketing")
    return found


def _line(card: Card) -> str:
    if card.line_type:
        return LINES.get(card.line_type, "unknown kind of number")
    return "unknown kind of number" if card.line_checked else "kind of number not looked up yet"


def _details(card: Card) -> str:
    tags = " ".join(_fitting([f"`{escape(plain_name(tag)).replace('`', '')}`" for tag in card.tags[:MOST_DETAILS]]))
    known = [
        f"{escape(plain_name(name))}: {escape(plain_name(value))}"
        for name, value in list(card.details.items())[:MOST_DETAILS]
    ]
    return " · ".join(_fitting([part for part in (tags, *known) if part]))


def _fitting(parts: Sequence[str]) -> list[str]:
    """As many as fit into one line. Escaped, some names are five times as long."""
    ends = accumulate(len(part) + len(" · ") for part in parts)
    return [part for part, end in zip(parts, ends, strict=True) if end <= LONGEST_LINE]


def modal(card: Card, chosen: str, *, for_admin: bool = False) -> View:
    """The card by itself. Whoever can be texted can be texted from here."""
    found = blocks(card, last=5)
    if not card.refusal:
        found.append(actions(button("Message", MESSAGE, chosen, style="primary")))
    if card.is_blocked and for_admin:
        found.append(blocked.offer(chosen))
    return modals.modal("Lead card", found, close="Close", callback_id=OPEN, private_metadata=chosen)
