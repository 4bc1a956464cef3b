"""Leads as other programs hand them in: how much at once, and what each comes to."""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from pydantic import ValidationError

from bridge.rules import signups
from bridge.rules.intake_shapes import ID, Complaint, Consent, Envelope, Lead
from bridge.rules.phones import e164, national
from bridge.rules.signups import Signup

LIMIT = 1024 * 1024  # bytes of a request
REQUESTS_A_MINUTE, LEADS_A_MINUTE = 600, 20_000  # with one key
AHEAD = timedelta(minutes=5)  # that the clock may be of whoever says when something was agreed to
MOST_COMPLAINTS, LONGEST_NAME = 10, 100  # of one lead; characters of a field's name that are repeated

# What pydantic finds wrong, in our words; {} is what its words would name.
_SENTENCES = {
    "missing": "It is missing.",
    "extra_forbidden": "There is no such field.",
    "string_type": "It must be text.",
    "string_too_short": "It is empty.",
    "string_too_long": "It may have {max_length} characters.",
    "string_pattern_mismatch": "It must be of the form {pattern}",
    "string_unicode": "It holds half a character.",
    "literal_error": "It must be {expected}.",
    "list_type": "It must be a list.",
    "dict_type": "It must be an object.",
    "model_type": "It must be an object.",
    "too_short": "It is empty.",
    "too_long": "It may have {max_length} entries.",
    "value_error": "{error}",
}


@dataclass(frozen=True, repr=False)
class Handed:
    """What one request hands in. Nobody has looked at the leads yet."""

    leads: list[Any]
    is_one: bool

    def place(self, number: int) -> str:
        """Where this lead stands in it."""
        return "#" if self.is_one else f"#/leads/{number}"


def handed(body: bytes) -> Handed | list[Complaint]:
    """What a request hands in, or what is wrong with it as a whole. Raises ValueError for what is no JSON."""
    said = _opened(body)
    if not isinstance(said, dict):
        return [Complaint(detail="It must be a lead, or an object with a list of leads.", pointer="#")]
    if "leads" not in said:
        return Handed([said], is_one=True)
    try:
        return Handed(Envelope.model_validate(said).leads, is_one=False)
    except ValidationError as wrong:
        return _told(wrong, "#")


def _opened(body: bytes) -> Any:
    """Python would take more than JSON is, and names that stand twice in one object."""
    try:
        return json.loads(body.decode(), object_pairs_hook=_once, parse_constant=_refused)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _refused(_: str) -> None:
    raise ValueError("NaN and infinity are no JSON")


def identity(said: Any) -> str | None:
    """The caller's id of a lead, if it has one that can be."""
    given = said.get("id") if isinstance(said, dict) else None
    return given if isinstance(given, str) and is_id(given) else None


def is_id(text: str) -> bool:
    """Whether a lead may have this id."""
    return re.fullmatch(ID, text, re.ASCII) is not None


def origin(identity: str) -> str:
    """By what a lead of this id is known again. The id itself may name somebody, as an e-mail address does."""
    return "api:" + hashlib.sha256(identity.encode()).hexdigest()


def read(said: Any, place: str, *, by: str, now: datetime) -> Signup | list[Complaint]:
    """What a lead says, or why it cannot be entered. `place` is where it stands; `by` is who hands it in."""
    try:
        lead = Lead.model_validate(said)
    except ValidationError as wrong:
        return _told(wrong, place)
    phone = e164(lead.phone, lead.country) if lead.phone else None
    if wrong_too := [Complaint(detail=why, pointer=place + where) for where, why in _wrong(lead, phone, now)]:
        return wrong_too
    return Signup(
        name=lead.name or (national(phone) if phone else lead.email or ""),
        phone=phone,
        email=lead.email,
        source=lead.source,
        origin=origin(lead.id),
        digest=_digest(lead),
        time_zone=lead.time_zone,
        tags=tuple(dict.fromkeys(lead.tags)),
        attributes=lead.attributes,
        consent=_consent(lead.consent, by) if lead.consent else None,
    )


def _wrong(lead: Lead, phone: str | None, now: datetime) -> Iterator[tuple[str, str]]:
    """What the fields do not tell each by itself."""
    if lead.phone and phone is None:
        yield "/phone", signups.NO_NUMBER
    if lead.email and not signups.is_address(lead.email):
        yield "/email", signups.NO_ADDRESS
    if not lead.phone and not lead.email:
        yield "", signups.NEITHER
    if lead.consent and not lead.phone:
        yield "/consent", "It is kept with a phone number, and there is none."
    if lead.consent and lead.consent.captured_at > now + AHEAD:
        yield "/consent/captured_at", "It has not come yet."
    if lead.consent and lead.consent.until and lead.consent.until <= lead.consent.captured_at:
        yield "/consent/until", "It must be after captured_at."


def _digest(lead: Lead) -> bytes:
    """Equal for what says the same. Fields that are left out do not count: there may be more of them one day."""
    said = lead.model_dump(mode="json", exclude_defaults=True)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).digest()


def _consent(given: Consent, by: str) -> signups.Consent:
    seen = {"text": given.text, "url": given.url, "ip": given.ip, "captured_by": by}
    evidence = {name: value for name, value in seen.items() if value is not None}
    return signups.Consent(given.category, "api", evidence, given.captured_at, given.until)


def _told(wrong: ValidationError, place: str) -> list[Complaint]:
    """In plain sentences, without anything that was said."""
    errors = wrong.errors(include_url=False, include_input=False)[:MOST_COMPLAINTS]
    return [Complaint(detail=_sentence(error), pointer=place + _pointer(error["loc"])) for error in errors]


def _sentence(error: Mapping[str, Any]) -> str:
    sentence = _SENTENCES.get(error["type"])
    return sentence.format(**error.get("ctx", {})) if sentence else str(error["msg"])


def _pointer(places: tuple[int | str, ...]) -> str:
    """As RFC 6901 has it, within a URI."""
    named = [str(each)[:LONGEST_NAME].replace("~", "~0").replace("/", "~1") for each in places if each != "[key]"]
    return "".join("/" + quote(name, errors="replace") for name in named)
