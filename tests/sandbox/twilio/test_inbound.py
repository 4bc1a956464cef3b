"""A person texts the firm: what the app is told, and what it can make Twilio say."""

from typing import Any

import pytest

from bridge.sandbox.twilio import PretendMedia, PretendTwilio

ACCOUNT, TOKEN, OURS = "AC" + "a" * 32, "token-of-the-first-firm", "+14155550100"
# as captured from the real one
REAL_PARAMETERS = {
    "ToCountry", "ToState", "ToCity", "ToZip", "FromCountry", "FromState", "FromCity", "FromZip", "SmsMessageSid",
    "SmsSid", "MessageSid", "SmsStatus", "NumMedia", "NumSegments", "ReferralNumMedia", "Body", "To", "From",
    "AccountSid", "ApiVersion",
}  # fmt: skip
SERVICE, LEAD = "MG" + "b" * 32, "+14155550111"


async def test_the_webhook_is_signed_and_has_the_real_parameters(twilio: PretendTwilio, app: Any) -> None:
    sid = await twilio.text(LEAD, OURS, "Hello é 😜\n")
    [call] = app.calls
    assert call.genuine
    assert set(call.form) == REAL_PARAMETERS
    assert (call.form["Body"], call.form["From"], call.form["To"]) == ("Hello é 😜\n", LEAD, OURS)
    assert call.form["MessageSid"] == call.form["SmsSid"] == call.form["SmsMessageSid"] == sid
    assert (call.form["SmsStatus"], call.form["AccountSid"]) == ("received", ACCOUNT)
    [webhook] = twilio.webhooks
    assert (webhook.kind, webhook.status, webhook.attempt, webhook.error) == ("sms", 200, 1, "")


@pytest.mark.parametrize("sender", ["32665", "MYBANK", "whatsapp:+14155550111", LEAD])
async def test_odd_senders_and_odd_bodies(twilio: PretendTwilio, app: Any, sender: str) -> None:
    for body in ("", "\0", "\u202eabc", "x" * 1600, "&=+% \r\n"):
        await twilio.text(sender, OURS, body)
    assert all(call.genuine for call in app.calls)
    assert [call.form["From"] for call in app.calls] == [sender] * 5
    assert "FromCity" in app.calls[0].form if sender == LEAD else "FromCity" not in app.calls[0].form


async def test_a_lone_surrogate_does_not_break_the_pretender(twilio: PretendTwilio, app: Any) -> None:
    await twilio.text(LEAD, OURS, "\ud83d")
    assert len(app.calls) == 1


async def test_copies_duplicates_and_replays_are_one_message(twilio: PretendTwilio, app: Any) -> None:
    twilio.duplicates = 2
    sid = await twilio.text(LEAD, OURS, "Once", copies=3)
    assert len(app.calls) == 5
    twilio.duplicates = 0
    assert await twilio.text(LEAD, OURS, sid=sid) == sid
    assert {call.form["MessageSid"] for call in app.calls} == {sid}
    assert app.calls[-1].form["Body"] == "Once"
    assert len(twilio.messages()) == 1


async def test_a_lost_webhook_leaves_the_message_in_the_list(twilio: PretendTwilio, app: Any, client: Any) -> None:
    sid = await twilio.text(LEAD, OURS, "Is anybody there?", deliver=False)
    assert app.calls == []
    [row] = await client.messages.list_async(to=OURS)
    assert (row.sid, row.direction, row.status, row.body) == (sid, "inbound", "received", "Is anybody there?")


async def test_extra_parameters_are_signed_too(twilio: PretendTwilio, app: Any) -> None:
    await twilio.text(LEAD, OURS, "Hi", extra={"SomethingNew": "", "FromCity": "ELSEWHERE"})
    assert app.calls[0].genuine
    assert (app.calls[0].form["SomethingNew"], app.calls[0].form["FromCity"]) == ("", "ELSEWHERE")


