"""Twilio's webhooks: texts from leads, and receipts for ours.

A signature covers parameters without separators between name and value, so a byte moved from one to the other
verifies too. What is required of the parameters' names and shapes is therefore part of the check.
"""

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from urllib.parse import parse_qsl

import structlog
from aiohttp import web

from bridge import metrics
from bridge.handlers import signatures
from bridge.handlers.door import Failures, read_body
from bridge.rules.mrkdwn import clean
from bridge.services import accounts, inbound, numbers, receipts
from bridge.services.deps import Deps
from bridge.store import firms, messages
from bridge.store import numbers as number_store
from bridge.store.batches import Batch
from bridge.store.coalesced import Coalesced
from bridge.store.database import patiently
from bridge.store.firms import Firm
from bridge.store.joined import Owner
from bridge.store.trouble import StoreUnavailable

LIMIT = 64 * 1024  # bytes
MOST_FIELDS = 300
PATIENCE = 9.0  # seconds of the fifteen that Twilio waits

SAY_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response />'  # any other text would be sent to the lead

_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}")
_COUNT = re.compile(r"[0-9]{1,2}")
_STATUS = re.compile(r"[a-z_]{1,20}")
_CODE = re.compile(r"[0-9]{1,9}")
_ID = re.compile(r"[0-9]{1,18}")

Params = Mapping[str, str]
Shape = dict[str, re.Pattern[str] | None]
_Address = tuple[str, str, str | None]  # an account's sid, one of its numbers, and the messaging service it is in

_EVERY: Shape = {"AccountSid": _ACCOUNT, "MessageSid": _SID, "To": None}  # what every webhook has

log = structlog.get_logger(__name__)


