"""Lookup version 2: what kind of line a number is."""

import re
from typing import Any

from aiohttp import web

from .call import Call, json_answer, or_cut
from .magic import country, is_tollfree
from .refused import RefusedError
from .texts import words
from .world import World

PARAMETERS = words(
    "Fields CountryCode FirstName LastName AddressLine1 AddressLine2 City State PostalCode AddressCountryCode "
    "NationalId DateOfBirth LastVerifiedDate VerificationSid PartnerSubId"
)
_LINE_TYPE = "line_type_intelligence"
_PACKAGES = (_LINE_TYPE, "caller_name", "line_status", "reassigned_number", "sms_pumping_risk", "sim_swap",
             "call_forwarding", "identity_match", "phone_number_quality_score", "pre_fill")  # fmt: skip
_NEEDS_APPROVAL, _NOT_ENABLED = 60601, 60606
_CARRIERS = {"mobile": "Pretend Wireless", "landline": "Pretend Telephone", "nonFixedVoip": "Pretend Internet"}


async def fetch(call: Call) -> web.Response:
    """GET PhoneNumbers/{number}?Fields=line_type_intelligence."""
    call.only(PARAMETERS)
    phone, world = _international(call.parts["PhoneNumber"]), call.world
    if world.on_lookup is not None:
        await or_cut(world.on_lookup(phone))
    answer = await _answer(call, phone)
    if world.after_lookup is not None:
        await world.after_lookup(phone)
    return answer


async def _answer(call: Call, phone: str) -> web.Response:
    behaviour = call.world.behaviour(phone)
    if behaviour.lookup_slow:
        await call.world.pause(call.world.slow_lookup)
    if behaviour.lookup_down:
        raise RefusedError(20500, status=500)
    fields = [field.strip() for field in call.get("Fields").split(",") if field.strip()]
    if unknown := set(fields) - set(_PACKAGES):
        raise RefusedError(20001, f"Fields: {min(unknown)} is unknown")
    packages: dict[str, Any] = dict.fromkeys(_PACKAGES)
    mistakes = _mistakes(phone)
    if not mistakes:
        packages |= {field: _package(call.world, phone, field) for field in fields}
    return json_answer(_basics(phone, mistakes) | packages)


def _international(asked: str) -> str:
    """The number as it is meant; 404 for what is none."""
    digits = re.sub(r"[\s().-]", "", asked)
    if not re.fullmatch(r"\+?\d+", digits):
        raise RefusedError(20404, f"The requested resource /v2/PhoneNumbers/{asked} was not found")
    return digits if digits.startswith("+") else "+" + ("" if digits.startswith("1") else "1") + digits


def _mistakes(phone: str) -> list[str]:
    """What is wrong with a number, in Lookup's words."""
    expected = range(12, 13) if phone.startswith("+1") else range(8, 17)
    if len(phone) < expected.start:
        return ["TOO_SHORT"]
    if len(phone) >= expected.stop:
        return ["TOO_LONG"]
    return ["INVALID_BUT_POSSIBLE"] if phone.startswith(("+10", "+11")) else []


def _basics(phone: str, mistakes: list[str]) -> dict[str, Any]:
    """The part that costs nothing."""
    home, local = country(phone) if not mistakes else "", phone[2:]
    return {
        "phone_number": phone,
        "valid": not mistakes,
        "validation_errors": mistakes or None,
        "calling_country_code": "1" if home else None,
        "country_code": home or None,
        "national_format": f"({local[:3]}) {local[3:6]}-{local[6:]}" if home else None,
        "url": f"https://lookups.twilio.com/v2/PhoneNumbers/{phone}",
    }


def _package(world: World, phone: str, field: str) -> dict[str, Any]:
    """A paid part. Trouble with it comes inside, with HTTP 200."""
    if field != _LINE_TYPE:
        return {"error_code": _NOT_ENABLED}
    behaviour = world.behaviour(phone)
    error = behaviour.lookup_error or (_NEEDS_APPROVAL if country(phone) == "CA" else None)
    kind = None if error else "tollFree" if is_tollfree(phone) else behaviour.line_type
    carrier = _CARRIERS.get(kind or "")
    return {
        "type": kind,
        "carrier_name": carrier,
        "mobile_country_code": "310" if carrier else None,
        "mobile_network_code": "000" if carrier else None,
        "error_code": error,
    }
