"""Signups as others write them down, in the columns of a table: which column is what, and what a row says."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.rules import cells
from bridge.rules.mrkdwn import clean
from bridge.rules.phones import e164, national
from bridge.rules.picker import folded

# Characters that are stored.
LIMITS = {"name": 200, "email": 320, "source": 200, "tags": 500, "consent text": 2000, "consent url": 1000}
NO_NUMBER = "That is no phone number that anybody has."
NO_ADDRESS = "That is no e-mail address."
NEITHER = "It has neither a phone number nor an e-mail address."
# What the columns of such tables are called, without case, spaces and signs.
CALLED: dict[str, tuple[str, ...]] = {
    "name": (
        "name",
        "fullname",
        "leadname",
        "contactname",
        "clientname",
        "customername",
        "lead",
        "contact",
        "client",
    ),
    "first": ("firstname", "first", "givenname", "forename"),
    "last": ("lastname", "last", "surname", "familyname"),
    "email": ("email", "emailaddress", "mail", "emailid"),
    "phone": (
        *("phone", "phonenumber", "mobile", "mobilephone", "mobilenumber", "cell", "cellphone", "cellnumber"),
        *("tel", "telephone", "telephonenumber"),
    ),
    "source": ("source", "leadsource", "event", "campaign", "utmsource", "origin"),
    "id": ("id", "leadid", "contactid", "externalid", "recordid", "signupid"),
    "time zone": ("timezone", "tz", "timezonename", "leadtimezone"),
    "tags": ("tags", "tag", "labels"),
    "consent": (
        *("marketingconsent", "smsmarketingconsent", "smsconsent", "textconsent", "consent", "consentgiven"),
        *("optin", "smsoptin", "marketingoptin", "acceptssmsmarketing", "acceptsmarketing", "tcpaconsent"),
    ),
    "consent text": ("consenttext", "consentlanguage", "consentwording", "optintext", "disclosure"),
    "consent url": ("consenturl", "consentpage", "optinurl", "formurl", "landingpage"),
    "consent at": (
        *("consentat", "consentdate", "consenttime", "consenttimestamp"),
        *("optinat", "optindate", "optintime"),
    ),
    "consent ip": ("consentip", "consentipaddress", "optinip", "ip", "ipaddress"),
    "consent until": ("consentuntil", "consentexpires", "consentexpiresat", "consentexpiry"),
}
EVIDENCE = ("text", "url", "ip")  # of consent, by the names of their columns
MOST_ATTRIBUTES = 50
_SIGNS = re.compile(r"[\W_]")


@dataclass(frozen=True, repr=False)
class Signup:
    """A lead that is not stored yet.

    origin: where it came from, by which it is known when it comes again. digest: of all that it says, by which
    another with the same origin is told apart. time_zone: an IANA name. attributes: what else is known, by name.
    consent: what the person agreed to; it is kept with the number, not with the signup.
    """

    name: str
    phone: str | None = None
    email: str | None = None
    source: str | None = None
    origin: str | None = None
    digest: bytes | None = None
    time_zone: str | None = None
    tags: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    consent: "Consent | None" = None


@dataclass(frozen=True, repr=False)
class Consent:
    """What a person agreed to, and what proves it.

    category: "marketing" or "informational". source: "form", "verbal", "import" or "api". evidence: what the person
    saw and did, by name (text, url, ip, user_agent, captured_by). at: when, if that is known. until: when implied
    consent ends by itself.
    """

    category: str
    source: str
    evidence: Mapping[str, str]
    at: datetime | None = None
    until: datetime | None = None


def guess(columns: Sequence[str], called: Mapping[str, Sequence[str]] = CALLED) -> dict[str, str]:
    """Which column is which field, by what it is called; the first that fits, in the order of `called`."""
    by_sign = {_SIGNS.sub("", folded(column)): column for column in reversed(columns)}
    found = {field: [by_sign[name] for name in names if name in by_sign] for field, names in called.items()}
    return {field: columns[0] for field, columns in found.items() if columns}


def read(row: Mapping[str, str | None], columns: Mapping[str, str], country: str = "US") -> Signup | str:
    """What a row says, or why it cannot be entered. `columns` names the column of each field that there is.

    All other columns become attributes, by what they are called.
    """
    said = {field: cells.bare(clean(row.get(column) or "").strip()) for field, column in columns.items()}
    name = said.get("name") or " ".join(part for part in (said.get("first"), said.get("last")) if part)
    email, source, typed = said.get("email", ""), said.get("source", ""), said.get("phone", "")
    phone = e164(typed, country) if typed else None
    if why := _wrong_address(typed, phone, email):
        return why
    name = name or (national(phone) if phone else email)
    attributes = _attributes(row, set(columns.values()))
    if why := _too_long({**said, "name": name}) or _too_much(attributes):
        return why
    try:
        return Signup(
            name,
            phone,
            email or None,
            source or None,
            _origin(said.get("id", ""), name, phone, email, source),
            time_zone=cells.zone(said.get("time zone", "")),
            tags=cells.words(said.get("tags", "")),
            attributes=attributes,
            consent=_consent(said),
        )
    except ValueError as wrong:
        return str(wrong)


def _wrong_address(typed: str, phone: str | None, email: str) -> str | None:
    if typed and phone is None:
        return NO_NUMBER
    if email and not is_address(email):
        return NO_ADDRESS
    return None if phone or email else NEITHER


def _too_long(said: Mapping[str, str]) -> str | None:
    for what, limit in LIMITS.items():
        if len(said.get(what, "")) > limit:
            return f"The {what} is longer than {limit} characters."
    return None


def _attributes(row: Mapping[str, str | None], named: set[str]) -> dict[str, str]:
    """What stands in a column that has no name is nobody's."""
    others = ((column, value) for column, value in row.items() if column and column not in named)
    written = {clean(column).strip(): clean(value).strip() for column, value in others if isinstance(value, str)}
    return {column: value for column, value in written.items() if column and value}


def _too_much(attributes: Mapping[str, str]) -> str | None:
    if len(attributes) > MOST_ATTRIBUTES:
        return f"It has more than {MOST_ATTRIBUTES} further columns."
    long = next((name for name, value in attributes.items() if len(value) > 2000 or len(name) > 80), None)
    return f"The column “{long[:80]}” is longer than 2000 characters, or its name than 80." if long else None


def _consent(said: Mapping[str, str]) -> Consent | None:
    """Only what plainly says yes is consent. Raises ValueError."""
    if not cells.is_yes(said.get("consent", "")):
        return None
    evidence = {name: said[f"consent {name}"] for name in EVIDENCE if said.get(f"consent {name}")}
    at, until = cells.moment(said.get("consent at", "")), cells.moment(said.get("consent until", ""))
    return Consent("marketing", "import", {"said": said["consent"][:80], **evidence}, at, until)


def is_address(email: str) -> bool:
    """Whether it could be an e-mail address. Whether it is anybody's, only a letter to it would tell."""
    return re.fullmatch(r"[^@\s]+@[^@\s]+", email) is not None


def _origin(identity: str, *said: str | None) -> str:
    """The same for the same row, whenever it comes."""
    what = ["id", identity] if identity else ["row", *(folded(part or "") for part in said)]
    return "csv:" + hashlib.sha256("\x1f".join(what).encode()).hexdigest()
