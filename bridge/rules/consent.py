"""Who agreed to what: the events of the consent ledger, and what they add up to.

There are two scopes. Who opts out of all gets no text of any kind; who takes back their consent to marketing still
gets answers. What the lead said, by a text or through their carrier, only the lead's START takes back. What staff
or a list said, staff can undo.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from typing import Any


class Change(StrEnum):
    """What an event changes."""

    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"  # START, and for marketing whatever proves consent
    UNDO = "undo"  # takes back an opt-out that was not the lead's
    MAY_BE_TEXTED = "may_be_texted"  # why a first text was allowed: evidence alone, which lifts nothing
    HELP = "help"
    SUSPECTED = "suspected"  # words that may have been an opt-out
    REMINDED = "reminded"  # nobody had decided, and was asked again
    DISMISSED = "dismissed"  # they were none


class Scope(StrEnum):
    """What an opt-out or opt-in is about."""

    ALL = "all"
    MARKETING = "marketing"


class Source(StrEnum):
    """By which way it was said."""

    SMS = "sms"
    CARRIER = "carrier"
    STAFF = "staff"
    IMPORT = "import"
    FORM = "form"
    VERBAL = "verbal"
    API = "api"
    SYSTEM = "system"


LEAD, CARRIER = "lead", "carrier"  # actors whose word is the lead's
NONE, GRANTED, REVOKED = "none", "granted", "revoked"
# A STOP that came late loses only against what surely came after it: webhooks take some seconds, too, and Twilio
# tells whole seconds.
SURELY_LATER = timedelta(minutes=1)


@dataclass(frozen=True, repr=False)
class Event:
    """One entry of the ledger. `at` is when it was said; where it came `late`, others may have been heard before.

    actor: a Slack user id, "lead", "carrier", "operator" or "bridge". until: when consent ends by itself.
    """

    change: str
    source: str
    evidence: Mapping[str, Any]
    at: datetime
    scope: str = Scope.ALL
    actor: str = LEAD
    late: bool = False
    until: datetime | None = None

    @property
    def is_leads(self) -> bool:
        """Whether it is the lead's own word."""
        return self.actor in {LEAD, CARRIER}


@dataclass(frozen=True, repr=False)
class State:
    """What the events so far add up to.

    stop: the opt-out of all that stands. marketing_by: what decided about marketing. kept: what marketing was
    before staff ended it. suspicion: words that nobody has decided about; reminded: whether that was asked twice.
    The times are of what was said last: `started_at` of a START, `stopped_at` of an opt-out of all, `spoke_at` of
    either by the lead, `marketing_at` of anything about marketing.
    """

    stop: Event | None = None
    marketing: str = NONE
    marketing_until: datetime | None = None
    marketing_by: Event | None = None
    kept: "tuple[str, datetime | None, Event | None] | None" = None
    suspicion: Event | None = None
    reminded: bool = False
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    spoke_at: datetime | None = None
    marketing_at: datetime | None = None

    @property
    def opted_out(self) -> bool:
        """Whether nobody may text them."""
        return self.stop is not None

    @property
    def stopped_by_lead(self) -> bool:
        """Whether only the lead can change that."""
        return self.stop is not None and self.stop.is_leads

    @property
    def columns(self) -> dict[str, Any]:
        """What the contact's row says of it."""
        return {
            "opted_out": self.opted_out,
            "marketing": self.marketing,
            "marketing_until": self.marketing_until,
            "suspected_at": self.suspicion.at if self.suspicion else None,
        }


def fold(events: Iterable[Event]) -> State:
    """What events add up to, in the order in which they were heard."""
    return reduce(after, events, State())


def after(state: State, event: Event) -> State:
    """The state with one event more. What only a newer version knows changes nothing."""
    match event.change, event.scope:
        case Change.OPT_OUT, Scope.ALL:
            return _opt_out(state, event)
        case Change.OPT_OUT, Scope.MARKETING:
            return _end_marketing(state, event)
        case Change.OPT_IN, Scope.ALL:
            return _opt_in(state, event)
        case Change.OPT_IN, Scope.MARKETING:
            return _grant(state, event)
        case Change.UNDO, _:
            return _undo(state, event)
        case Change.SUSPECTED, _:
            return _suspect(state, event)
        case Change.REMINDED, _:
            return replace(state, reminded=state.suspicion is not None)
        case Change.DISMISSED, _:
            return replace(state, suspicion=None, reminded=False)
    return state


