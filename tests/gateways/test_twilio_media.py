"""Pictures of leads are fetched from Twilio, for the message they came with, and nowhere else."""

from typing import Any

import aiohttp
import pytest
from yarl import URL

from bridge.gateways import media
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.twilio import TwilioGateway
from bridge.gateways.twilio_media import MediaGuard
from bridge.sandbox.twilio import PretendMedia, PretendTwilio
from tests.gateways.conftest import ACCOUNT, OURS, TOKEN
from tests.gateways.stand import Stand, cut, endless, says

PHONE, PICTURE = "+14155550111", b"\xff\xd8\xff\xe0" + b"p" * 1000
SID, FILE = "MM" + "1" * 32, "ME" + "2" * 32
PATH = f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{SID}/Media/{FILE}"


async def received(pretend: PretendTwilio, *files: PretendMedia) -> tuple[str, str]:
    """A message with pictures: its sid and the first one's URL, as the webhook has it."""
    pretend.numbers[OURS].settings["SmsUrl"] = (
        "http://127.0.0.1:9/"  # nobody there: only the webhook's words matter
    )
    pretend.retry_pause = 0
    sid = await pretend.text(PHONE, OURS, media=files)
    return sid, pretend.webhooks[-1].params["MediaUrl0"]


async def refused(gateway: TwilioGateway, url: str, sid: str = SID, limit: int = 5000) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await gateway.download(url, message_sid=sid, limit=limit)
    return caught.value


@pytest.mark.rows(70)
@pytest.mark.faults("F24")
async def test_a_picture_is_fetched_and_typed_by_its_bytes(twilio: TwilioGateway, pretend: PretendTwilio) -> None:
    sid, url = await received(pretend, PretendMedia(PICTURE, "text/html"))
    found = await twilio.download(url, message_sid=sid, limit=len(PICTURE))
    assert (found.content, found.media_type) == (PICTURE, "image/jpeg")
    api, content = pretend.requests[-2:]
    assert (api.operation, api.authorised, content.operation) == ("media_bytes", True, "cdn")


@pytest.mark.faults("F24")
@pytest.mark.parametrize(
    ("file", "code", "retry"),
    [
        (PretendMedia(PICTURE * 6), "too_large", Retry.NEVER),
        (PretendMedia(b"<svg onload='x()'/>", "image/jpeg"), "unsupported_media", Retry.NEVER),
        (PretendMedia(b"<html>", "image/png"), "unsupported_media", Retry.NEVER),
        (PretendMedia(PICTURE, redirect_to="http://169.254.169.254/latest/"), "bad_redirect", Retry.NEVER),
        (PretendMedia(PICTURE, redirect_to="file:///etc/passwd"), "bad_redirect", Retry.NEVER),
        (PretendMedia(PICTURE, redirect_to="http://[::ffff:127.0.0.1]/"), "bad_redirect", Retry.NEVER),
        (PretendMedia(PICTURE, redirect_to="http://u:p@127.0.0.1/"), "bad_redirect", Retry.NEVER),
        (PretendMedia(PICTURE, redirect_to="http://twiliocdn.com.example/"), "bad_redirect", Retry.NEVER),
        (PretendMedia(PICTURE, declared_length=10**9), "too_large", Retry.NEVER),
        (PretendMedia(PICTURE, declared_length=len(PICTURE) + 9), "connection", Retry.LATER),
    ],
)
async def test_a_picture_that_is_not_what_it_should_be(
    twilio: TwilioGateway, pretend: PretendTwilio, file: PretendMedia, code: str, retry: Retry
) -> None:
    sid, url = await received(pretend, file)
    error = await refused(twilio, url, sid)
    assert (error.code, error.retry) == (code, retry)


@pytest.mark.faults("F24")
@pytest.mark.parametrize(
    ("fault", "code", "retry", "scope"),
    [
        ({"what": "media_bytes", "status": 404}, "http_404", Retry.LATER, Scope.CALL),
        ({"what": "media_bytes", "status": 401}, "http_401", Retry.REPAIR, Scope.ACCOUNT),
        ({"what": "media_bytes", "status": 500}, "http_500", Retry.LATER, Scope.CALL),
        ({"what": "media_bytes", "hang": 5.0}, "timeout", Retry.LATER, Scope.CALL),
        ({"what": "cdn", "status": 403, "body": "<Error/>"}, "http_403", Retry.LATER, Scope.CALL),
        ({"what": "cdn", "drop": True, "times": 2}, "connection", Retry.LATER, Scope.CALL),
    ],
)
async def test_trouble_on_the_way_may_pass(
    twilio: TwilioGateway,
    pretend: PretendTwilio,
    monkeypatch: pytest.MonkeyPatch,
    fault: dict[str, Any],
    code: str,
    retry: Retry,
    scope: Scope,
) -> None:
    monkeypatch.setattr(media, "DOWNLOAD_SECONDS", 0.5)
    sid, url = await received(pretend, PretendMedia(PICTURE))
    pretend.fail(**fault)
    error = await refused(twilio, url, sid)
    assert (error.code, error.retry, error.scope) == (code, retry, scope)


