"""Connecting a number makes its texts come here, whatever it was set up for before, and only for its own firm."""

import json
from typing import Any

import pytest

from bridge.gateways.errors import GatewayError
from bridge.services import numbers
from bridge.services.numbers import CannotConnect
from bridge.store import firms as firm_store
from bridge.store import tables
from bridge.store.firms import Firm
from tests.cast import ACCOUNT, DENTAL, LAW, MARIA, NOAH, OWN_ACCOUNT
from tests.stage import Stage

NUMBER, SECOND = "+14155550105", "+14155550106"
SERVICE = "MG" + "c3" * 16


async def connect(stage: Stage, phone: str, firm: Firm | None = None) -> None:
    """The operator gives a number to a firm."""
    await numbers.connect(stage.app.deps, firm or stage.law, phone, stage.clock())


def settings(stage: Stage, phone: str) -> dict[str, str]:
    """What Twilio does with a number's texts."""
    return stage.twilio.numbers[phone].settings


def changes(stage: Stage) -> list[str]:
    """What was changed at Twilio."""
    return [each.path for each in stage.twilio.requests if each.operation in {"number_update", "service_update"}]


async def before(stage: Stage, phone: str) -> dict[str, str]:
    """What stood there before, as we remember it."""
    (row,) = await stage.rows(tables.numbers.select().where(tables.numbers.c.phone == phone))
    return dict(row.before)


async def text(stage: Stage, body: str, to: str, phone: str = MARIA) -> None:
    """A lead writes to this number."""
    await stage.twilio.text(phone, to, body)
    await stage.settle()


@pytest.mark.rows(66)
async def test_its_texts_come_here_with_retries_and_a_second_address(stage: Stage) -> None:
    stage.twilio.add_number(ACCOUNT, NUMBER, sms_url="https://old.example/sms")
    settings(stage, NUMBER).update(
        {"SmsFallbackUrl": "https://old.example/fb", "SmsApplicationSid": "AP" + "1" * 32, "SmsMethod": "GET"}
    )
    settings(stage, NUMBER)["VoiceUrl"] = "https://old.example/voice"

    await connect(stage, "(415) 555-0105")

    base = stage.settings.public_base_url
    assert settings(stage, NUMBER) == {
        "SmsUrl": f"{base}/twilio/sms#rc=3&rp=ct,rt,5xx", "SmsMethod": "POST", "SmsApplicationSid": "",
        "SmsFallbackUrl": f"{base}/twilio/sms?fb=1", "SmsFallbackMethod": "POST",
        "VoiceUrl": "https://old.example/voice",
    }  # fmt: skip
    old = {
        "sms_url": "https://old.example/sms", "sms_fallback_url": "https://old.example/fb",
        "sms_application_sid": "AP" + "1" * 32, "sms_method": "GET", "sms_fallback_method": "POST",
    }  # fmt: skip
    assert await before(stage, NUMBER) == old
    await text(stage, "To the new number", NUMBER)
    assert stage.said() == ["To the new number"]

    await connect(stage, NUMBER)  # doing it again forgets nothing
    assert await before(stage, NUMBER) == old


@pytest.mark.rows(66)
async def test_the_word_of_a_messaging_service_counts_more_so_it_is_set_too(stage: Stage) -> None:
    stage.twilio.add_service(ACCOUNT, SERVICE, inbound_request_url="https://old.example/service")
    stage.twilio.add_number(ACCOUNT, NUMBER, messaging_service_sid=SERVICE)
    stage.twilio.add_number(ACCOUNT, SECOND, messaging_service_sid=SERVICE)

    await connect(stage, NUMBER)

    base = stage.settings.public_base_url
    service = stage.twilio.services[SERVICE].settings
    assert service["InboundRequestUrl"] == f"{base}/twilio/sms#rc=3&rp=ct,rt,5xx"
    assert (service["FallbackUrl"], service["InboundMethod"]) == (f"{base}/twilio/sms?fb=1", "POST")
    assert (await before(stage, NUMBER))["inbound_request_url"] == "https://old.example/service"

    await text(stage, "With its service's sid", NUMBER)
    assert stage.twilio.webhooks[-1].params["MessagingServiceSid"] == SERVICE
    assert stage.said() == ["With its service's sid"]
    await stage.staff_says("Hello")
    assert [each.from_ for each in stage.twilio.texts_to(MARIA)] == [NUMBER]

    await text(stage, "To another number of the pool", SECOND, NOAH)
    assert stage.said(NOAH) == ["To another number of the pool"]


