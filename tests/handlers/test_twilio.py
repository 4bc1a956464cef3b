"""Twilio's doors: only Twilio comes in, 200 means stored, and no lead is ever texted what an answer says."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

import pytest

from bridge.store import tables
from tests.cast import ACCOUNT, MARIA, OWN_ACCOUNT, TOKEN
from tests.handlers.conftest import Open
from tests.handlers.knock import FORM, SMS, STATUS, knock, nothing_logged, receipt, text, twilio
from tests.handlers.silence import ANOTHER_SID, is_silence, stored
from tests.stage import Stage


@pytest.mark.rows(60)
@pytest.mark.faults("S21")
async def test_a_text_is_answered_with_silence_and_a_receipt_with_nothing(stage: Stage) -> None:
    hostile = '<Message>no</Message> &<?xml ]]> "hello"'
    form = text(Body=hostile, ProfileName=hostile)
    for _ in range(2):  # the second time it is known already
        assert is_silence(await twilio(stage, form))
    assert is_silence(await twilio(stage, {**text(), "ErrorCode": "11200"}, SMS + "?fb=1"))
    for keyword in ("STOP", "HELP", "START"):
        assert is_silence(await twilio(stage, text(Body=keyword)))
    await stage.staff_types("Hi there")
    await stage.settle()
    (sent,) = (row for row in await stage.rows(tables.messages.select()) if row.direction == "out")
    for mid in (f"?mid={sent.id}", "", "?mid=999999", "?mid=x", f"?mid=-{sent.id}", "?mid=" + "9" * 18):
        answer = await twilio(stage, receipt(sent.sid), STATUS + mid)
        assert (answer.status, answer.text) == (204, "")
    for mid in ("?mid=999999", f"?mid={sent.id}", ""):  # a text we have never heard of
        assert (await twilio(stage, receipt("SM" + "1" * 31 + str(len(mid) % 10)), STATUS + mid)).status == 204
    assert (await twilio(stage, receipt(ANOTHER_SID, From="+14155550199"), STATUS)).status == 204
    await stage.settle()


@pytest.mark.rows(60)
@pytest.mark.faults("F18", "S2")
@pytest.mark.parametrize("path", [SMS, STATUS])
async def test_only_what_twilio_signed_comes_in(door: Stage, caplog: pytest.LogCaptureFixture, path: str) -> None:
    form = text(MessageStatus="delivered")
    url = f"{door.app.url}{path}"
    good = door.twilio.sign(ACCOUNT, url, form)
    sha256 = base64.b64encode(
        hmac.new(
            TOKEN.encode(), (url + "".join(n + form[n] for n in sorted(form))).encode(), hashlib.sha256
        ).digest()
    ).decode()
    settings = "X-Twilio-Webhooks-Signature-Settings"
    wrong: list[dict[str, str]] = [
        {},
        {"X-Twilio-Signature": ""},
        {"X-Twilio-Signature": good[:-1]},
        {"X-Twilio-Signature": good + "="},
        {"X-Twilio-Signature": "é" + good},
        {"X-Twilio-Signature": "\udcff"},
        {"X-Twilio-Signature": good.swapcase()},
        {"X-Twilio-Signature": door.twilio.sign(OWN_ACCOUNT, url, form)},  # another account's token
        {"X-Twilio-Signature": door.twilio.sign(ACCOUNT, url.replace("http:", "https:"), form)},
        {"X-Twilio-Signature": door.twilio.sign(ACCOUNT, url + "?fb=1", form)},
        {"X-Twilio-Signature": door.twilio.sign(ACCOUNT, url.replace("127.0.0.1", "evil.example"), form)},
        {"X-Twilio-Signature": door.twilio.sign(ACCOUNT, url.replace("127.0.0.1:", "127.0.0.1:1"), form)},
        {"X-Twilio-Signature": door.twilio.sign(ACCOUNT, url, {**form, "Body": "x"})},
        {"X-Twilio-Signature": sha256},
        {"X-Twilio-Signature": sha256, settings: "key=x,algorithm=HMAC_SHA256"},
        {"X-Twilio-Signature": sha256, settings: "key=x,algorithm=HMAC_MD5"},
    ]
    body = urlencode(form).encode()
    for headers in wrong:
        assert (await knock(door, path, body, {**FORM, **headers})).status == 403, headers
    assert (await knock(door, path, body + b"&Extra=x", {**FORM, "X-Twilio-Signature": good})).status == 403
    assert await stored(door) == 0
    assert nothing_logged(door, caplog)
    # an algorithm in a header does not change what counts
    headers = {**FORM, "X-Twilio-Signature": good, settings: "key=x,algorithm=HMAC_MD5"}
    assert (await knock(door, path, body, headers)).status in {200, 204}


@pytest.mark.rows(60)
@pytest.mark.faults("F18", "S2")
async def test_the_address_is_the_configured_one_whatever_a_proxy_says(open_stage: Open) -> None:
    public = "https://sms.example.com/bridge"
    async with open_stage(PUBLIC_BASE_URL=public) as stage:
        evil = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"}
        evil |= {"X-Original-URL": "/evil", "Forwarded": "host=evil.example"}
        for path in (SMS, SMS + "?fb=1", SMS + "?x=%7E+%2B%C3%A9~"):
            assert is_silence(await twilio(stage, text(), path, signed_url=public + path, **evil))
            with_port = public.replace(".com/", ".com:443/") + path
            assert is_silence(await twilio(stage, text(), path, signed_url=with_port))
        for url in ("http://evil.example" + SMS, f"{stage.app.url}{SMS}", "https://sms.example.com" + SMS):
            assert (await twilio(stage, text(), signed_url=url, **evil)).status == 403


@pytest.mark.rows(60)
@pytest.mark.faults("F18", "S2")
async def test_during_a_rotation_both_tokens_count_and_afterwards_one(open_stage: Open) -> None:
    old = TOKEN
    async with open_stage(TWILIO_AUTH_TOKEN=f"{old},new-token") as stage:
        assert is_silence(await twilio(stage, text()))
        stage.twilio.rotate_token(ACCOUNT, "new-token")
        assert is_silence(await twilio(stage, text()))
        stage.twilio.rotate_token(ACCOUNT, "stolen-token")
        assert (await twilio(stage, text())).status == 403
        stage.twilio.rotate_token(ACCOUNT, old)


@pytest.mark.faults("F18", "S2")
async def test_while_setting_up_wrong_signatures_are_only_logged(open_stage: Open) -> None:
    proxy = {"TRUSTED_PROXIES": "127.0.0.0/8"}
    async with open_stage(TWILIO_SIGNATURES="log", **proxy) as stage:
        for _ in range(25):  # nor is Twilio turned away for them
            form = text()
            answer = await knock(stage, SMS, urlencode(form).encode(), {**FORM, "X-Forwarded-For": "203.0.113.7"})
            assert is_silence(answer)
        await stage.settle()
        assert await stored(stage) == 25
        assert [entry for entry in stage.logs if entry["event"] == "twilio_signature_wrong"] == [
            {"event": "twilio_signature_wrong", "path": SMS, "log_level": "warning"}
        ] * 25


def moved(form: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """The form with the border between a name and its value shifted both ways; the signature does not notice."""
    value = form[name]
    shifted = [name[:-1], name + value[:1]] if value else [name[:-1]]
    rest = {other: text for other, text in form.items() if other != name}
    return [{**rest, each: (name + value)[len(each) :]} for each in shifted if each]


@pytest.mark.rows(60)
@pytest.mark.faults("F19", "S2")
async def test_a_byte_between_name_and_value_is_noticed(door: Stage, caplog: pytest.LogCaptureFixture) -> None:
    sms, status = text(), receipt("SM" + "1" * 32)
    for path, form, names in [
        (SMS, sms, ["AccountSid", "Body", "From", "MessageSid", "NumMedia", "To"]),
        (STATUS, status, ["AccountSid", "MessageSid", "MessageStatus", "To"]),
    ]:
        good = door.twilio.sign(ACCOUNT, f"{door.app.url}{path}", form)
        for name in names:
            for tampered in moved(form, name):
                assert door.twilio.sign(ACCOUNT, f"{door.app.url}{path}", tampered) == good
                body = urlencode(tampered).encode()
                assert (await knock(door, path, body, {**FORM, "X-Twilio-Signature": good})).status == 400
    assert await stored(door) == 0
    assert nothing_logged(door, caplog)


MISSHAPEN: list[dict[str, str | None]] = [
    {"AccountSid": None},
    {"AccountSid": ""},
    {"AccountSid": ACCOUNT.upper()},
    {"AccountSid": ACCOUNT + "\n"},
    {"AccountSid": "AC" + "١" * 32},
    {"Body": None},
    {"From": None},
    {"To": None},
    {"MessageSid": None},
    {"MessageSid": "SM1"},
    {"MessageSid": "IM" + "1" * 32},
    {"MessageSid": "SM" + "1" * 33},
    {"MessageSid": "SM" + "1" * 31 + "'"},
    {"NumMedia": None},
    {"NumMedia": "-1"},
    {"NumMedia": "many"},
    {"NumMedia": "٣"},
    {"NumMedia": "9" * 4000},
]


@pytest.mark.faults("F17", "F19", "S2")
async def test_a_form_of_another_shape_is_refused(door: Stage, caplog: pytest.LogCaptureFixture) -> None:
    for wrong in MISSHAPEN:
        assert (await twilio(door, text(**wrong))).status == 400, wrong
    assert await stored(door) == 0
    assert nothing_logged(door, caplog)


@pytest.mark.faults("F17")
async def test_a_form_that_cannot_be_read_is_refused(door: Stage, caplog: pytest.LogCaptureFixture) -> None:
    form = urlencode(text()).encode()
    many = b"&".join(b"a%d=1" % n for n in range(10_000))[: 60 * 1024]
    for body in (
        b"",
        b"&&&&",
        b"\x00",
        b"hello",
        b'{"From": "x"}',
        b"[" * 60_000,
        form.replace(b"Hello", b"\xff\xfe"),
        form.replace(b"Hello", b"%ff%fe"),
        form.replace(b"Hello", b"%C3%28"),
        form + b"&" + many,
        form + b"&Body=again",
        form + b"&To=" + b"%2B14155550120",
        form + b"&Body",
    ):
        for path in (SMS, STATUS):
            assert (await knock(door, path, body, FORM)).status == 400, body[:50]
    assert await stored(door) == 0
    assert nothing_logged(door, caplog)


@pytest.mark.faults("F17", "F21")
async def test_what_no_database_could_store_is_stored_as_near_as_can_be(stage: Stage) -> None:
    """NUL and half characters, in every parameter there is; PostgreSQL takes neither."""
    odd = "a\0b\ud83dc"
    extra = {"MediaUrl0": odd, "MediaContentType0": odd, "OptOutType": odd, "MessagingServiceSid": odd}
    answer = await twilio(stage, text(Body=odd, NumMedia="1", From="\0" + MARIA, **extra))
    assert is_silence(answer)
    assert is_silence(await twilio(stage, text(Body="STOP\0")))
    await stage.settle()
    assert stage.said()[0] == "ab\ufffdc"
    assert (await stage.contact()).opted_out
    sent = receipt("SM" + "1" * 32, ErrorCode=odd, MessagingServiceSid=odd)
    assert (await twilio(stage, sent, STATUS)).status == 204
    assert (await twilio(stage, {**sent, "From": odd}, STATUS)).status == 204
    (kept,) = await stage.rows(tables.receipts.select())
    assert (kept.sid, kept.error_code) == (sent["MessageSid"], None)
