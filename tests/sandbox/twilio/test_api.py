"""The rest of the API: who may ask, lists and their pages, numbers, services, lookups, files."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException

from bridge.sandbox.twilio import PretendMedia, PretendTwilio, magic

ACCOUNT, TOKEN, OURS = "AC" + "a" * 32, "token-of-the-first-firm", "+14155550100"
OTHER, SERVICE, LEAD = "AC" + "c" * 32, "MG" + "b" * 32, "+14155550111"
KEY = "SK" + "d" * 32
AUTH = {"Authorization": aiohttp.encode_basic_auth(ACCOUNT, TOKEN)}


async def status_of(twilio: PretendTwilio, http: aiohttp.ClientSession, user: str, secret: str) -> int:
    """Ask for the first account's texts as somebody."""
    url = f"{twilio.url}/api/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(user, secret)}
    async with http.get(url, headers=headers) as answer:
        assert answer.status == 200 or (await answer.json())["code"] == 20003
        return answer.status


async def test_who_may_ask(twilio: PretendTwilio, http: aiohttp.ClientSession) -> None:
    twilio.add_account(ACCOUNT, TOKEN, secondary_token="secondary")
    twilio.add_key(ACCOUNT, KEY, "key-secret")
    twilio.add_account(OTHER, "other-token")
    assert await status_of(twilio, http, ACCOUNT, TOKEN) == 200
    assert await status_of(twilio, http, ACCOUNT, "secondary") == 200
    assert await status_of(twilio, http, KEY, "key-secret") == 200
    for user, secret in ((ACCOUNT, "wrong"), (KEY, TOKEN), (OTHER, "other-token"), ("", ""), (ACCOUNT, "")):
        assert await status_of(twilio, http, user, secret) == 401
    twilio.rotate_token(ACCOUNT, "secondary")
    assert await status_of(twilio, http, ACCOUNT, TOKEN) == 401
    assert [request.authorised for request in twilio.requests] == [True] * 3 + [False] * 6


@pytest.mark.parametrize("header", ["", "Basic", "Basic !!", "Bearer abc", "Basic /w=="])
async def test_odd_credentials(twilio: PretendTwilio, http: aiohttp.ClientSession, header: str) -> None:
    url = f"{twilio.url}/lookups/v2/PhoneNumbers/{LEAD}"
    async with http.get(url, headers={"Authorization": header} if header else {}) as answer:
        assert answer.status == 401


async def test_unknown_addresses(twilio: PretendTwilio, client: Any, http: aiohttp.ClientSession) -> None:
    async with http.get(f"{twilio.url}/api/2010-04-01/Nothing.json", headers=AUTH) as answer:
        assert (answer.status, (await answer.json())["code"]) == (404, 20404)
    for missing in (
        client.messages("SM" + "0" * 32),
        client.incoming_phone_numbers("PN" + "0" * 32),
        client.messaging.v1.services(SERVICE),
        client.api.accounts(OTHER),
    ):
        with pytest.raises(TwilioRestException) as refusal:
            await missing.fetch_async()
        assert refusal.value.status == 404


async def test_the_list_is_newest_first_and_filters(twilio: PretendTwilio, client: Any) -> None:
    twilio.add_account(OTHER, "other-token")
    twilio.add_number(OTHER, "+14155550102")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    await twilio.text(LEAD, OURS, "New", deliver=False)
    await twilio.text(LEAD, OURS, "Old", deliver=False, at=yesterday)
    await twilio.text(LEAD, "+14155550102", "Foreign", deliver=False)
    await client.messages.create_async(to=magic.SLOW, from_=OURS, body="Unsent", smart_encoded=False)

    async def bodies(**filters: Any) -> list[str]:
        return [row.body for row in await client.messages.list_async(**filters)]

    assert await bodies() == ["Unsent", "New", "Old"]
    assert await bodies(to=OURS) == ["New", "Old"]
    assert await bodies(from_=OURS) == ["Unsent"]
    assert await bodies(date_sent_after=datetime.now(UTC) - timedelta(hours=1)) == ["New"]
    assert await bodies(date_sent_before=datetime.now(UTC) - timedelta(hours=1)) == ["Old"]
    assert await bodies(date_sent=yesterday.date()) == ["Old"]
    assert await bodies(limit=1) == ["Unsent"]


