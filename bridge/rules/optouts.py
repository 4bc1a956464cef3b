"""Lists of those who want no texts, as others keep them: which column is what, and what a row says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.rules import cells, signups
from bridge.rules.consent import CARRIER, LEAD, Scope, Source
from bridge.rules.mrkdwn import clean
from bridge.rules.phones import e164

COLUMNS = ("number", "scope", "since", "by", "source", "evidence")  # of a list that we write
CALLED: dict[str, tuple[str, ...]] = {
    "number": ("number", *signups.CALLED["phone"], "recipient", "to", "msisdn", "contact"),
    "scope": ("scope", "list", "type"),
    "since": (
        "since",
        "optedoutat",
        "optoutat",
        "optoutdate",
        "unsubscribedat",
        "datecreated",
        "date",
        "at",
        "time",
    ),
    "by": ("by", "who", "actor"),
    "source": ("source", "method", "channel", "keyword"),
    "evidence": ("evidence", "reason", "note", "notes", "comment", "message"),
}
_SCOPES = {
    "": None, "all": Scope.ALL, "everything": Scope.ALL, "sms": Scope.ALL, "stop": Scope.ALL,
    "marketing": Scope.MARKETING, "promotional": Scope.MARKETING, "campaigns": Scope.MARKETING,
}  # fmt: skip
# Whoever wrote the list, of these it says that the lead said it: nobody but the lead takes that back.
_BY_LEADS = {LEAD, CARRIER, "contact", "customer", "recipient", "consumer"}
_SAID_BY_TEXT = {Source.SMS.value, Source.CARRIER.value, "keyword", "stop", "21610", "text", "reply"}
LONGEST = 500  # characters of evidence that are kept


@dataclass(frozen=True, repr=False)
class OptOut:
    """A number on such a list. `scope` is the list's own where the row names none."""

    phone: str
    scope: Scope | None
    since: datetime | None
    evidence: str
    is_leads: bool


def guess(columns: Sequence[str]) -> dict[str, str]:
    """Which column is which field, by what it is called."""
    return signups.guess(columns, CALLED)


def read(row: Mapping[str, str | None], columns: Mapping[str, str], country: str = "US") -> OptOut | str:
    """What a row says, or why it cannot be entered."""
    said = {field: cells.bare(clean(row.get(column) or "").strip()) for field, column in columns.items()}
    phone = e164(said.get("number", ""), country)
    if phone is None:
        return "That is no phone number that anybody has."
    scope = said.get("scope", "").casefold()
    if scope not in _SCOPES:
        return "The scope is “all” or “marketing”."
    try:
        since = cells.moment(said.get("since", ""))
    except ValueError as wrong:
        return str(wrong)
    by, source = said.get("by", "").casefold(), said.get("source", "").casefold()
    is_leads = by in _BY_LEADS or source in _SAID_BY_TEXT
    return OptOut(phone, _SCOPES[scope], since, said.get("evidence", "")[:LONGEST], is_leads)
