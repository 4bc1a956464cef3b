"""May this text go out? One decision, for every purpose, in one order.

The order is the product's: the first reason that applies is the one staff read. Steps that need facts which do
not exist yet are absent, not assumed.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from bridge.refusals import Refusal
from bridge.rules.counting import is_long
from bridge.rules.preferences import LINES
from bridge.rules.segments import too_long

RATE_LIMIT = 10  # texts per person
RATE_WINDOW = timedelta(seconds=60)  # rolling
DAY = timedelta(hours=24)  # rolling
SAME_TEXT_WINDOW = timedelta(seconds=2)
STALE_AFTER = timedelta(hours=4)  # nobody wants yesterday's answer to arrive today

PICTURE_TYPES = frozenset({"image/jpeg", "image/jpg", "image/png", "image/gif"})
PICTURE_LIMIT = 5_000_000  # bytes; Twilio's limit for the whole message
MOST_PICTURES = 10


class Purpose(StrEnum):
    """Why a text goes out."""

    REPLY = "reply"
    FIRST = "first"  # staff begin a conversation
    CANNED = "canned"
    SCHEDULED = "scheduled"
    AUTO = "auto"  # nobody is there just now
    AI = "ai"
    POLL = "poll"
    FEEDBACK = "feedback"
    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"
    AWAY = "away"  # two-way SMS is off, and leads who text are told so
    COMPLIANCE = "compliance"  # the one answer to STOP, START or HELP that the law wants or allows


# Rows 16 and 55: these go out whether or not the firm talks with its leads here; and what only then makes sense.
BESIDE_TWO_WAY = frozenset({Purpose.TRANSACTIONAL, Purpose.MARKETING, Purpose.AWAY})
# What we begin, which the law wants within certain hours; what answers somebody comes at any time.
PROACTIVE = frozenset({Purpose.FIRST, Purpose.SCHEDULED, Purpose.POLL, Purpose.FEEDBACK, Purpose.MARKETING})
# V-15: campaigns, transactional texts and what the law wants said are not what two-way SMS is paid for.
PAID_FOR = frozenset(Purpose) - BESIDE_TWO_WAY - {Purpose.COMPLIANCE}


@dataclass(frozen=True)
class File:
    """A file that staff attached, as Slack described it."""

    media_type: str
    size: int


@dataclass(frozen=True, repr=False)
class Facts:
    """What the decision is made on.

    untextable_lines: the kinds of line that the firm does not text. suspected: words that may have been an opt-
    out wait for a decision. blocked: carriers took too many texts for spam. marketing: there is consent to it.
    quiet: it is night where the recipient is, or may be. recent: the author's texts within RATE_WINDOW.
    crowded: the number has been sent as many as it may be within DAY. capped: the firm has sent as many as it
    may. month_full: it has sent as many of those that are paid for as it wants to. unpaid: it has not paid
    for them for too long. short_only: of those it wants none that is longer than a segment.
    """

    purpose: Purpose
    two_way: bool
    opted_out: bool
    carrier_blocked: bool
    textable: bool
    line_type: str | None
    body: str
    untextable_lines: frozenset[str] = LINES
    suspected: bool = False
    blocked: bool = False
    marketing: bool = False
    quiet: bool = False
    said_just_now: bool = False
    recent: int = 0
    crowded: bool = False
    capped: bool = False
    month_full: bool = False
    unpaid: bool = False
    short_only: bool = False
    files: tuple[File, ...] = ()
    custom_emoji: bool = False


def refuse(facts: Facts) -> Refusal | None:
    """Why this text may not go out, or None when it may."""
    if facts.purpose is Purpose.COMPLIANCE:
        return _refuse_answer_to_keyword(facts)
    return (
        refuse_contact(facts)
        or _refuse_repetition(facts)
        or _refuse_content(facts)
        or (Refusal.QUIET_HOURS if facts.quiet and facts.purpose in PROACTIVE else None)
    )


def _refuse_answer_to_keyword(facts: Facts) -> Refusal | None:
    # The answer to STOP goes to someone who has just opted out; no other purpose may.
    if facts.carrier_blocked:
        return Refusal.STOPPED
    return None if facts.textable else Refusal.NO_PHONE


def refuse_contact(facts: Facts) -> Refusal | None:
    """Why nothing at all may go to this contact, whatever its words; None where something may."""
    if not facts.two_way and facts.purpose not in BESIDE_TWO_WAY:
        return Refusal.TWO_WAY_OFF
    if facts.two_way and facts.purpose is Purpose.AWAY:
        return Refusal.ON_AGAIN
    return _refuse_unwilling(facts) or _refuse_unreachable(facts)


def _refuse_unwilling(facts: Facts) -> Refusal | None:
    if facts.opted_out or facts.carrier_blocked:
        return Refusal.STOPPED
    if facts.suspected:
        return Refusal.SUSPECTED
    if facts.purpose is Purpose.MARKETING and not facts.marketing:
        return Refusal.NO_MARKETING_CONSENT
    return None


def _refuse_unreachable(facts: Facts) -> Refusal | None:
    if not facts.textable:
        return Refusal.NO_PHONE
    return refuse_line(facts.line_type, facts.untextable_lines) or (Refusal.BLOCKED if facts.blocked else None)


def refuse_line(line_type: str | None, untextable_lines: frozenset[str]) -> Refusal | None:
    """Why a line of this kind is not texted, or None where it is; one of unknown kind is."""
    if line_type not in untextable_lines:
        return None
    return Refusal.LANDLINE if line_type == "landline" else Refusal.OTHER_LINE


def _refuse_repetition(facts: Facts) -> Refusal | None:
    if facts.said_just_now:
        return Refusal.DUPLICATE
    if facts.recent >= RATE_LIMIT:
        return Refusal.TOO_FAST
    if facts.crowded:
        return Refusal.RECIPIENT_LIMIT
    if facts.capped:
        return Refusal.DAILY_LIMIT
    if facts.purpose not in PAID_FOR:
        return None
    if facts.unpaid:
        return Refusal.UNPAID
    return Refusal.MONTHLY_CAP if facts.month_full else None


def _refuse_content(facts: Facts) -> Refusal | None:
    if not facts.body.strip() and not facts.files:
        return Refusal.EMPTY
    if _has_gap(facts.body):
        return Refusal.UNFILLED
    if too_long(facts.body):
        return Refusal.TOO_LONG
    if facts.short_only and facts.purpose in PAID_FOR and not facts.files and is_long(facts.body):
        return Refusal.LONG
    if facts.custom_emoji:
        return Refusal.CUSTOM_EMOJI
    return None if _sendable(facts.files) else Refusal.BAD_FILE


def _has_gap(body: str) -> bool:
    """Whether {{ something }} stands in it that a template should have filled."""
    return "}}" in body.partition("{{")[2]


def _sendable(files: tuple[File, ...]) -> bool:
    known = all(file.media_type in PICTURE_TYPES for file in files)
    return known and len(files) <= MOST_PICTURES and sum(file.size for file in files) <= PICTURE_LIMIT