@pytest.mark.rows(66)
async def test_a_service_that_leaves_it_to_its_numbers_is_left_alone(stage: Stage) -> None:
    stage.twilio.add_service(ACCOUNT, SERVICE, use_inbound_webhook_on_number=True)
    stage.twilio.add_number(ACCOUNT, NUMBER, messaging_service_sid=SERVICE)
    await connect(stage, NUMBER)

    assert stage.twilio.services[SERVICE].settings["InboundRequestUrl"] == ""
    await text(stage, "Hello", NUMBER)
    assert stage.said() == ["Hello"]


@pytest.mark.rows(66, 72)
async def test_a_number_in_a_service_is_not_taken_for_its_neighbour(stage: Stage) -> None:
    stage.dental_plays = True
    dental = await on_the_operators_account(stage)
    stage.twilio.add_number(ACCOUNT, NUMBER, messaging_service_sid=SERVICE)
    stage.twilio.add_number(ACCOUNT, SECOND, messaging_service_sid=SERVICE)
    await connect(stage, NUMBER)
    await connect(stage, SECOND, dental)

    await text(stage, "To the lawyers", NUMBER)
    await text(stage, "To the dentists", SECOND)
    assert stage.said() == ["To the lawyers"]
    theirs = stage.slack.messages(DENTAL.team_id, DENTAL.channel)
    assert [message["text"] for message in theirs][1:] == ["To the dentists"]


@pytest.mark.rows(50)
@pytest.mark.parametrize(
    ("phone", "why"),
    [
        ("+14155550109", "Linking a personal number is not supported"),
        (DENTAL.number, "Linking a personal number is not supported"),  # of an account that is not the operator's
        (SECOND, "cannot send or receive texts"),
        ("12345", "not a phone number"),
        ("my number", "not a phone number"),
    ],
)
async def test_what_is_not_in_the_account_or_cannot_text_is_refused(stage: Stage, phone: str, why: str) -> None:
    stage.twilio.add_number(ACCOUNT, SECOND, sms=False)
    done = changes(stage)

    with pytest.raises(CannotConnect, match=why):
        await connect(stage, phone)

    assert changes(stage) == done
    assert await stage.count(tables.numbers, tables.numbers.c.firm_id == stage.law.id) == 1


async def on_the_operators_account(stage: Stage) -> Firm:
    """The second firm, as if it had brought no Twilio account of its own."""
    async with stage.app.deps.db.begin() as tx:
        await firm_store.change(tx, stage.dental.id, account_sid=None, account_token=None)
        return await firm_store.get(tx, stage.dental.id)


@pytest.mark.rows(50)
async def test_a_number_that_another_firm_has_is_refused_and_stays_theirs(stage: Stage) -> None:
    dental = await on_the_operators_account(stage)
    done = changes(stage)
    with pytest.raises(CannotConnect, match="belongs to another workspace"):
        await connect(stage, LAW.number, dental)

    assert changes(stage) == done
    await stage.lead_texts("Hello")
    assert stage.said() == ["Hello"]


@pytest.mark.rows(66)
async def test_a_restart_leaves_twilio_alone(stage: Stage) -> None:
    asked = [request.operation for request in stage.twilio.requests]
    await stage.stop_app()
    settings(stage, LAW.number)["SmsUrl"] = "https://elsewhere.example/on/purpose"
    await stage.start_app()
    await stage.settle()

    since = [request.operation for request in stage.twilio.requests][len(asked) :]
    assert set(since) <= {"list"}  # it only looks for texts that were missed
    assert settings(stage, LAW.number)["SmsUrl"] == "https://elsewhere.example/on/purpose"


