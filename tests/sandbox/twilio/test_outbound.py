"""The app sends: status callbacks, phones, magic numbers, and everything a create is refused for."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from twilio.base.exceptions import TwilioRestException

from bridge.sandbox.twilio import PretendMessage, PretendTwilio, magic

ACCOUNT, OURS, LEAD = "AC" + "a" * 32, "+14155550100", "+14155550111"
SERVICE = "MG" + "b" * 32


def statuses(app: Any) -> list[str]:
    """The states that the app heard of, in the order in which it heard."""
    return [call.form["MessageStatus"] for call in app.calls]


async def test_a_text_reaches_the_phone_and_each_state_the_app(
    twilio: PretendTwilio, app: Any, client: Any
) -> None:
    callback = f"{app.url}/twilio/status?mid=7"
    message = await client.messages.create_async(to=LEAD, from_=OURS, body="Hi", status_callback=callback)
    assert (message.status, message.num_segments, message.direction) == ("queued", "1", "outbound-api")
    assert message.date_sent is None
    await twilio.settled()
    [arrived] = twilio.texts_to(LEAD)
    assert (arrived.sid, arrived.body, arrived.from_, arrived.automatic) == (message.sid, "Hi", OURS, False)
    assert statuses(app) == ["sent", "delivered"]
    assert all(call.genuine for call in app.calls)
    assert all(call.form["MessageSid"] == message.sid for call in app.calls)
    assert (await client.messages(message.sid).fetch_async()).status == "delivered"


async def test_disorder_duplicates_and_loss_of_callbacks(twilio: PretendTwilio, app: Any, client: Any) -> None:
    twilio.disorder, twilio.duplicates = True, 1
    send = client.messages.create_async
    await send(to=LEAD, from_=OURS, body="1", status_callback=app.url)
    await twilio.settled()
    assert statuses(app) == ["delivered", "delivered", "sent", "sent"]
    twilio.lose_status = True
    await send(to=LEAD, from_=OURS, body="2", status_callback=app.url)
    await twilio.settled()
    assert len(app.calls) == 4
    assert [message.body for message in twilio.texts_to(LEAD)] == ["1", "2"]


async def test_a_phone_that_is_off_gets_its_texts_later(twilio: PretendTwilio, app: Any, client: Any) -> None:
    twilio.phone_off(LEAD)
    for body in "12":
        await client.messages.create_async(to=LEAD, from_=OURS, body=body, status_callback=app.url)
        await twilio.settled()
    assert (twilio.texts_to(LEAD), statuses(app)) == ([], ["sent", "sent"])
    twilio.phone_on(LEAD)
    await twilio.settled()
    assert [message.body for message in twilio.texts_to(LEAD)] == ["1", "2"]
    assert statuses(app)[2:] == ["delivered", "delivered"]


async def test_a_service_chooses_its_sender_later(twilio: PretendTwilio, app: Any, client: Any) -> None:
    twilio.add_number(ACCOUNT, "+14155550101", messaging_service_sid=SERVICE)
    created = await client.messages.create_async(
        to=LEAD, messaging_service_sid=SERVICE, body="Hi", status_callback=app.url
    )
    assert (created.status, created.from_, created.num_segments) == ("accepted", None, "0")
    await twilio.settled()
    assert statuses(app) == ["queued", "sent", "delivered"]
    assert {call.form["MessagingServiceSid"] for call in app.calls} == {SERVICE}
    assert twilio.texts_to(LEAD)[0].from_ == "+14155550101"
    both = await client.messages.create_async(
        to=LEAD, from_="+14155550101", messaging_service_sid=SERVICE, body="Hi"
    )
    assert (both.status, both.from_) == ("accepted", "+14155550101")


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        (magic.LANDLINE, "30006"),
        (magic.FILTERED, "30007"),
        (magic.UNREACHABLE, "30003"),
        (magic.UNKNOWN_HANDSET, "30005"),
        (magic.BLOCKED, "30004"),
    ],
)
async def test_numbers_that_receive_nothing(
    twilio: PretendTwilio, app: Any, client: Any, phone: str, code: str
) -> None:
    message = await client.messages.create_async(to=phone, from_=OURS, body="Hi", status_callback=app.url)
    await twilio.settled()
    assert (statuses(app), app.calls[-1].form["ErrorCode"]) == (["sent", "undelivered"], code)
    assert twilio.texts_to(phone) == []
    assert (await client.messages(message.sid).fetch_async()).error_code == int(code)


async def test_the_slow_number(twilio: PretendTwilio, app: Any, client: Any) -> None:
    twilio.slow_answer, twilio.slow_status = 0.2, 0.3
    sending = asyncio.create_task(
        client.messages.create_async(to=magic.SLOW, from_=OURS, body="Hi", status_callback=app.url)
    )
    await asyncio.sleep(0.1)
    assert (sending.done(), app.calls, len(twilio.messages())) == (False, [], 1)
    await sending
    await twilio.settled()
    assert statuses(app) == ["sent", "delivered"]


async def test_the_ambiguous_number(twilio: PretendTwilio, app: Any, client: Any) -> None:
    with pytest.raises(aiohttp.ClientError):
        await client.messages.create_async(to=magic.AMBIGUOUS, from_=OURS, body="Hi", status_callback=app.url)
    await twilio.settled()
    assert statuses(app) == ["sent", "delivered"]
    [row] = await client.messages.list_async(to=magic.AMBIGUOUS, from_=OURS)
    assert row.body == "Hi"
    assert twilio.requests[0].status is None


LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"to": "abc"}, 21211),
        ({"to": "+1415555011"}, 21211),
        ({"to": ""}, 21604),
        ({"to": "+447700900123"}, 21408),
        ({"to": "whatsapp:+14155550111"}, 63007),
        ({"to": OURS}, 21266),
        ({"to": magic.NOT_MOBILE}, 21614),
        ({"to": magic.OPTED_OUT}, 21610),
        ({"from_": "+14155550177"}, 21606),
        ({"from_": "+14155550102"}, 21606),
        ({"from_": "+14155550103"}, 21606),
        ({"from_": "abc"}, 21212),
        ({"from_": ""}, 21603),
        ({"from_": "+14155550104", "media_url": ["https://files.example/1.png"]}, 21612),
        ({"messaging_service_sid": "MG" + "f" * 32}, 21712),
        ({"from_": "", "messaging_service_sid": "MG" + "f" * 32}, 21701),
        ({"from_": "", "messaging_service_sid": SERVICE}, 21703),
        ({"body": ""}, 21602),
        ({"body": "x" * 1601}, 21617),
        ({"media_url": ["ftp://files.example/1.png"]}, 21620),
        ({"media_url": ["https://files.example/1.png"] * 11}, 21623),
        ({"content_sid": "HX" + "0" * 32}, 21655),
        ({"status_callback": "nonsense"}, 21609),
        ({"status_callback": "https://my_host.example/"}, 21609),
        ({"status_callback": "https://host.example/" + "x" * 4000}, 21609),
        ({"validity_period": 36001}, 21624),
        ({"risk_check": "maybe"}, 20001),
        ({"schedule_type": "fixed", "send_at": LATER}, 35118),
    ],
)
async def test_what_a_create_is_refused_for(
    twilio: PretendTwilio, client: Any, wrong: dict[str, Any], code: int
) -> None:
    twilio.add_account("AC" + "c" * 32, "another-token")
    twilio.add_number("AC" + "c" * 32, "+14155550102")
    twilio.add_number(ACCOUNT, "+14155550103", sms=False)
    twilio.add_number(ACCOUNT, "+14155550104", mms=False)
    twilio.add_service(ACCOUNT, SERVICE)
    good: dict[str, Any] = {"to": LEAD, "from_": OURS, "body": "Hi"}
    with pytest.raises(TwilioRestException) as refusal:
        await client.messages.create_async(**{**good, **wrong})
    assert (refusal.value.code, refusal.value.status) == (code, 400)
    assert twilio.messages() == []


async def test_a_long_text_as_mms_is_not_split(twilio: PretendTwilio, client: Any) -> None:
    twilio.add_number(ACCOUNT, "+14155550104", mms=False)
    send = client.messages.create_async
    whole, parts = [await send(to=LEAD, from_=OURS, body="x" * 400, send_as_mms=as_mms) for as_mms in (True, False)]
    assert [(each.sid[:2], each.num_segments) for each in (whole, parts)] == [("MM", "1"), ("SM", "3")]
    with pytest.raises(TwilioRestException) as refusal:
        await send(to=LEAD, from_="+14155550104", body="x" * 400, send_as_mms=True)
    assert refusal.value.code == 21612


async def test_unknown_parameters_are_refused(twilio: PretendTwilio, client: Any) -> None:
    uri = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    data = {"To": LEAD, "From": OURS, "Body": "Hi", "IdempotencyKey": "1"}
    answer = await client.request_async("POST", uri, data=data)
    assert answer.status_code == 400
    assert "IdempotencyKey" in answer.text


async def test_smart_encoding_changes_the_body(twilio: PretendTwilio, client: Any) -> None:
    message = await client.messages.create_async(to=LEAD, from_=OURS, body="It’s – “ok”…", smart_encoded=True)
    assert message.body == 'It\'s - "ok"...'


async def test_scheduling_cancelling_and_letting_go(twilio: PretendTwilio, client: Any) -> None:
    twilio.add_number(ACCOUNT, "+14155550101", messaging_service_sid=SERVICE)
    planned: dict[str, Any] = {"schedule_type": "fixed", "messaging_service_sid": SERVICE, "body": "Later"}
    with pytest.raises(TwilioRestException, match="soon"):
        await client.messages.create_async(to=LEAD, send_at=datetime.now(UTC), **planned)
    first = await client.messages.create_async(to=LEAD, send_at=LATER, **planned)
    second = await client.messages.create_async(to=LEAD, send_at=LATER, **planned)
    assert first.status == "scheduled"
    assert (await client.messages(first.sid).update_async(status="canceled")).status == "canceled"
    await twilio.release(second.sid)
    assert [message.sid for message in twilio.texts_to(LEAD)] == [second.sid]
    with pytest.raises(TwilioRestException) as refusal:
        await client.messages(second.sid).update_async(status="canceled")
    assert refusal.value.status == 409


async def test_redacting_and_deleting_do_not_reach_the_phone(twilio: PretendTwilio, client: Any) -> None:
    message = await client.messages.create_async(to=LEAD, from_=OURS, body="A secret")
    await twilio.settled()
    assert (await client.messages(message.sid).update_async(body="")).body == ""
    assert await client.messages(message.sid).delete_async()
    assert twilio.messages() == []
    assert twilio.texts_to(LEAD)[0].body == "A secret"


async def test_the_hooks_around_accepting(twilio: PretendTwilio, app: Any, client: Any) -> None:
    told: list[tuple[str, int, int]] = []

    async def before(message: PretendMessage) -> None:
        told.append((message.body, len(twilio.messages()), len(app.calls)))

    async def after(message: PretendMessage) -> None:
        await twilio.settled()
        told.append((message.body, len(twilio.messages()), len(app.calls)))

    twilio.on_create, twilio.after_create = before, after
    await client.messages.create_async(to=LEAD, from_=OURS, body="Hi", status_callback=app.url)
    assert told == [("Hi", 0, 0), ("Hi", 1, 2)]


async def test_a_hook_can_cut_the_connection_before_accepting(twilio: PretendTwilio, client: Any) -> None:
    async def cut(_: PretendMessage) -> None:
        raise ConnectionError

    twilio.on_create = cut
    with pytest.raises(aiohttp.ClientError):
        await client.messages.create_async(to=LEAD, from_=OURS, body="Hi")
    assert twilio.messages() == []


async def test_a_callback_out_of_turn(twilio: PretendTwilio, app: Any, client: Any) -> None:
    message = await client.messages.create_async(
        to=LEAD, from_=OURS, body="Hi", status_callback=f"{app.url}/status"
    )
    await twilio.settled()
    await twilio.callback(message.sid, "undelivered", 30003)
    assert app.calls[-1].genuine
    assert (statuses(app)[-1], app.calls[-1].form["ErrorCode"]) == ("undelivered", "30003")
