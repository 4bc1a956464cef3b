"""Twilio, for one firm: each number is the account's own, and its texts come here."""

from bridge.gateways.errors import GatewayError
from bridge.gateways.twilio_shapes import Number as Owned
from bridge.gateways.twilio_shapes import Service
from bridge.rules.phones import national
from bridge.services import numbers as connecting
from bridge.services.deps import Deps
from bridge.services.examinations.clocks import Clocks
from bridge.services.examinations.findings import Finding, fail, ok, trouble, warn
from bridge.store import numbers
from bridge.store.firms import Firm
from bridge.store.numbers import Number

RECONNECT = "Run: python -m bridge firms set-number"
CREDENTIALS = "Check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, or run: python -m bridge firms set-twilio"


async def look(deps: Deps, firm: Firm, clocks: Clocks) -> list[Finding]:
    """Every sending number of the firm; and what Twilio's clock says."""
    async with deps.db.read() as tx:
        every = await numbers.of_firm(tx, firm.id)
    if not every:
        return [fail(f"number {firm.team_id}", "no sending number is connected", f"{RECONNECT} NUMBER")]
    return [await _number(deps, firm, number, clocks) for number in every]


async def _number(deps: Deps, firm: Firm, number: Number, clocks: Clocks) -> Finding:
    about = f"number {firm.team_id} {national(number.phone)}"
    try:
        twilio = deps.clients.twilio(firm, number.account_sid)
        owned = await twilio.number(number.phone)
        service = await twilio.service_of(owned.sid) if owned else None
    except GatewayError as error:
        return trouble(about, "Twilio", error, CREDENTIALS)
    clocks.note("twilio", twilio.ahead)
    if owned is None or not owned.sms:
        says = "it cannot text" if owned else "it is not in the Twilio account any more"
        return fail(about, says, f"{RECONNECT} with another number")
    return _webhooks(deps, about, number, owned, service)


def _webhooks(deps: Deps, about: str, number: Number, owned: Owned, service: Service | None) -> Finding:
    todo = f"{RECONNECT} {number.phone}"
    place, fallback = _places(owned, service)
    if place != connecting.sms_url(deps):
        who = "its messaging service sends texts" if _decides(service) else "its texts are sent"
        return fail(about, f"{who} elsewhere", todo)
    if not number.ready:
        return fail(about, "connecting it was broken off", todo)
    if (service.sid if service else None) != number.service_sid:
        return warn(about, "it has changed its messaging service", todo)
    if fallback != connecting.fallback_url(deps):
        return warn(about, "texts that fail are not brought a second time", todo)
    return ok(about, "it is ours, and its texts come here")


def _places(owned: Owned, service: Service | None) -> tuple[str, str]:
    """Where texts are brought, and where when that fails: "" for an application, or for a method we do not know."""
    if service is not None and _decides(service):
        return service.inbound_request_url, service.fallback_url
    is_plain = owned.sms_method == "POST" and not owned.sms_application_sid
    return owned.sms_url if is_plain else "", owned.sms_fallback_url


def _decides(service: Service | None) -> bool:
    """Texts arrive where the messaging service says, else where the number says."""
    return service is not None and not service.use_inbound_webhook_on_number
