"""What other programs may say of a lead. The API's document is made of these shapes; requests are held to them."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from phonenumbers import SUPPORTED_REGIONS
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from bridge.rules import signups
from bridge.rules.mrkdwn import clean

MOST_LEADS = 1000  # in one request
ID = r"^[A-Za-z0-9][A-Za-z0-9._:@+~=-]{0,127}$"  # stands in addresses as it is
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII)


def _whole(said: object) -> object:
    """Half a character, as of an emoji that was cut in two, is no reason to turn a lead away."""
    return "\0".join(map(clean, said.split("\0"))) if isinstance(said, str) else said


def _kept(said: str) -> str:
    """Without what no database takes, and what nobody sees at its ends."""
    kept = clean(said).strip()
    if not kept:
        raise ValueError("It is empty.")
    return kept


def _moment(said: object) -> datetime:
    if isinstance(said, str) and _RFC3339.fullmatch(said):
        try:
            return datetime.fromisoformat(said.upper()).astimezone(UTC)
        except (ValueError, OverflowError):
            pass  # as February 30
    raise ValueError("It must be a moment with its time zone, such as 2026-01-15T12:30:00Z.")


def _country(said: str) -> str:
    if said not in SUPPORTED_REGIONS:
        raise ValueError("It must be a country's two letters, such as US.")
    return said


@cache
def _zones() -> set[str]:
    """To look for them takes long enough to be felt."""
    return available_timezones()


def _zone(said: str) -> str:
    if said not in _zones():
        raise ValueError("It must be a time zone's name, such as America/Chicago.")
    return said


def _ip(said: str) -> str:
    try:
        return str(ip_address(said))
    except ValueError:
        raise ValueError("It must be an IP address.") from None


def _words(most: int) -> StringConstraints:
    return StringConstraints(min_length=1, max_length=most)


WHOLE, KEPT = BeforeValidator(_whole), AfterValidator(_kept)
Moment = Annotated[datetime, BeforeValidator(_moment)]
Short = Annotated[str, _words(50), WHOLE, KEPT]
Value = Annotated[str, StringConstraints(max_length=500), WHOLE, AfterValidator(clean)]
Url = Annotated[str, StringConstraints(pattern=r"^https?://[!-~]{1,1990}$")]
Country = Annotated[str, StringConstraints(pattern="^[A-Z]{2}$"), AfterValidator(_country)]


class Shape(BaseModel):
    """Nothing is guessed and nothing overlooked: 1 is no text, and a field that is not here is a mistake."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, hide_input_in_errors=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        """What people said is not for whoever prints this."""
        return iter(())


class Consent(Shape):
    """What the person agreed to, and what proves it. It is kept with the number, for good."""

    category: Literal["marketing", "informational"] = Field(description="What they may be texted about.")
    text: Annotated[str, _words(2000), WHOLE, KEPT] = Field(
        description="The words that they agreed to.", examples=["I agree to receive texts from Example Inc."]
    )
    captured_at: Moment = Field(description="When they did.", examples=["2026-01-15T12:30:00Z"])
    url: Url | None = Field(None, description="Where they read it.", examples=["https://www.example.com/contact"])
    ip: Annotated[str, AfterValidator(_ip)] | None = Field(
        None, description="The address from which they agreed.", examples=["192.0.2.1"]
    )
    until: Moment | None = Field(None, description="When it ends by itself, if it does.")


class Lead(Shape):
    """One signup, with a phone number, an e-mail address, or both. Several signups may share a number."""

    model_config = ConfigDict(json_schema_extra={"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]})

    id: Annotated[str, StringConstraints(pattern=ID)] = Field(
        description="Yours. A lead whose id was here before is not entered again.", examples=["signup-1001"]
    )
    name: Annotated[str, _words(signups.LIMITS["name"]), WHOLE, KEPT] | None = Field(
        None, description="Without one, the number or the address stands for it.", examples=["Dana Example"]
    )
    email: Annotated[str, _words(signups.LIMITS["email"]), WHOLE, KEPT] | None = Field(
        None,
        description="Their e-mail address.",
        examples=["dana@example.com"],
        json_schema_extra={"format": "email"},
    )
    phone: Annotated[str, _words(40), WHOLE, KEPT] | None = Field(
        None, description="Their number, in any notation.", examples=["(415) 555-0123"]
    )
    country: Country = Field(
        "US", description="Of a number that is written without one: its two letters (ISO 3166)."
    )
    source: Annotated[str, _words(signups.LIMITS["source"]), WHOLE, KEPT] | None = Field(
        None, description="Where they signed up.", examples=["website"]
    )
    time_zone: Annotated[str, AfterValidator(_zone)] | None = Field(
        None, description="Where they are: a name of the IANA time zones.", examples=["America/Los_Angeles"]
    )
    tags: list[Short] = Field([], max_length=20, description="Words to tell leads apart.", examples=[["lease"]])
    attributes: dict[Short, Value] = Field(
        {}, max_length=50, description="What else is known, by name.", examples=[{"office": "Oakland"}]
    )
    consent: Consent | None = Field(None, description="What they agreed to. It needs a phone number.")


class Envelope(Shape):
    """Several leads that nobody has looked at yet."""

    leads: list[Any] = Field(min_length=1, max_length=MOST_LEADS)


class Leads(Shape):
    """Several at once. Each of them is entered, or not, by itself."""

    leads: list[Lead] = Field(min_length=1, max_length=MOST_LEADS)


class Complaint(BaseModel):
    """What is wrong with one part of what was sent."""

    detail: str = Field(description="One sentence, for people.")
    pointer: str = Field(
        description="Which part: a JSON Pointer, as the fragment of a URI.", examples=["#/leads/3/phone"]
    )