@pytest.mark.rows(66)
@pytest.mark.parametrize("operation", ["number_list", "service_list", "number_update", "service_update"])
async def test_what_was_stopped_half_way_is_finished_by_doing_it_again(stage: Stage, operation: str) -> None:
    stage.twilio.add_service(ACCOUNT, SERVICE, inbound_request_url="https://old.example/service")
    stage.twilio.add_number(ACCOUNT, NUMBER, sms_url="https://old.example/sms", messaging_service_sid=SERVICE)
    troubles: list[dict[str, Any]] = [{"status": 500}, {"drop": True}, {"accept_first": True, "drop": True}]
    for trouble in troubles:
        stage.twilio.fail(operation, times=3, **trouble)
        with pytest.raises(GatewayError):
            await connect(stage, NUMBER)
        stage.twilio.heal()
        assert not await numbers.is_connected(stage.app.deps, stage.law, NUMBER)

    await connect(stage, NUMBER)
    assert await numbers.is_connected(stage.app.deps, stage.law, NUMBER)
    assert (await before(stage, NUMBER))["sms_url"] == "https://old.example/sms"
    await text(stage, "Hello", NUMBER)
    assert stage.said() == ["Hello"]


@pytest.mark.rows(66)
@pytest.mark.parametrize(
    "kept", [{"sms_url": "https://old.example"}, {"sms_fallback_url": ""}, {"sms_application_sid": "AP" + "1" * 32}]
)
async def test_what_twilio_did_not_keep_is_noticed(stage: Stage, kept: dict[str, Any]) -> None:
    sid = stage.twilio.add_number(ACCOUNT, NUMBER)
    base = stage.settings.public_base_url
    answer = {
        "sid": sid, "phone_number": NUMBER, "capabilities": {"sms": True}, "sms_application_sid": "",
        "sms_url": f"{base}/twilio/sms#rc=3&rp=ct,rt,5xx", "sms_fallback_url": f"{base}/twilio/sms?fb=1",
        "sms_method": "POST", "sms_fallback_method": "POST",
    } | kept  # fmt: skip
    stage.twilio.fail("number_update", status=200, body=json.dumps(answer), content_type="application/json")

    with pytest.raises(CannotConnect, match="did not keep"):
        await connect(stage, NUMBER)
    assert not await numbers.is_connected(stage.app.deps, stage.law, NUMBER)


@pytest.mark.rows(60, 66, 73)
@pytest.mark.faults("S2")
async def test_a_firm_s_own_account_has_its_own_number_signature_and_credentials(stage: Stage) -> None:
    stage.dental_plays = True
    await stage.twilio.text(NOAH, DENTAL.number, "Toothache!")
    await stage.settle()
    (root,) = stage.roots(DENTAL)
    await stage.slack.say(DENTAL.team_id, DENTAL.channel, DENTAL.agent, "Come at four", thread_ts=root["ts"])
    await stage.settle()

    assert [each.body for each in stage.twilio.texts_to(NOAH)] == ["Come at four"]
    assert [each.from_ for each in stage.twilio.texts_to(NOAH)] == [DENTAL.number]
    (create,) = [request for request in stage.twilio.requests if request.operation == "create"]
    assert OWN_ACCOUNT in create.path
    assert stage.slack.messages(LAW.team_id, LAW.channel) == []

    forged = {
        "MessageSid": "SM" + "9" * 32, "AccountSid": OWN_ACCOUNT, "From": NOAH, "To": DENTAL.number,
        "Body": "Signed by the other account", "NumMedia": "0",
    }  # fmt: skip
    url = f"{stage.app.url}/twilio/sms"
    status, _ = await stage.twilio.post_webhook(url, forged, signature=stage.twilio.sign(ACCOUNT, url, forged))
    assert status == 403
    await stage.settle()
    assert len(stage.slack.messages(DENTAL.team_id, DENTAL.channel)) == 3