@pytest.mark.faults("F24")
async def test_no_second_redirect_no_end_no_credentials(session: aiohttp.ClientSession, stand: Stand) -> None:
    gateway = TwilioGateway(session, ACCOUNT, TOKEN, base_url=stand.url)
    url = f"https://api.twilio.com{PATH}"
    stand.on("/api" + PATH, says(status=307, Location="/cdn"))
    stand.on("/cdn", says(status=302, Location="/again"))
    assert (await refused(gateway, url)).code == "bad_redirect"
    stand.on("/cdn", endless)
    assert (await refused(gateway, url)).code == "too_large"
    stand.on("/cdn", cut)
    assert (await refused(gateway, url)).retry is Retry.LATER
    assert all("Authorization" not in one.headers for one in stand.seen if one.path == "/cdn")
    assert all("Authorization" in one.headers for one in stand.seen if one.path != "/cdn")
    assert {one.headers["Accept-Encoding"] for one in stand.seen} == {"identity"}
    stand.on("/api" + PATH, says(status=307))
    assert (await refused(gateway, url)).code == "bad_redirect"


@pytest.mark.faults("F24")
async def test_a_url_of_another_message_is_not_followed(twilio: TwilioGateway, pretend: PretendTwilio) -> None:
    _, url = await received(pretend, PretendMedia(PICTURE))
    pretend.requests.clear()
    error = await refused(twilio, url, SID)
    assert (error.code, error.retry) == ("forbidden_url", Retry.NEVER)
    assert pretend.requests == []


@pytest.mark.faults("F24")
@pytest.mark.parametrize(
    "url",
    [
        f"http://api.twilio.com{PATH}",
        f"https://api.twilio.com:8443{PATH}",
        f"https://api.twilio.com.example.com{PATH}",
        f"https://evil@api.twilio.com{PATH}",
        f"https://api.twilio.com@evil.example{PATH}",
        f"https://169.254.169.254{PATH}",
        f"https://[::ffff:169.254.169.254]{PATH}",
        f"https://127.0.0.1{PATH}",
        f"https://api.twilio.com{PATH}?x=1",
        f"https://api.twilio.com{PATH}#x",
        f"https://api.twilio.com{PATH}/../../secret",
        f"https://api.twilio.com{PATH}.json",
        f"https://api.twilio.com{PATH}\n",
        f"https://api.twilio.com/api{PATH}",
        f"https://api.twilio.com{PATH.replace(ACCOUNT, 'AC' + 'f' * 32)}",
        f"https://api.twilio.com{PATH.replace(SID, 'MM' + 'f' * 32)}",
        f"https://api.twilio.com{PATH.replace('/Media/', '/%4Dedia/%2e%2e/')}",
        f"//api.twilio.com{PATH}",
        PATH,
        "file:///etc/passwd",
        "https://[",
        "",
    ],
)
def test_what_is_not_this_message_at_twilio_is_not_fetched(url: str) -> None:
    assert MediaGuard(ACCOUNT, "").admit(url, SID) is None


@pytest.mark.faults("F24")
def test_the_real_addresses_are_admitted() -> None:
    guard = MediaGuard(ACCOUNT, "")
    assert guard.admit(guard.place(SID, FILE), SID) == URL(f"https://api.twilio.com{PATH}")
    for host in ("mms.twiliocdn.com", "s3-external-1.amazonaws.com"):
        assert guard.admit_redirect(URL(f"https://{host}/AC1/x?Signature=y")) == {}
    for target in (
        "http://mms.twiliocdn.com/x",
        "https://mms.twiliocdn.com:444/x",
        "https://twiliocdn.com.evil.example/x",
        "https://eviltwiliocdn.com/x",
        "https://u@mms.twiliocdn.com/x",
        "https://127.0.0.1/x",
        "/x",
    ):
        assert guard.admit_redirect(URL(target)) is None


@pytest.mark.faults("F24")
def test_a_stand_in_is_asked_instead_of_twilio() -> None:
    guard = MediaGuard(ACCOUNT, "http://127.0.0.1:9000/base/")
    place = URL(f"http://127.0.0.1:9000/base/api{PATH}")
    assert guard.admit(f"https://api.twilio.com{PATH}", SID) == place
    assert guard.admit(str(place), SID) == place
    assert guard.admit(f"http://127.0.0.1:9001/base/api{PATH}", SID) is None
    assert guard.admit_redirect(URL("http://127.0.0.2/x")) is None
    elsewhere = MediaGuard(ACCOUNT, "https://twilio.example.com")
    assert not elsewhere.on_this_machine
    assert elsewhere.admit_redirect(URL("https://twilio.example.com/x")) is None


@pytest.mark.faults("F24")
async def test_a_download_does_not_reach_our_own_network(session: aiohttp.ClientSession, stand: Stand) -> None:
    private = stand.url.replace("http://127.0.0.1", "https://localhost.localdomain")
    gateway = TwilioGateway(session, ACCOUNT, TOKEN, base_url=private)
    error = await refused(gateway, f"https://api.twilio.com{PATH}")
    assert (error.code, error.retry) == ("connection", Retry.LATER)
    assert stand.seen == []
