"""The pretend Twilio as tests and the demo handle it."""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from email.utils import formatdate
from typing import Literal

from aiohttp import web

from bridge.sandbox.guard import only_from_here

from . import control, door, faults, inbound, lifecycle, wire
from .records import (
    Account,
    Number,
    PretendMedia,
    PretendMessage,
    Service,
    Webhook,
    fixed_sid,
    new_sid,
)
from .routes import NAMES
from .signing import Params, pairs, signature
from .texts import segments
from .world import World


def _check_sid(sid: str, prefix: str) -> None:
    if not re.fullmatch(prefix + "[0-9a-fA-F]{32}", sid):
        raise ValueError(f"{sid!r} is no {prefix} sid: {prefix} and 32 hexadecimal digits")


class PretendTwilio(World):
    """Accounts, numbers, phones and faults. The knobs are the public attributes of `World`."""

    def __init__(self) -> None:
        super().__init__()
        self._faults: list[faults.Fault] = []
        self._runner: web.AppRunner | None = None

    # running

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen, and return the base URL. Port 0 takes any free one."""
        self.open()
        app = web.Application(middlewares=[only_from_here("/_/")], client_max_size=16 * 1024 * 1024)
        app.on_response_prepare.append(self._date)
        control.add_routes(app, self)
        door.add_routes(app, self, self._faults)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, host, port).start()
        self.url = f"http://{host}:{self._runner.addresses[0][1]}"
        return self.url

    async def _date(self, _request: web.Request, response: web.StreamResponse) -> None:
        if self.date_ahead:
            response.headers["Date"] = formatdate(time.time() + self.date_ahead, usegmt=True)

    async def stop(self) -> None:
        """End everything: deliveries, stalls, listeners, the server."""
        await self.hush()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None
        await self.close()

    async def settled(self) -> None:
        """Wait until all webhooks are answered and no text is on its way, save to phones that are off."""
        await self.quiet()

    # accounts and numbers

    def add_account(self, account_sid: str, auth_token: str, *, secondary_token: str | None = None) -> None:
        """Open an account. The secondary token opens it too, but signs nothing until it is promoted."""
        _check_sid(account_sid, "AC")
        self.accounts[account_sid] = Account(account_sid, auth_token, secondary_token, self.now())

    def add_key(self, account_sid: str, key_sid: str, secret: str) -> None:
        """Give an account an API key. It opens the API and signs no webhooks."""
        _check_sid(key_sid, "SK")
        self.accounts[account_sid].keys[key_sid] = secret

    def rotate_token(self, account_sid: str, new_token: str) -> None:
        """Promote a token: from now on it signs everything, and the old one is worth nothing."""
        account = self.accounts[account_sid]
        account.auth_token = new_token
        if account.secondary_token == new_token:
            account.secondary_token = None

    def add_number(
        self,
        account_sid: str,
        phone: str,
        *,
        sms: bool = True,
        mms: bool = True,
        kind: Literal["local", "tollfree"] = "local",
        sms_url: str = "",
        messaging_service_sid: str | None = None,
        country: str = "US",
    ) -> str:
        """Buy a number, perhaps for a messaging service, and return its PN sid."""
        if messaging_service_sid is not None and messaging_service_sid not in self.services:
            self.add_service(account_sid, messaging_service_sid)
        sid = fixed_sid("PN", self.accounts[account_sid].sid, phone)
        settings = {"SmsUrl": sms_url, "SmsMethod": "POST"}
        self.numbers[phone] = Number(
            sid, account_sid, phone, kind, country, sms, mms, self.now(), messaging_service_sid, settings
        )
        return sid

    def add_service(
        self,
        account_sid: str,
        service_sid: str,
        *,
        inbound_request_url: str | None = None,
        use_inbound_webhook_on_number: bool = False,
        advanced_opt_out: bool = False,
    ) -> None:
        """Make a messaging service, or set one anew. Without an address it throws inbound texts away."""
        _check_sid(service_sid, "MG")
        settings = {"UseInboundWebhookOnNumber": str(use_inbound_webhook_on_number).lower()}
        settings["InboundRequestUrl"] = inbound_request_url or ""
        account = self.accounts[account_sid]
        self.services[service_sid] = Service(service_sid, account.sid, self.now(), advanced_opt_out, settings)

    # the phones

    async def text(
        self,
        from_phone: str,
        to_phone: str,
        body: str = "",
        *,
        media: Sequence[PretendMedia] = (),
        sid: str | None = None,
        copies: int = 1,
        extra: dict[str, str] | None = None,
        deliver: bool = True,
        at: datetime | None = None,
    ) -> str:
        """A person texts the firm. Returns the MessageSid, once the app has answered the webhook.

        A `sid` that exists already is only pushed again. Nobody raises when the app refuses: see `webhooks`.
        """
        number = self.numbers[to_phone]
        known = self.log.get(sid or "")
        message = known or self._written(number, from_phone, body, media, sid, at)
        settled = None if known else inbound.settle_keyword(self, number, message)
        params = inbound.webhook_params(self, message, settled) | (extra or {})
        if deliver:
            await inbound.push(self, number, message, params, copies)
        return message.sid

    def _written(
        self,
        number: Number,
        from_phone: str,
        body: str,
        media: Sequence[PretendMedia],
        sid: str | None,
        at: datetime | None,
    ) -> PretendMessage:
        """A new text from a phone, in its own thread and in Twilio's log."""
        when, service = at or self.now(), self.service_of(number.phone)
        message = PretendMessage(
            sid=sid or new_sid("MM" if media else "SM"),
            account_sid=number.account_sid,
            from_=from_phone,
            to=number.phone,
            body=body,
            direction="inbound",
            status="received",
            date_created=when,
            date_updated=when,
            date_sent=when,
            media=list(media),
            num_segments=segments(body),
            messaging_service_sid=service.sid if service else None,
        )
        inbound.attach(self, message)
        self.threads.setdefault(from_phone, []).append(replace(message))
        if not inbound.is_deaf(service):
            self.keep(message)
        return message

    def texts_to(self, phone: str) -> list[PretendMessage]:
        """What arrived on a phone, in order, each as it was when it arrived."""
        return [message for message in self.threads.get(phone, []) if message.to == phone]

    def phone_off(self, phone: str) -> None:
        """Switch a phone off: texts to it stay "sent"."""
        self.off.setdefault(phone, [])
        self.announce("phone", phone=phone, on=False)

    def phone_on(self, phone: str) -> None:
        """Switch a phone on: what waited arrives."""
        for message in self.off.pop(phone, []):
            lifecycle.arrive(self, message)
        self.announce("phone", phone=phone, on=True)

    def messages(self, account_sid: str | None = None) -> list[PretendMessage]:
        """The Message resources, oldest first."""
        return [message for message in self.log.values() if account_sid in {None, message.account_sid}]

    # webhooks by hand

    def sign(self, account_sid: str, url: str, params: Params) -> str:
        """The X-Twilio-Signature of a request."""
        return signature(self.accounts[account_sid].auth_token, url, params)

    async def post_webhook(
        self,
        url: str,
        params: Params,
        *,
        signature: str | None = None,
        headers: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> tuple[int, str]:
        """Make an odd request to the app. Returns status and body; 0 when there was no answer.

        Without a `signature` it is signed for the AccountSid in the parameters, and not at all when there is none.
        """
        named = dict(pairs(params))
        if signature is None and named.get("AccountSid") in self.accounts:
            signature = self.sign(named["AccountSid"], url, params)
        sent = ({} if signature is None else {"X-Twilio-Signature": signature}) | (headers or {})
        webhook = Webhook("raw", url, named)
        await wire.send(self, webhook, "POST", wire.form(params) if body is None else body, sent)
        return webhook.status or 0, webhook.body

    async def callback(self, sid: str, status: str, error_code: int | None = None) -> Webhook:
        """Send a status callback out of turn: late, again, or for a state the message was never in."""
        message = self.log[sid]
        params = lifecycle.callback_params(self, message, status, error_code)
        hook = wire.Hook(message.account_sid, "status", message.status_callback or "", params)
        return (await wire.together(self, hook, 1))[0]

    # trouble

    def fail(
        self,
        what: str,
        *,
        times: int = 1,
        status: int | None = None,
        code: int | None = None,
        message: str = "",
        retry_after: int | str | None = None,
        body: str | bytes | None = None,
        content_type: str | None = None,
        accept_first: bool = False,
        hang: float | None = None,
        drop: bool = False,
        to: str | None = None,
    ) -> None:
        """Let the next `times` requests of an operation or group go wrong, for one recipient `to` or for all.

        `what` is create, list, message, media, lookup, number, service, account, cdn, * or an operation of
        `routes.py`. `accept_first` does what was asked before the trouble starts. `hang` waits so many seconds and
        then answers as usual if nothing else is asked for; an app that hung up meanwhile has sent nothing. `drop`
        cuts the connection. Otherwise the answer is `status` with Twilio's JSON around `code` and `message`, or
        with `body` as it is; 500 when only the operation is named.
        """
        if what not in NAMES:
            raise ValueError(f"{what!r} is no operation; there are: {', '.join(sorted(NAMES))}")
        fault = faults.Fault(
            what, times, status, code, message, retry_after, body, content_type, accept_first, hang, drop, to
        )
        self._faults.append(fault)

    def heal(self) -> None:
        """Forget all faults that have not happened yet."""
        self._faults.clear()

    async def release(self, sid: str) -> None:
        """Let a scheduled text go, whose time nobody wants to wait for."""
        message = self.log[sid]
        message.status = "accepted"
        await asyncio.wait([self.spawn(lifecycle.carry(self, message))])
