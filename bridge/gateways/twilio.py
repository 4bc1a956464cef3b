"""Twilio, for one account. Facts and their sources: facts/twilio.md (API 2010-04-01, Messaging v1, Lookup v2)."""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any

import aiohttp
from twilio.base import values
from twilio.base.exceptions import TwilioException

from bridge import failpoints
from bridge.gateways.calls import counted
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.media import Downloaded, PublicOnly, fetch, typed
from bridge.gateways.twilio_http import LeanHttp, TwilioClient
from bridge.gateways.twilio_media import MediaGuard
from bridge.gateways.twilio_shapes import (
    Accepted,
    Listed,
    Number,
    Service,
    of_created,
    of_message,
    of_number,
    of_service,
)
from bridge.gateways.wire import open_session

VALIDITY_SECONDS = 14400  # how long Twilio keeps trying: a reply that is older than four hours confuses
_PAGE = 50  # rows per page; the longest texts then still stay under the limit for an answer
_MOST = 1000  # services, and numbers of one service, that are read at the most
_SID = re.compile(r"[A-Z]{2}[0-9a-f]{32}")
_PHONE = re.compile(r"\+[1-9][0-9]{4,14}")


class TwilioGateway:
    """One Twilio account. Every method raises GatewayError and nothing else.

    Calls use the API key when there is one, else the auth token. `session` is shared and not closed here.
    `base_url` sends everything to a stand-in: api.twilio.com to …/api, and likewise lookups and messaging.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        account_sid: str,
        token: str,
        *,
        key_sid: str | None = None,
        key_secret: str | None = None,
        base_url: str = "",
    ) -> None:
        user, password = (key_sid, key_secret) if key_sid and key_secret else (account_sid, token)
        self._session = session
        self._http = LeanHttp(session)
        self._client = TwilioClient(user, password, account_sid, self._http, base_url)
        self._authorization = aiohttp.encode_basic_auth(user, password)
        self._guard = MediaGuard(account_sid, base_url)

    @property
    def ahead(self) -> float | None:
        """Seconds that our clock was ahead of Twilio's at the last answer."""
        return self._http.ahead

    # ------------------------------------------------------------------ messages

    async def send(
        self,
        *,
        to: str,
        from_: str,
        body: str,
        media_urls: Sequence[str] = (),
        status_callback: str,
        validity: int = VALIDITY_SECONDS,
        messaging_service_sid: str | None = None,
        as_mms: bool = False,
    ) -> Accepted:
        """Hand a text to Twilio, once. `validity` is in seconds, 1 to 36000. `as_mms`: words alone, unsplit.

        With a messaging service `from_` still picks the number in it, so that answers come back to that number.
        Raises DOUBT when the text may have been taken: Twilio has no idempotency for this call.
        """
        with _readable(Retry.DOUBT):
            return of_created(
                await self._client.messages.create_async(
                    to=to,
                    from_=from_ or values.unset,
                    body=body or values.unset,
                    media_url=list(media_urls) or values.unset,
                    status_callback=status_callback,
                    validity_period=validity,
                    messaging_service_sid=messaging_service_sid or values.unset,
                    send_as_mms=as_mms or values.unset,
                )
            )

    async def recent(
        self,
        *,
        to: str | None = None,
        from_: str | None = None,
        since: datetime | None = None,
        limit: int = 200,
    ) -> list[Listed]:
        """Messages in and out, newest first, at most `limit` of those not older than `since` (aware).

        Twilio's own filter by date goes by date_sent, which a queued message does not have; so this goes by
        date_created and stops after a page that is all older.
        """
        chosen = {"to": to or values.unset, "from_": from_ or values.unset, "page_size": _PAGE}
        found: list[Listed] = []
        with _readable():
            page = await self._client.messages.page_async(**chosen)
            while page is not None and len(found) < limit:
                batch = [of_message(row) for row in page]
                fresh = [row for row in batch if since is None or row.date_created.timestamp() >= since.timestamp()]
                found += fresh
                page = await page.next_page_async() if fresh else None
        return found[:limit]

    async def fetch(self, sid: str) -> Listed:
        """One message as it stands now."""
        with _readable():
            return of_message(await self._client.messages(_sid(sid)).fetch_async())

    async def media_of(self, sid: str) -> list[tuple[str, str]]:
        """URL and announced content type of each file of a message; for `download`."""
        with _readable():
            files = await self._client.messages(_sid(sid)).media.list_async(limit=_PAGE)
            return [(self._guard.place(sid, str(file.sid)), str(file.content_type)) for file in files]

    @counted("twilio", "media.download")
    async def download(self, url: str, *, message_sid: str, limit: int) -> Downloaded:
        """A file of an inbound message, at most `limit` bytes, within 10 s for each of its two steps.

        Raises NEVER "forbidden_url" for a URL that is not a file of this message at Twilio, "unsupported_media" by
        its first bytes, "too_large", "bad_redirect". Not found is LATER: a file may come seconds after its webhook.
        """
        place = self._guard.admit(url, _sid(message_sid))
        if place is None:
            raise GatewayError("forbidden_url", Retry.NEVER)
        async with self._media_session() as session:
            headers = {"Authorization": self._authorization}
            failpoints.reach("before twilio GET", place.path)
            reply = await fetch(session, place, headers, limit=limit, next_headers=self._guard.admit_redirect)
            failpoints.reach("after twilio GET", place.path)
        if reply.status == 200:
            return typed(reply.body)
        if reply.status == 401:  # the content network refuses with 403: that heals with a new signed address
            raise GatewayError("http_401", Retry.REPAIR, scope=Scope.ACCOUNT)
        raise GatewayError(f"http_{reply.status}", Retry.LATER, reply.after)

    @asynccontextmanager
    async def _media_session(self) -> AsyncIterator[aiohttp.ClientSession]:
        if self._guard.on_this_machine:
            yield self._session
            return
        async with open_session(PublicOnly()) as session:
            yield session

    # ------------------------------------------------------------------ numbers and their services

    async def number(self, phone: str) -> Number | None:
        """The number of this account that is exactly `phone`, or None."""
        with _readable():
            found = await self._client.incoming_phone_numbers.list_async(phone_number=phone, limit=1)
            numbers = [of_number(row) for row in found]
        return next((number for number in numbers if number.phone == phone), None)

    async def update_number(
        self, sid: str, *, sms_url: str, fallback_url: str, clear_application: bool = True
    ) -> Number:
        """Point a number's texts at these URLs; clearing its application, which would win over them."""
        with _readable():
            changed = await self._client.incoming_phone_numbers(_sid(sid)).update_async(
                sms_url=sms_url,
                sms_method="POST",
                sms_fallback_url=fallback_url,
                sms_fallback_method="POST",
                sms_application_sid="" if clear_application else values.unset,
            )
            return of_number(changed)

    async def service_of(self, number_sid: str) -> Service | None:
        """The messaging service that holds a number, or None. Twilio has no search for it: all are read."""
        with _readable():
            services = self._client.messaging.v1.services
            for service in await services.list_async(limit=_MOST, page_size=_PAGE):
                numbers = await services(service.sid).phone_numbers.list_async(limit=_MOST, page_size=_PAGE)
                if any(number.sid == number_sid for number in numbers):
                    return of_service(service)
        return None

    async def update_service(self, sid: str, *, inbound_request_url: str, fallback_url: str) -> Service:
        """Point a messaging service's inbound texts at these URLs."""
        with _readable():
            changed = await self._client.messaging.v1.services(_sid(sid)).update_async(
                inbound_request_url=inbound_request_url,
                inbound_method="POST",
                fallback_url=fallback_url,
                fallback_method="POST",
            )
            return of_service(changed)

    async def line_type(self, phone: str) -> str | None:
        """What kind of line a number is ("mobile", "landline", "unknown" ...); a paid look-up, so keep the answer.

        None when Twilio will not say: no such number, a country it may not look up (60601 is Canada), a key without
        the right. Raises LATER only.
        """
        if not _PHONE.fullmatch(phone):
            return None
        try:
            with _readable():
                found = await self._client.lookups.v2.phone_numbers(phone).fetch_async(
                    fields="line_type_intelligence"
                )
                return _line_type(found.line_type_intelligence)
        except GatewayError as trouble:
            if trouble.retry is Retry.LATER:
                raise
            return None


def _line_type(package: Any) -> str | None:
    if not isinstance(package, dict) or package.get("error_code"):
        return None
    return str(package["type"]) if package.get("type") else None


def _sid(value: str) -> str:
    """A sid that may stand in a URL. Raises GatewayError "bad_sid"."""
    if not _SID.fullmatch(value):
        raise GatewayError("bad_sid", Retry.NEVER)
    return value


@contextmanager
def _readable(lost: Retry = Retry.LATER) -> Iterator[None]:
    """Tell an answer of a shape that neither the SDK nor we can read as GatewayError "garbled"."""
    try:
        yield
    except (TwilioException, ValueError, KeyError, TypeError, AttributeError):
        raise GatewayError("garbled", lost) from None
