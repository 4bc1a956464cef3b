"""Messaging services, version 1: list, fetch, update, and the numbers in them."""

from aiohttp import web

from .answers import pool_json, service_json
from .call import Call, json_answer
from .numbers import change_settings
from .paging import new_style
from .records import Service
from .refused import RefusedError
from .texts import words

PAGING = frozenset({"PageSize", "Page", "PageToken"})
CHANGES = words(
    "FriendlyName InboundRequestUrl InboundMethod FallbackUrl FallbackMethod StatusCallback StickySender "
    "MmsConverter SmartEncoding ScanMessageContent FallbackToLongCode AreaCodeGeomatch ValidityPeriod "
    "SynchronousValidation Usecase UseInboundWebhookOnNumber"
)
_FLAGS = ("UseInboundWebhookOnNumber", "StickySender", "MmsConverter", "SmartEncoding")


async def listing(call: Call) -> web.Response:
    """GET Services."""
    call.only(PAGING)
    rows = [service for service in call.world.services.values() if service.account_sid == call.account.sid]
    return json_answer(new_style(call, "services", rows, lambda row: row.sid, service_json))


def the_service(call: Call, part: str = "Sid") -> Service:
    """The service that the path names, if it is this account's."""
    service = call.world.services.get(call.parts[part])
    if service is None or service.account_sid != call.account.sid:
        raise RefusedError(20404)
    return service


async def fetch(call: Call) -> web.Response:
    """GET Services/{sid}."""
    return json_answer(service_json(the_service(call)))


async def update(call: Call) -> web.Response:
    """POST Services/{sid}: what is not named stays as it is."""
    call.only(CHANGES)
    service = the_service(call)
    for name in _FLAGS:
        call.flag(name)
    if not call.get("ValidityPeriod", "1").isdecimal():
        raise RefusedError(20001, "ValidityPeriod is no number")
    change_settings(call, service.settings)
    return json_answer(service_json(service))


async def pool(call: Call) -> web.Response:
    """GET Services/{sid}/PhoneNumbers."""
    call.only(PAGING)
    service = the_service(call, "ServiceSid")
    rows = [number for number in call.world.numbers.values() if number.service_sid == service.sid]
    return json_answer(new_style(call, "phone_numbers", rows, lambda row: row.sid, pool_json))