def is_overtaken(state: State, event: Event) -> bool:
    """Whether the lead is known to have said something else after this: their last word counts."""
    if not event.late:
        return False
    if event.change == Change.OPT_IN:
        doubted_at = state.suspicion.at if state.suspicion else None
        return _is_after(state.stopped_at, event.at) or _is_after(doubted_at, event.at)
    if event.change == Change.OPT_OUT:
        return _is_after(state.started_at, event.at + SURELY_LATER)
    return event.change == Change.SUSPECTED and _is_after(state.started_at, event.at)


def _is_after(one: datetime | None, other: datetime) -> bool:
    return one is not None and one > other


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None else max(one, other)


def _opt_out(state: State, event: Event) -> State:
    """STOP is about everything. Whatever was said about marketing before it is gone with it."""
    said = replace(state, stopped_at=_later(state.stopped_at, event.at))
    if event.is_leads:
        said = replace(said, spoke_at=_later(state.spoke_at, event.at))
        if not _is_old_about_marketing(state, event):
            said = _without_marketing(said, event)
    if is_overtaken(state, event):
        return said
    keeps = state.stop is not None and (state.stopped_by_lead or not event.is_leads)
    return replace(said, stop=state.stop if keeps else event, suspicion=None, reminded=False)


def _opt_in(state: State, event: Event) -> State:
    """START lifts an opt-out of all, and is no consent to marketing: what was agreed to before that is gone."""
    if event.source != Source.SMS:
        return state  # a form that somebody filled in is not the phone that said STOP
    said = replace(state, started_at=_later(state.started_at, event.at), spoke_at=_later(state.spoke_at, event.at))
    if is_overtaken(state, event):
        return said
    agreed = state.marketing_by
    if state.stop is not None and agreed is not None and state.marketing == GRANTED and agreed.at <= state.stop.at:
        said = _without_marketing(said, event)
    return replace(said, stop=None, suspicion=None, reminded=False)


def _is_old_about_marketing(state: State, event: Event) -> bool:
    """Consent that was given after it stays; where that is not sure, it goes."""
    surely = SURELY_LATER if event.change == Change.OPT_OUT else timedelta(0)
    return event.late and _is_after(state.marketing_at, event.at + surely)


def _without_marketing(state: State, event: Event) -> State:
    """Only new consent brings it back."""
    return replace(
        state, marketing=REVOKED, marketing_until=None, marketing_by=event, kept=None,
        marketing_at=_later(state.marketing_at, event.at),
    )  # fmt: skip


def _end_marketing(state: State, event: Event) -> State:
    if _is_old_about_marketing(state, event):
        return state
    ended = _without_marketing(state, event)
    if event.is_leads:
        return ended
    was = (state.marketing, state.marketing_until, state.marketing_by)
    return replace(ended, kept=state.kept if state.marketing == REVOKED else was)


def _grant(state: State, event: Event) -> State:
    """Consent that ends by itself does not shorten consent that is there."""
    if _is_old_about_marketing(state, event):
        return state
    if event.evidence.get("dated") == "no" and (state.marketing == REVOKED or state.stop is not None):
        return state  # a list that does not say when cannot say that it was after they took it back
    until = event.until
    if state.marketing == GRANTED and until is not None:
        until = None if state.marketing_until is None else max(until, state.marketing_until)
    return replace(
        state, marketing=GRANTED, marketing_until=until, marketing_by=event, kept=None,
        marketing_at=_later(state.marketing_at, event.at),
    )  # fmt: skip


def _undo(state: State, event: Event) -> State:
    if event.scope == Scope.ALL:
        return state if state.stopped_by_lead else replace(state, stop=None)
    if state.kept is None:
        return state
    marketing, until, by = state.kept
    return replace(state, marketing=marketing, marketing_until=until, marketing_by=by, kept=None)


def _suspect(state: State, event: Event) -> State:
    if state.stop is not None or state.suspicion is not None or is_overtaken(state, event):
        return state
    return replace(state, suspicion=event, reminded=False)