async def test_a_message_with_pictures(twilio: PretendTwilio, app: Any) -> None:
    files = [PretendMedia(b"\xff\xd8", "image/jpeg"), PretendMedia(b"\x89PNG", "image/png")]
    sid = await twilio.text(LEAD, OURS, "", media=files)
    form = app.calls[0].form
    assert sid.startswith("MM")
    assert (form["NumMedia"], form["MediaContentType1"]) == ("2", "image/png")
    assert form["MediaUrl0"].startswith(
        f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}/Media/ME"
    )


async def test_a_number_in_a_service_follows_the_service(twilio: PretendTwilio, app: Any) -> None:
    other = "+14155550101"
    twilio.add_number(ACCOUNT, other, sms_url=f"{app.url}/number", messaging_service_sid=SERVICE)
    await twilio.text(LEAD, other, "Nobody hears this")
    assert (app.calls, twilio.messages()) == ([], [])

    twilio.add_service(ACCOUNT, SERVICE, inbound_request_url=f"{app.url}/service")
    await twilio.text(LEAD, other, "The service hears this")
    twilio.add_service(ACCOUNT, SERVICE, use_inbound_webhook_on_number=True)
    await twilio.text(LEAD, other, "The number hears this")
    assert [call.request.path for call in app.calls] == ["/service", "/number"]
    assert [call.form["MessagingServiceSid"] for call in app.calls] == [SERVICE, SERVICE]


async def test_an_application_overrides_the_urls(twilio: PretendTwilio, app: Any, client: Any) -> None:
    [number] = await client.incoming_phone_numbers.list_async(phone_number=OURS)
    await number.update_async(sms_application_sid="AP" + "c" * 32)
    await twilio.text(LEAD, OURS, "Lost")
    assert app.calls == []
    await number.update_async(sms_application_sid="")
    await twilio.text(LEAD, OURS, "Heard")
    assert len(app.calls) == 1


async def test_get_webhooks_sign_the_query(twilio: PretendTwilio, app: Any) -> None:
    twilio.numbers[OURS].settings["SmsMethod"] = "GET"
    twilio.numbers[OURS].settings["SmsUrl"] = f"{app.url}/sms?firm=1"
    await twilio.text(LEAD, OURS, "a b+c&d")
    [call] = app.calls
    assert (call.request.method, call.request.query["Body"]) == ("GET", "a b+c&d")
    assert call.genuine


@pytest.mark.parametrize(
    ("content_type", "text", "replies"),
    [
        ("text/plain", "OK", ["OK"]),
        ("text/xml", "<Response><Message>Hi</Message><Message><Body>Ho</Body></Message></Response>", ["Hi", "Ho"]),
        ("text/xml", '<?xml version="1.0" encoding="UTF-8"?><Response />', []),
        ("application/json", "{}", []),
    ],
)
async def test_what_the_app_answers_is_sent_to_the_person(
    twilio: PretendTwilio, app: Any, content_type: str, text: str, replies: list[str]
) -> None:
    app.content_type, app.text = content_type, text
    await twilio.text(LEAD, OURS, "Hello")
    await twilio.settled()
    assert [reply.body for reply in twilio.texts_to(LEAD)] == replies


async def test_a_public_address_is_signed_but_reached_on_loopback(twilio: PretendTwilio, app: Any) -> None:
    twilio.numbers[OURS].settings["SmsUrl"] = "https://bridge.example/twilio/sms"
    await twilio.text(LEAD, OURS, "Nowhere")
    assert (twilio.webhooks[-1].status, twilio.webhooks[-1].error[:13]) == (None, "no connection")
    twilio.proxies["https://bridge.example"] = app.url
    await twilio.text(LEAD, OURS, "Hello")
    [call] = app.calls
    signature = call.headers["X-Twilio-Signature"]
    assert app.validator.validate("https://bridge.example/twilio/sms", call.form, signature)
    assert twilio.sign(ACCOUNT, "https://bridge.example/twilio/sms", dict(call.form)) == signature
