"""Hints for those who text leads: quietly, to the author alone, and each kind once a day."""

from collections.abc import Sequence
from datetime import datetime

from bridge.rules.content import Concern
from bridge.rules.names import first_name, greets
from bridge.rules.sending import RATE_WINDOW
from bridge.store import messages, seen
from bridge.store.firms import Firm
from bridge.store.tx import Tx

MANY = 3  # texts to one lead within RATE_WINDOW
IN_A_ROW = (
    "That is {} texts to this lead within a minute. Several in a row are easily taken for spam: put what belongs "
    "together into one."
)

NO_NAME = "Texts are friendlier that greet by name: the next one may begin with “Hi {}”."


async def new(
    tx: Tx,
    firm: Firm,
    author_id: str,
    conversation_id: int,
    concerns: Sequence[Concern],
    recent: int,
    now: datetime,
) -> list[str]:
    """What this author has not been told today about a text that was just accepted.

    Of most texts there is nothing to say, and then nothing is looked up. `recent` counts the author's other texts
    of the last minute, to whomever.
    """
    found = [(concern.about.value, concern.sentence) for concern in concerns]
    if recent + 1 >= MANY:
        since, until = now - RATE_WINDOW, now + RATE_WINDOW
        in_a_row = await messages.count_to(tx, firm.id, author_id, conversation_id, since, until)
        if in_a_row >= MANY:
            found.append(("in_a_row", IN_A_ROW.format(in_a_row)))
    return [sentence for kind, sentence in found if await _is_new(tx, firm, author_id, kind, now)]


async def greeting(tx: Tx, firm: Firm, author_id: str, name: str, body: str, now: datetime) -> str | None:
    """What to say of a first text that does not name somebody whose name is known, unless it was said today."""
    first = first_name(name)
    if first is None or greets(body, first):
        return None
    return NO_NAME.format(first) if await _is_new(tx, firm, author_id, "greeting", now) else None


async def _is_new(tx: Tx, firm: Firm, author_id: str, kind: str, now: datetime) -> bool:
    day = now.astimezone(firm.prefers.zone).date()
    return await seen.first_time(tx, firm.id, [f"hint:{kind}:{author_id}:{day}"], now)