class TwilioDoor:
    """Both of Twilio's addresses."""

    def __init__(self, deps: Deps, failures: Failures) -> None:
        self._deps = deps
        self._failures = failures

    @cached_property
    def _intake(self) -> Batch[inbound.Arrival, bool]:
        """Texts of whichever firm that wait at the same moment are stored together."""
        return self._deps.db.batch(lambda arrivals: inbound.receive_all(self._deps, arrivals, urgent=True))

    @cached_property
    def _intended(self) -> Coalesced[_Address, tuple[list[str], Owner | None]]:
        return Coalesced(self._look_up)

    async def _look_up(self, address: _Address) -> tuple[list[str], Owner | None]:
        """The auth tokens of this account, and whose number it is."""
        async with self._deps.db.glance() as tx:
            owner, holders = await numbers.whose(tx, *address)
        return accounts.auth_tokens(self._deps, address[0], holders), owner

    async def on_sms(self, request: web.Request) -> web.Response:
        """A lead's text, or one that the fallback address brings again. 200 means that it is stored."""
        form = await self._form(request, {"From": None, "Body": None, "NumMedia": _COUNT})
        await _patiently(lambda: self._receive(request, form))
        return web.Response(text=SAY_NOTHING, content_type="text/xml")

    async def on_status(self, request: web.Request) -> web.Response:
        """How far one of our texts is."""
        form = await self._form(request, {"MessageStatus": _STATUS})
        await _patiently(lambda: self._take_receipt(request, form))
        return web.Response(status=204)

    async def _receive(self, request: web.Request, form: Params) -> None:
        params = _storable(form)
        account_sid, service_sid = params["AccountSid"], params.get("MessagingServiceSid")
        tokens, owner = await self._intended.ask((account_sid, params["To"], service_sid))
        self._check(request, form, tokens)
        if owner is None:
            raise web.HTTPForbidden(text="not a number of ours")
        if not await self._intake.add(inbound.Arrival(*owner, _sms(params), self._deps.clock())):
            metrics.DUPLICATES.of("text").inc()

    async def _take_receipt(self, request: web.Request, form: Params) -> None:
        async with self._deps.db.glance() as tx:
            holders = await firms.with_account(tx, form["AccountSid"])
        self._check(request, form, accounts.auth_tokens(self._deps, form["AccountSid"], holders))
        params = _storable(form)
        named = request.query.get("mid", "")
        message_id = int(named) if _ID.fullmatch(named) else None
        firm = await self._firm_of_receipt(params, message_id)
        if firm is None:
            return  # not ours; asking Twilio to send it again would not help
        is_new = await receipts.on_status(
            self._deps,
            firm,
            sid=params["MessageSid"],
            message_id=message_id,
            status=params["MessageStatus"],
            code=params["ErrorCode"] if _CODE.fullmatch(params.get("ErrorCode", "")) else None,
            now=self._deps.clock(),
        )
        if not is_new:
            metrics.DUPLICATES.of("receipt").inc()

    async def _form(self, request: web.Request, shape: Shape) -> Params:
        """The parameters as they came, nobody knows yet from whom. Raises 400, and what read_body() raises."""
        self._failures.turn_away(request)
        form = _parse(await read_body(request, LIMIT))
        _require(form, _EVERY | shape)
        return form

    def _check(self, request: web.Request, form: Params, tokens: Sequence[str]) -> None:
        """Raises 403 when Twilio did not sign this."""
        # The address Twilio was given, not what a proxy made of it.
        url = self._deps.settings.public_base_url + request.raw_path
        if not signatures.is_twilios(tokens, url, form, request.headers.get("X-Twilio-Signature", "")):
            if self._deps.settings.twilio_signatures != "log":
                self._failures.count(request)
                raise web.HTTPForbidden(text="not signed by Twilio")
            log.warning("twilio_signature_wrong", path=request.path)

    async def _firm_of_receipt(self, params: Params, message_id: int | None) -> Firm | None:
        """By the message it names, else by our number; either must belong to the account that signed."""
        account_sid = params["AccountSid"]
        async with self._deps.db.read() as tx:
            named = await messages.owner(tx, message_id) if message_id is not None else None
            if named is not None:
                number = await number_store.get(tx, *named)
                return await firms.get(tx, named[0]) if number.account_sid == account_sid else None
            service_sid = params.get("MessagingServiceSid")
            owner, _ = await numbers.whose(tx, account_sid, params.get("From", ""), service_sid)
        return owner[0] if owner else None


async def _patiently(work: Callable[[], Awaitable[None]]) -> None:
    """Do it. Raises 503 when the database could not: then Twilio tries again, or its fallback."""
    try:
        await patiently(work, seconds=PATIENCE)
    except StoreUnavailable:
        raise web.HTTPServiceUnavailable(text="busy, try again") from None


def _parse(body: bytes) -> dict[str, str]:
    """Raises 400 for what Twilio would never send: other encodings, repeated or too many names.

    Half a character may stand where a phone cut a text in two; the signature needs it as it came.
    """
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="surrogatepass", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise web.HTTPBadRequest(text="unreadable form") from None
    params = dict(pairs)
    if len(params) != len(pairs):
        raise web.HTTPBadRequest(text="repeated parameter")
    return params


def _require(params: Params, shape: Shape) -> None:
    for name, pattern in shape.items():
        value = params.get(name)
        if value is None or (pattern is not None and not pattern.fullmatch(value)):
            raise web.HTTPBadRequest(text=f"{name} is missing or malformed")


def _storable(form: Params) -> Params:
    """The parameters without what no database takes."""
    return {name: clean(value) for name, value in form.items()}


def _sms(params: Params) -> inbound.Sms:
    count = min(int(params["NumMedia"]), 10)
    pictures = [(params.get(f"MediaUrl{n}", ""), params.get(f"MediaContentType{n}", "")) for n in range(count)]
    return inbound.Sms(
        sid=params["MessageSid"],
        from_=params["From"],
        body=params["Body"],
        pictures=[(url, media_type) for url, media_type in pictures if url],
        opt_out_type=params.get("OptOutType"),
    )
