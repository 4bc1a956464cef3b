"""Every address of the API on one screen."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from . import create, files, lookups, messages, numbers, services
from .call import Call

Operation = Callable[[Call], Awaitable[web.Response]]
_NONE: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Route:
    """An operation. `group` is the coarser name that `fail` understands as well."""

    name: str
    group: str
    method: str
    path: str
    operation: Operation
    accepts: frozenset[str] = _NONE


_ACCOUNT = "/api/2010-04-01/Accounts/{AccountSid}"
_MEDIA = _ACCOUNT + "/Messages/{MessageSid}/Media"
_NUMBERS = _ACCOUNT + "/IncomingPhoneNumbers"
_SERVICES = "/messaging/v1/Services"
_POOL = _SERVICES + "/{ServiceSid}/PhoneNumbers"

# fmt: off
ROUTES = (
    Route("create", "create", "POST", _ACCOUNT + "/Messages.json", create.create, create.PARAMETERS),
    Route("list", "list", "GET", _ACCOUNT + "/Messages.json", messages.listing, messages.FILTERS),
    Route("fetch", "message", "GET", _ACCOUNT + "/Messages/{Sid}.json", messages.fetch),
    Route("update", "message", "POST", _ACCOUNT + "/Messages/{Sid}.json", messages.update, messages.CHANGES),
    Route("delete", "message", "DELETE", _ACCOUNT + "/Messages/{Sid}.json", messages.delete),
    Route("media_list", "media", "GET", _MEDIA + ".json", files.listing, files.FILTERS),
    Route("media_fetch", "media", "GET", _MEDIA + "/{Sid}.json", files.fetch),
    Route("media_delete", "media", "DELETE", _MEDIA + "/{Sid}.json", files.delete),
    Route("media_delete", "media", "DELETE", _MEDIA + "/{Sid}", files.delete),
    Route("media_bytes", "media", "GET", _MEDIA + "/{Sid}", files.redirect),
    Route("number_list", "number", "GET", _NUMBERS + ".json", numbers.listing, numbers.FILTERS),
    Route("number_fetch", "number", "GET", _NUMBERS + "/{Sid}.json", numbers.fetch),
    Route("number_update", "number", "POST", _NUMBERS + "/{Sid}.json", numbers.update, numbers.CHANGES),
    Route("account", "account", "GET", "/api/2010-04-01/Accounts/{Sid}.json", numbers.account),
    Route("service_list", "service", "GET", _SERVICES, services.listing, services.PAGING),
    Route("service_fetch", "service", "GET", _SERVICES + "/{Sid}", services.fetch),
    Route("service_update", "service", "POST", _SERVICES + "/{Sid}", services.update, services.CHANGES),
    Route("service_numbers", "service", "GET", _POOL, services.pool, services.PAGING),
    Route("lookup", "lookup", "GET", "/lookups/v2/PhoneNumbers/{PhoneNumber}", lookups.fetch, lookups.PARAMETERS),
)
# fmt: on

NAMES = frozenset({"cdn", "*"} | {route.name for route in ROUTES} | {route.group for route in ROUTES})