async def test_pages_do_not_move_when_something_arrives(
    twilio: PretendTwilio, client: Any, http: aiohttp.ClientSession
) -> None:
    for index in range(5):
        await twilio.text(LEAD, OURS, str(index), deliver=False)
    page = await client.messages.page_async(to=OURS, page_size=2)
    await twilio.text(LEAD, OURS, "5", deliver=False)
    assert [row.body for row in page] == ["4", "3"]
    page = await page.next_page_async()
    assert [row.body for row in page] == ["2", "1"]
    page = await page.next_page_async()
    assert [row.body for row in page] == ["0"]
    assert await page.next_page_async() is None
    assert len(await client.messages.list_async(page_size=1)) == 6

    url = f"{twilio.url}/api/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    async with http.get(url, params={"PageSize": "2", "To": OURS}, headers=AUTH) as answer:
        following = (await answer.json())["next_page_uri"]
        assert following.startswith(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json?To=%2B1")
    for wrong in ({"Page": "1"}, {"PageToken": "PAx"}, {"PageSize": "x"}, {"DateSent": "x"}, {"Limit": "1"}):
        async with http.get(url, params=wrong, headers=AUTH) as answer:
            assert answer.status == 400


async def test_numbers_and_where_they_lead(twilio: PretendTwilio, client: Any) -> None:
    sid = twilio.add_number(ACCOUNT, "+14155550101", sms=False, mms=False)
    [number] = await client.incoming_phone_numbers.list_async(phone_number="+14155550101")
    assert (number.sid, number.capabilities["sms"]) == (sid, False)
    assert len(await client.incoming_phone_numbers.list_async(phone_number="+1415*")) == 2
    assert await client.incoming_phone_numbers.list_async(phone_number="+14155550109") == []
    await number.update_async(
        sms_url="https://a.example/#rc=3", sms_fallback_url="https://b.example/", sms_method="GET"
    )
    again = await client.incoming_phone_numbers(sid).fetch_async()
    assert (again.sms_url, again.sms_fallback_url, again.sms_method) == (
        "https://a.example/#rc=3",
        "https://b.example/",
        "GET",
    )
    for wrong in ({"sms_url": "nonsense"}, {"sms_method": "PUT"}):
        with pytest.raises(TwilioRestException):
            await number.update_async(**wrong)


async def test_services_and_their_numbers(twilio: PretendTwilio, client: Any) -> None:
    services = [f"MG{index:032x}" for index in range(3)]
    for index, sid in enumerate(services):
        twilio.add_number(ACCOUNT, f"+1415555012{index}", messaging_service_sid=sid)
    assert [row.sid for row in await client.messaging.v1.services.list_async(page_size=2)] == services
    [member] = await client.messaging.v1.services(services[1]).phone_numbers.list_async()
    assert (member.phone_number, member.capabilities) == ("+14155550121", ["SMS", "MMS", "Voice"])
    service = await client.messaging.v1.services(services[0]).update_async(
        inbound_request_url="https://a.example/", use_inbound_webhook_on_number=True
    )
    assert (service.inbound_request_url, service.use_inbound_webhook_on_number) == ("https://a.example/", True)
    service = await service.update_async(inbound_request_url="")
    assert service.inbound_request_url is None
    with pytest.raises(TwilioRestException):
        await service.update_async(validity_period="long")


async def test_the_account(client: Any) -> None:
    account = await client.api.accounts(ACCOUNT).fetch_async()
    assert (account.status, account.auth_token) == ("active", None)


@pytest.mark.parametrize(
    ("phone", "kind", "error"),
    [
        (LEAD, "mobile", None),
        (magic.LANDLINE, "landline", None),
        (magic.VOIP, "nonFixedVoip", None),
        ("+18335550100", "tollFree", None),
        (magic.CANADIAN, None, 60601),
        (magic.NO_LOOKUP, None, 60608),
        (magic.UNKNOWN_LINE, "unknown", None),
    ],
)
async def test_line_types(
    twilio: PretendTwilio, client: Any, phone: str, kind: str | None, error: int | None
) -> None:
    answer = await client.lookups.v2.phone_numbers(phone).fetch_async(fields="line_type_intelligence")
    assert answer.valid
    assert (answer.line_type_intelligence["type"], answer.line_type_intelligence["error_code"]) == (kind, error)
    assert (twilio.looked_up(phone), twilio.looked_up("+14155550101")) == (1, 0)


async def test_a_lookup_that_fails_and_one_that_takes_its_time(twilio: PretendTwilio, client: Any) -> None:
    twilio.slow_lookup = 0.2
    numbers, asked = client.lookups.v2.phone_numbers, list[str]()

    async def note(phone: str) -> None:
        asked.append(phone)

    twilio.on_lookup = note
    with pytest.raises(TwilioRestException) as refusal:
        await numbers(magic.LOOKUP_DOWN).fetch_async()
    assert refusal.value.status == 500
    began = time.monotonic()
    assert (await numbers(magic.LOOKUP_SLOW).fetch_async()).valid
    assert time.monotonic() - began >= 0.2
    assert asked == [magic.LOOKUP_DOWN, magic.LOOKUP_SLOW]


async def test_lookups_of_other_things(client: Any) -> None:
    numbers = client.lookups.v2.phone_numbers
    plain = await numbers("(415) 555-0111").fetch_async()
    assert (plain.phone_number, plain.national_format) == (LEAD, "(415) 555-0111")
    assert plain.line_type_intelligence is None
    assert (await numbers("+1415555").fetch_async()).validation_errors == ["TOO_SHORT"]
    assert (await numbers("+141555501111").fetch_async()).validation_errors == ["TOO_LONG"]
    assert not (await numbers("+11234567890").fetch_async()).valid
    assert (await numbers(LEAD).fetch_async(fields="caller_name")).caller_name == {"error_code": 60606}
    for wrong in (numbers("nonsense").fetch_async(), numbers(LEAD).fetch_async(fields="shoe_size")):
        with pytest.raises(TwilioException):
            await wrong


async def test_a_file_is_fetched_with_credentials_and_then_without(
    twilio: PretendTwilio, app: Any, client: Any, http: aiohttp.ClientSession
) -> None:
    await twilio.text(LEAD, OURS, media=[PretendMedia(b"\xff\xd8jpeg", "image/jpeg")])
    url = app.calls[0].form["MediaUrl0"].replace("https://api.twilio.com", f"{twilio.url}/api")
    async with http.get(url, allow_redirects=False) as answer:
        assert answer.status == 401
    async with http.get(url, headers=AUTH, allow_redirects=False) as answer:
        assert answer.status == 307
        link = answer.headers["Location"]
    assert link.startswith(f"{twilio.url}/cdn/")
    async with http.get(link) as answer:
        assert (answer.status, answer.content_type, await answer.read()) == (200, "image/jpeg", b"\xff\xd8jpeg")
    async with http.get(link, headers=AUTH) as answer:
        assert (answer.status, "Only one auth mechanism" in await answer.text()) == (400, True)
    async with http.get(link + "0") as answer:
        assert answer.status == 403
    twilio.now = lambda: datetime.now(UTC) + timedelta(hours=5)
    async with http.get(link) as answer:
        assert (answer.status, "expired" in await answer.text()) == (403, True)


async def test_files_are_listed_and_deleted(
    twilio: PretendTwilio, client: Any, http: aiohttp.ClientSession
) -> None:
    sid = await twilio.text(LEAD, OURS, media=[PretendMedia(b"1"), PretendMedia(b"2", "image/png")], deliver=False)
    first, second = await client.messages(sid).media.list_async()
    assert (first.content_type, second.content_type, first.parent_sid) == ("image/jpeg", "image/png", sid)
    assert (await client.messages(sid).media(first.sid).fetch_async()).sid == first.sid
    assert await first.delete_async()
    assert [row.sid for row in await client.messages(sid).media.list_async()] == [second.sid]
    url = f"{twilio.url}/api/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media/"
    async with http.get(url + first.sid, headers=AUTH) as answer:
        assert answer.status == 404
    async with http.delete(url + second.sid, headers=AUTH) as answer:
        assert answer.status == 204


async def test_files_can_lie_and_lead_astray(twilio: PretendTwilio, app: Any, http: aiohttp.ClientSession) -> None:
    await twilio.text(
        LEAD,
        OURS,
        media=[
            PretendMedia(b"short", declared_length=10),
            PretendMedia(b"", redirect_to="http://169.254.169.254/"),
        ],
    )
    lying, astray = (
        app.calls[0].form[name].replace("https://api.twilio.com", f"{twilio.url}/api")
        for name in ("MediaUrl0", "MediaUrl1")
    )
    async with http.get(astray, headers=AUTH, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "http://169.254.169.254/"
    async with http.get(lying, headers=AUTH, allow_redirects=False) as answer:
        link = answer.headers["Location"]
    async with http.get(link) as answer:
        assert answer.content_length == 10
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.read()
    twilio.fail("cdn", status=404)
    async with http.get(link) as answer:
        assert answer.status == 404


@pytest.mark.parametrize(
    ("name", "file", "status", "code"),
    [
        ("1.png", (b"\x89PNG", "image/png"), "delivered", None),
        ("1.html", (b"<html>", "text/html"), "failed", 12300),
        ("1.svg", (b"<svg>", "image/svg+xml"), "failed", 12300),
        ("1.png", (b"x" * (5 * 1024 * 1024 + 1), "image/png"), "failed", 11751),
        ("https://elsewhere.example/1.png", None, "failed", 11200),
    ],
)
async def test_pictures_that_the_app_sends(
    twilio: PretendTwilio, app: Any, client: Any, name: str, file: Any, status: str, code: int | None
) -> None:
    url = name if file is None else f"{app.url}/files/{name}"
    app.files[name] = file
    message = await client.messages.create_async(to=LEAD, from_=OURS, media_url=[url])
    assert (message.sid[:2], message.num_media) == ("MM", "1")
    await twilio.settled()
    message = await client.messages(message.sid).fetch_async()
    assert (message.status, message.error_code) == (status, code)
    arrived = twilio.texts_to(LEAD)
    if status == "delivered":
        assert [call.method for call in app.calls] == ["HEAD", "GET"]
        assert (arrived[0].media[0].content, arrived[0].media_urls) == (file[0], [url])
        assert len(await client.messages(message.sid).media.list_async()) == 1
    else:
        assert arrived == []
