"""Signups as others write them down, in the columns of a table: which column is what, and what a row says."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bridge.rules.mrkdwn import clean
from bridge.rules.phones import e164, national
from bridge.rules.picker import folded

LIMITS = {"name": 200, "email": 320, "source": 200}  # characters that are stored
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
}
_SIGNS = re.compile(r"[\W_]")


@dataclass(frozen=True, repr=False)
class Signup:
    """A lead that is not stored yet.

    origin: where it came from, by which it is known when it comes again. time_zone: an IANA name. attributes: what
    else is known, by name. consent: what the person agreed to; it is kept with the number, not with the signup.
    """

    name: str
    phone: str | None = None
    email: str | None = None
    source: str | None = None
    origin: str | None = None
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


def guess(columns: Sequence[str]) -> dict[str, str]:
    """Which column is which field, by what it is called; the first that fits, in the order of CALLED."""
    by_sign = {_SIGNS.sub("", folded(column)): column for column in reversed(columns)}
    found = {field: [by_sign[name] for name in names if name in by_sign] for field, names in CALLED.items()}
    return {field: columns[0] for field, columns in found.items() if columns}


def read(row: Mapping[str, str | None], columns: Mapping[str, str], country: str = "US") -> Signup | str:
    """What a row says, or why it cannot be entered. `columns` names the column of each field that there is."""
    said = {field: clean(row.get(column) or "").strip() for field, column in columns.items()}
    name = said.get("name") or " ".join(part for part in (said.get("first"), said.get("last")) if part)
    email, source, typed = said.get("email", ""), said.get("source", ""), said.get("phone", "")
    phone = e164(typed, country) if typed else None
    if typed and phone is None:
        return "That is no phone number that anybody has."
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        return "That is no e-mail address."
    if not phone and not email:
        return "It has neither a phone number nor an e-mail address."
    name = name or (national(phone) if phone else email)
    for what, value in (("name", name), ("email", email), ("source", source)):
        if len(value) > LIMITS[what]:
            return f"The {what} is longer than {LIMITS[what]} characters."
    return Signup(
        name, phone, email or None, source or None, _origin(said.get("id", ""), name, phone, email, source)
    )


def _origin(identity: str, *said: str | None) -> str:
    """The same for the same row, whenever it comes."""
    what = ["id", identity] if identity else ["row", *(folded(part or "") for part in said)]
    return "csv:" + hashlib.sha256("\x1f".join(what).encode()).hexdigest()
