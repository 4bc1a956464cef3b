"""Twilio's webhooks: texts from leads, and receipts for ours.

A signature covers parameters without separators between name and value, so a byte moved from one to the other
verifies too. What is required of the parameters' names and shapes is therefore part of the check.
"""

import re
from collections.abc import Awaitable, Mapping
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from twilio.request_validator import RequestValidator

from bridge.handlers.door import Failures, read_body
from bridge.services import accounts, inbound, numbers, receipts
from bridge.services.deps import Deps
from bridge.store import firms, messages
from bridge.store import numbers as number_store
from bridge.store.database import patiently
from bridge.store.firms import Firm
from bridge.store.writer import StoreUnavailable

LIMIT = 64 * 1024  # bytes
MOST_FIELDS = 300
PATIENCE = 9.0  # seconds of the fifteen that Twilio waits

SAY_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response />'  # any other text would be sent to the lead

_SID = re.compile(r"(SM|MM)[0-9a-f]{32}")
_ACCOUNT = re.compile(r"AC[0-9a-f]{32}")
_COUNT = re.compile(r"[0-9]{1,2}")
_STATUS = re.compile(r"[a-z_]{1,20}")
_ID = re.compile(r"[0-9]{1,18}")

Params = Mapping[str, str]
log = structlog.get_logger(__name__)


class TwilioDoor:
    """Both of Twilio's addresses."""

    def __init__(self, deps: Deps, failures: Failures) -> None:
        self._deps = deps
        self._failures = failures

    async def on_sms(self, request: web.Request) -> web.Response:
        """A lead's text, or one that the fallback address brings again. 200 means that it is stored."""
        params = await self._authentic(
            request, {"From": None, "Body": None, "NumMedia": _COUNT, "MessageSid": _SID}
        )
        owner = await numbers.owner_of(
            self._deps, params["AccountSid"], params["To"], params.get("MessagingServiceSid")
        )
        if owner is None:
            raise _forbidden("not a number of ours")
        firm, number = owner
        sms, now = _sms(params), self._deps.clock()
        await _stored(patiently(lambda: inbound.receive(self._deps, firm, number, sms, now), seconds=PATIENCE))
        return web.Response(text=SAY_NOTHING, content_type="text/xml")

    async def on_status(self, request: web.Request) -> web.Response:
        """How far one of our texts is."""
        params = await self._authentic(request, {"MessageStatus": _STATUS, "MessageSid": _SID})
        named = request.query.get("mid", "")
        message_id = int(named) if _ID.fullmatch(named) else None
        firm = await self._firm_of_receipt(params, message_id)
        if firm is None:
            return web.Response(status=204)  # not ours; asking Twilio to send it again would not help
        deps, now = self._deps, self._deps.clock()
        await _stored(
            patiently(
                lambda: receipts.on_status(
                    deps,
                    firm,
                    sid=params["MessageSid"],
                    message_id=message_id,
                    status=params["MessageStatus"],
                    code=params.get("ErrorCode") or None,
                    now=now,
                ),
                seconds=PATIENCE,
            )
        )
        return web.Response(status=204)

    async def _authentic(self, request: web.Request, shape: Mapping[str, re.Pattern[str] | None]) -> Params:
        """The parameters of a request that Twilio signed. Raises 400 and 403."""
        self._failures.turn_away(request)
        params = _parse(await read_body(request, LIMIT))
        _require(params, {"AccountSid": _ACCOUNT, "To": None, **shape})
        if not await self._is_signed(request, params):
            self._failures.count(request)
            if self._deps.settings.twilio_signatures != "log":
                raise _forbidden("not signed by Twilio")
            log.warning("twilio_signature_wrong", path=request.path)
        return params

    async def _is_signed(self, request: web.Request, params: Params) -> bool:
        signature = request.headers.get("X-Twilio-Signature", "")
        if not signature.isascii():
            return False
        # The address Twilio was given, not what a proxy made of it.
        url = self._deps.settings.public_base_url + request.raw_path
        tokens = await accounts.auth_tokens(self._deps, params["AccountSid"])
        return any(RequestValidator(token).validate(url, params, signature) for token in tokens)

    async def _firm_of_receipt(self, params: Params, message_id: int | None) -> Firm | None:
        """By the message it names, else by our number; either must belong to the account that signed."""
        account_sid = params["AccountSid"]
        async with self._deps.db.read() as tx:
            named = await messages.owner(tx, message_id) if message_id is not None else None
            if named is not None:
                number = await number_store.get(tx, *named)
                return await firms.get(tx, named[0]) if number.account_sid == account_sid else None
        owner = await numbers.owner_of(
            self._deps, account_sid, params.get("From", ""), params.get("MessagingServiceSid")
        )
        return owner[0] if owner else None


async def _stored(work: Awaitable[object]) -> None:
    """Wait for it. Raises 503 when the database could not: then Twilio tries again, or its fallback."""
    try:
        await work
    except StoreUnavailable:
        raise web.HTTPServiceUnavailable(text="busy, try again") from None


def _forbidden(why: str) -> web.HTTPForbidden:
    return web.HTTPForbidden(text=why)


def _parse(body: bytes) -> dict[str, str]:
    """Raises 400 for what Twilio would never send: other encodings, repeated or too many names."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise web.HTTPBadRequest(text="unreadable form") from None
    params = dict(pairs)
    if len(params) != len(pairs):
        raise web.HTTPBadRequest(text="repeated parameter")
    return params


def _require(params: Params, shape: Mapping[str, re.Pattern[str] | None]) -> None:
    for name, pattern in shape.items():
        value = params.get(name)
        if value is None or (pattern is not None and not pattern.fullmatch(value)):
            raise web.HTTPBadRequest(text=f"{name} is missing or malformed")


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
