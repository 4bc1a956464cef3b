"""Connecting a sending number: from then on its texts come here, and what stood there before is remembered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridge.gateways.twilio import TwilioGateway
from bridge.gateways.twilio_shapes import Number, Service
from bridge.rules import phones
from bridge.services import homes
from bridge.services.deps import Deps
from bridge.store import audit, firms, joined, numbers, routes
from bridge.store.firms import Firm
from bridge.store.tx import Tx

# Twilio tries once unless told otherwise: up to three more times after a failed connection, a time-out or a 5xx.
RETRIES = "#rc=3&rp=ct,rt,5xx"


@dataclass(eq=False)
class CannotConnect(Exception):
    """The number cannot be used; `why` is one plain sentence."""

    why: str

    def __str__(self) -> str:
        return self.why


def sms_url(deps: Deps) -> str:
    """Where Twilio is to bring texts."""
    return f"{deps.settings.public_base_url}/twilio/sms{RETRIES}"


def fallback_url(deps: Deps) -> str:
    """Where it is to bring them when that failed: the same door, marked."""
    return f"{deps.settings.public_base_url}/twilio/sms?fb=1"


async def connect(deps: Deps, firm: Firm, typed: str, now: datetime, *, keyword_replies: str = "carrier") -> str:
    """Make this number of the firm's Twilio account the firm's own; its E.164 form.

    1. It must be a number, of this account, that can text, and no other firm's.
    2. It is remembered, with what stood there before the first time.
    3. Its webhook is set and read back; of its messaging service too, whose word would win.
    4. Only then is it ready: whatever stops this half-way, doing it again finishes it.

    Raises CannotConnect, GatewayError, StoreUnavailable.
    """
    phone, account_sid = _named(deps, firm, typed)
    twilio = deps.clients.twilio(firm, account_sid)
    number = await twilio.number(phone)
    if number is None:
        raise CannotConnect("That number is not in the Twilio account. Linking a personal number is not supported.")
    if not number.sms:
        raise CannotConnect("That number cannot send or receive texts. Choose one that can.")
    service = await twilio.service_of(number.sid)
    values = {
        "account_sid": account_sid,
        "sid": number.sid,
        "service_sid": service.sid if service else None,
        "toll_free": phones.is_toll_free(phone),
        "mms": number.mms,
        "keyword_replies": keyword_replies,
    }
    await _remember(deps, firm, phone, _before(number, service), values, now)
    await _point_here(deps, twilio, number, service)
    await _is_ready(deps, firm, phone, now)
    return phone


def _named(deps: Deps, firm: Firm, typed: str) -> tuple[str, str]:
    phone = phones.e164(typed)
    if phone is None:
        raise CannotConnect("That is not a phone number. Give it as in +1 415 555 0100.")
    account_sid = firm.account_sid or deps.settings.twilio_account_sid
    if not account_sid:
        raise CannotConnect("No Twilio account is known. Set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN first.")
    return phone, account_sid


async def _remember(
    deps: Deps, firm: Firm, phone: str, before: dict[str, str], values: dict[str, Any], now: datetime
) -> None:
    async with deps.db.begin() as tx:
        await numbers.connect(tx, firm.id, phone, now, before=before, **values)
        if all(number.phone != phone for number in await numbers.of_firm(tx, firm.id)):
            raise CannotConnect("That number belongs to another workspace already.")


async def _is_ready(deps: Deps, firm: Firm, phone: str, now: datetime) -> None:
    async with deps.db.begin() as tx:
        connected = next(number for number in await numbers.of_firm(tx, firm.id) if number.phone == phone)
        await numbers.change(tx, firm.id, connected.id, ready=True)
        await routes.switch_on_all(tx, firm.id, like="sms:")
        await routes.switch_on(tx, firm.id, "twilio")
        await homes.refresh_all(tx, await firms.get(tx, firm.id), now)
        facts = {"number": connected.id, **connected.before}
        await audit.record(tx, firm.id, now, actor="operator", action="connect_number", facts=facts)


async def is_connected(deps: Deps, firm: Firm, phone: str) -> bool:
    """Whether the number is the firm's already, and what it can is known; a restart then leaves Twilio alone."""
    async with deps.db.read() as tx:
        own = await numbers.of_firm(tx, firm.id)
    return any(number.phone == phone and number.ready and number.mms is not None for number in own)


def _before(number: Number, service: Service | None) -> dict[str, str]:
    stood = {
        "sms_url": number.sms_url,
        "sms_fallback_url": number.sms_fallback_url,
        "sms_application_sid": number.sms_application_sid,
        "sms_method": number.sms_method,
        "sms_fallback_method": number.sms_fallback_method,
    }
    if service is not None:
        stood |= {"inbound_request_url": service.inbound_request_url, "service_fallback_url": service.fallback_url}
    return stood


async def _point_here(deps: Deps, twilio: TwilioGateway, number: Number, service: Service | None) -> None:
    url, fallback = sms_url(deps), fallback_url(deps)
    changed = await twilio.update_number(number.sid, sms_url=url, fallback_url=fallback)
    if (changed.sms_url, changed.sms_fallback_url) != (url, fallback) or changed.sms_application_sid:
        raise CannotConnect("Twilio did not keep the number's new webhook. Look at the number in Twilio's console.")
    if service is not None and not service.use_inbound_webhook_on_number:
        kept = await twilio.update_service(service.sid, inbound_request_url=url, fallback_url=fallback)
        if (kept.inbound_request_url, kept.fallback_url) != (url, fallback):
            raise CannotConnect(
                "Twilio did not keep the messaging service's new webhook. Look at it in the console."
            )


async def whose(
    tx: Tx, account_sid: str, to: str, service_sid: str | None
) -> tuple[joined.Owner | None, list[Firm]]:
    """Whose text it is: by the number it was sent to, else by the messaging service that number is in.

    And the firms that brought this account of their own, with any of whose auth tokens it may be signed.
    """
    # In WhatsApp's and RCS's messages the channel stands before the number: whatsapp:+14155550100.
    owner, holders = await joined.whose(tx, account_sid, to.rpartition(":")[2])
    if owner is None and service_sid:
        number = await numbers.by_service(tx, account_sid, service_sid)
        owner = None if number is None else (await firms.get(tx, number.firm_id), number)
    return owner, holders
