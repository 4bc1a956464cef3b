"""What Twilio remembers: messages page by page, numbers and the services that hold them, line types."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from bridge.gateways import twilio_http
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.twilio import TwilioGateway
from bridge.gateways.twilio_http import LeanHttp, TwilioClient
from bridge.sandbox.twilio import PretendMedia, PretendTwilio
from tests.gateways.conftest import ACCOUNT, OURS, TOKEN
from tests.gateways.stand import Stand, says

PHONE, OTHER = "+14155550111", "+14155550112"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LISTING = f"/api/2010-04-01/Accounts/{ACCOUNT}/Messages.json"


async def texts(pretend: PretendTwilio, count: int, phone: str = PHONE) -> list[str]:
    """Texts from a phone, a minute apart, the last one at NOW. Their sids, newest first."""
    at = [NOW - timedelta(minutes=ago) for ago in range(count)]
    return [await pretend.text(phone, OURS, f"text {moment:%H:%M}", deliver=False, at=moment) for moment in at]


async def test_all_pages_are_read(twilio: TwilioGateway, pretend: PretendTwilio) -> None:
    sids = await texts(pretend, 120)
    found = await twilio.recent(to=OURS)
    assert {row.sid for row in found} == set(sids)
    assert len([request for request in pretend.requests if request.operation == "list"]) == 3
    newest = found[0]
    assert (newest.direction, newest.from_, newest.to, newest.body) == ("inbound", PHONE, OURS, "text 12:00")
    assert (newest.status, newest.error_code, newest.num_media) == ("received", None, 0)
    assert newest.date_created == NOW
    assert newest.date_created.tzinfo is UTC


async def test_only_what_is_asked_for_is_read(twilio: TwilioGateway, pretend: PretendTwilio) -> None:
    await texts(pretend, 130)
    assert len(await twilio.recent(limit=60)) == 60
    since = await twilio.recent(to=OURS, since=NOW - timedelta(minutes=9))
    assert [row.body for row in since] == [f"text {NOW - timedelta(minutes=ago):%H:%M}" for ago in range(10)]
    pretend.requests.clear()
    await twilio.recent(since=NOW + timedelta(days=1))
    assert len(pretend.requests) == 1


async def test_messages_are_filtered_by_both_ends(twilio: TwilioGateway, pretend: PretendTwilio) -> None:
    await texts(pretend, 2)
    await texts(pretend, 3, OTHER)
    sent = await twilio.send(to=OTHER, from_=OURS, body="Hi", status_callback="")
    assert len(await twilio.recent(from_=OTHER, to=OURS)) == 3
    assert [row.sid for row in await twilio.recent(to=OTHER)] == [sent.sid]


async def test_one_message_and_its_files(twilio: TwilioGateway, pretend: PretendTwilio) -> None:
    files = [PretendMedia(b"\xff\xd8\xff", "image/jpeg"), PretendMedia(b"%PDF-", "application/pdf")]
    sid = await pretend.text(PHONE, OURS, "look", media=files, deliver=False)
    assert (await twilio.fetch(sid)).num_media == 2
    found = await twilio.media_of(sid)
    assert sorted(kind for _, kind in found) == ["application/pdf", "image/jpeg"]
    place = rf"https://api\.twilio\.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media/ME[0-9a-f]{{32}}"
    assert all(re.fullmatch(place, url) for url, _ in found)
    assert (await twilio.download(found[0][0], message_sid=sid, limit=100)).media_type in {
        kind for _, kind in found
    }


async def test_a_failed_message_keeps_its_code(twilio: TwilioGateway, pretend: PretendTwilio) -> None:
    sent = await twilio.send(to="+14155550191", from_=OURS, body="Hi", status_callback="")
    await pretend.settled()
    row = await twilio.fetch(sent.sid)
    assert (row.status, row.error_code, row.direction) == ("undelivered", 30007, "outbound-api")
    assert "Hi" not in repr(row)
    assert "4155550191" not in repr(row)


async def test_what_is_not_there(twilio: TwilioGateway) -> None:
    with pytest.raises(GatewayError) as caught:
        await twilio.fetch("SM" + "0" * 32)
    assert (caught.value.code, caught.value.retry) == ("20404", Retry.NEVER)


@pytest.mark.parametrize("sid", ["", "SM1", "../Accounts", "SM" + "g" * 32, "SM" + "0" * 32 + "\n"])
async def test_what_is_no_sid_is_not_asked_for(twilio: TwilioGateway, pretend: PretendTwilio, sid: str) -> None:
    with pytest.raises(GatewayError) as caught:
        await twilio.fetch(sid)
    assert (caught.value.code, caught.value.retry) == ("bad_sid", Retry.NEVER)
    assert pretend.requests == []


@pytest.mark.faults("F9")
@pytest.mark.parametrize(
    ("fault", "code", "retry"),
    [
        ({"status": 429, "body": "busy"}, "http_429", Retry.LATER),
        ({"status": 500}, "20500", Retry.LATER),
        ({"status": 200, "body": "<html>"}, "garbled", Retry.LATER),
        ({"status": 200, "body": "{}"}, "garbled", Retry.LATER),
        ({"status": 200, "body": '{"messages": [1]}'}, "garbled", Retry.LATER),
        ({"status": 200, "body": '{"messages": [{"sid": "SM1"}]}'}, "garbled", Retry.LATER),
        ({"drop": True, "times": 2}, "connection", Retry.LATER),  # aiohttp itself asks again once
        ({"hang": 5.0}, "timeout", Retry.LATER),
        ({"code": 20003, "status": 401}, "20003", Retry.REPAIR),
    ],
)
async def test_reading_may_be_repeated(
    twilio: TwilioGateway,
    pretend: PretendTwilio,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    code: str,
    retry: Retry,
) -> None:
    monkeypatch.setattr(twilio_http, "CALL_SECONDS", 0.5)
    pretend.fail("list", **fault)
    with pytest.raises(GatewayError) as caught:
        await twilio.recent(to=OURS)
    assert (caught.value.code, caught.value.retry) == (code, retry)


# ------------------------------------------------------------------- numbers and services


@pytest.mark.rows(50, 66)
async def test_a_number_is_found_and_pointed_here(twilio: TwilioGateway, pretend: PretendTwilio) -> None:
    pretend.add_number(ACCOUNT, "+14155550102", mms=False, sms_url="https://old.example.com/")
    number = await twilio.number("+14155550102")
    assert number is not None
    assert (number.phone, number.sms, number.mms) == ("+14155550102", True, False)
    assert (number.sms_url, number.sms_application_sid) == ("https://old.example.com/", "")
    new, fallback = (
        "https://sms.example.com/twilio/sms#rc=3&rp=ct,rt,5xx",
        "https://sms.example.com/twilio/sms?fb=1",
    )
    changed = await twilio.update_number(number.sid, sms_url=new, fallback_url=fallback)
    assert (changed.sms_url, changed.sms_fallback_url) == (new, fallback)
    assert await twilio.number("+14155550102") == changed
    assert pretend.requests[-2].params["SmsApplicationSid"] == ""


@pytest.mark.rows(50)
async def test_a_number_of_somebody_else(twilio: TwilioGateway) -> None:
    assert await twilio.number("+14155550199") is None
    assert await twilio.number("+1415555*") is None


@pytest.mark.rows(66)
async def test_the_service_of_a_number_is_found_and_pointed_here(
    twilio: TwilioGateway, pretend: PretendTwilio
) -> None:
    for index in range(55):
        pretend.add_service(ACCOUNT, f"MG{index:032x}")
    sid = pretend.add_number(ACCOUNT, "+14155550103", messaging_service_sid=f"MG{3:032x}")
    assert await twilio.service_of("PN" + "0" * 32) is None
    service = await twilio.service_of(sid)
    assert service is not None
    assert (service.sid, service.inbound_request_url) == (f"MG{3:032x}", "")
    assert service.use_inbound_webhook_on_number is False
    changed = await twilio.update_service(
        service.sid, inbound_request_url="https://sms.example.com/twilio/sms", fallback_url="https://b.example.com/"
    )
    assert changed.inbound_request_url == "https://sms.example.com/twilio/sms"
    assert await twilio.service_of(sid) == changed


async def test_an_update_may_be_repeated(twilio: TwilioGateway, pretend: PretendTwilio) -> None:
    pretend.fail("number_update", drop=True)
    number = await twilio.number(OURS)
    assert number is not None
    with pytest.raises(GatewayError) as caught:
        await twilio.update_number(number.sid, sms_url="https://sms.example.com/", fallback_url="")
    assert caught.value.retry is Retry.LATER


# ------------------------------------------------------------------- look-up


@pytest.mark.parametrize(
    ("phone", "kind"),
    [
        (PHONE, "mobile"),
        ("+14155550190", "landline"),
        ("+14155550198", "nonFixedVoip"),
        ("+14155550189", None),
        ("+14165550101", None),
        ("+1415", None),
        ("32665", None),
        ("../Accounts", None),
    ],
)
async def test_line_types(twilio: TwilioGateway, phone: str, kind: str | None) -> None:
    assert await twilio.line_type(phone) == kind


async def test_a_refused_look_up_is_not_an_answer_and_a_failed_one_is_repeated(
    twilio: TwilioGateway, pretend: PretendTwilio
) -> None:
    for fault in ({"code": 20003, "status": 403}, {"status": 200, "body": "{}"}, {"status": 404}):
        pretend.fail("lookup", **fault)
        assert await twilio.line_type(PHONE) is None
    pretend.fail("lookup", status=429, code=20429, retry_after=3)
    with pytest.raises(GatewayError) as caught:
        await twilio.line_type(PHONE)
    assert (caught.value.retry, caught.value.after) == (Retry.LATER, 3.0)


# ------------------------------------------------------------------- where calls go


async def test_the_environment_does_not_choose_the_region(
    session: aiohttp.ClientSession, pretend: PretendTwilio, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("TWILIO_EDGE", "dublin"), ("TWILIO_REGION", "ie1"), ("TWILIO_ACCOUNT_SID", "AC9")):
        monkeypatch.setenv(name, value)
    assert await TwilioGateway(session, ACCOUNT, TOKEN, base_url=pretend.url + "/").number(OURS) is not None


async def test_further_pages_stay_with_the_base_url(session: aiohttp.ClientSession, stand: Stand) -> None:
    first = {
        "services": [],
        "meta": {"key": "services", "next_page_url": "https://messaging.twilio.com/v1/More?Page=1"},
    }
    last = {"services": [], "meta": {"key": "services", "next_page_url": None}}
    stand.on("/base/messaging/v1/Services", says(first))
    stand.on("/base/messaging/v1/More", says(last))
    gateway = TwilioGateway(session, ACCOUNT, TOKEN, base_url=stand.url + "/base")
    assert await gateway.service_of("PN" + "0" * 32) is None
    assert [one.path for one in stand.seen] == ["/base/messaging/v1/Services", "/base/messaging/v1/More"]
    assert dict(stand.seen[1].query) == {"Page": "1"}


@pytest.mark.faults("S30")
async def test_credentials_leave_for_twilio_only(session: aiohttp.ClientSession) -> None:
    client = TwilioClient(ACCOUNT, TOKEN, ACCOUNT, LeanHttp(session), "")
    assert (
        client.get_hostname("https://messaging.twilio.com/v1/Services")
        == "https://messaging.twilio.com/v1/Services"
    )
    for url in ("https://twilio.com.example/v1", "http://api.twilio.com/", "https://eviltwilio.com/"):
        with pytest.raises(GatewayError) as caught:
            client.get_hostname(url)
        assert (caught.value.code, caught.value.scope) == ("foreign_page", Scope.CALL)
