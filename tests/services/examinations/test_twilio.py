"""The doctor on each firm's numbers: owned, able to text, and their texts come here."""

import pytest

from bridge.services import numbers as connecting
from bridge.store import numbers, tables
from tests.cast import ACCOUNT, LAW
from tests.services.examinations.rounds import visit
from tests.stage import Stage
from tests.store.scratch import only_sqlite

ABOUT = f"number {LAW.team_id} (415) 555-0100"
SERVICE, OTHER_SERVICE = "MG" + "1" * 32, "MG" + "2" * 32
ELSEWHERE = "https://elsewhere.example.com/sms"


async def complaints(stage: Stage) -> list[str]:
    """About the number, without what it is about."""
    told = await visit(stage)
    assert all(each.partition(" ")[2].startswith(ABOUT) for each in told.complaints)
    return [each.replace(f" {ABOUT}", "") for each in told.complaints]


@only_sqlite
async def test_a_number_must_be_owned_and_able_to_text(stage: Stage) -> None:
    stage.twilio.fail("number", times=1, status=500)
    assert await complaints(stage) == ["warn: Twilio does not answer: 20500"]
    stage.twilio.fail("number", times=1, status=401, code=20003)
    assert await complaints(stage) == ["fail: Twilio refuses: 20003"]
    stage.twilio.numbers[LAW.number].sms = False
    assert await complaints(stage) == ["fail: it cannot text"]
    del stage.twilio.numbers[LAW.number]
    assert await complaints(stage) == ["fail: it is not in the Twilio account any more"]


@only_sqlite
@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SmsUrl", ELSEWHERE, "fail: its texts are sent elsewhere"),
        ("SmsUrl", "", "fail: its texts are sent elsewhere"),
        ("SmsMethod", "GET", "fail: its texts are sent elsewhere"),
        ("SmsApplicationSid", "AP" + "1" * 32, "fail: its texts are sent elsewhere"),
        ("SmsFallbackUrl", "", "warn: texts that fail are not brought a second time"),
    ],
    ids=["another address", "none", "GET", "an application", "no fallback"],
)
async def test_a_number_must_bring_its_texts_here(stage: Stage, name: str, value: str, told: str) -> None:
    stage.twilio.numbers[LAW.number].settings[name] = value
    assert await complaints(stage) == [told]
    await connecting.connect(stage.app.deps, stage.law, LAW.number, stage.clock())  # which is what it said to do
    assert await complaints(stage) == []


@only_sqlite
async def test_a_messaging_service_decides_before_its_number(stage: Stage) -> None:
    twilio, number = stage.twilio, stage.twilio.numbers[LAW.number]
    for service in (SERVICE, OTHER_SERVICE):
        twilio.add_service(ACCOUNT, service, inbound_request_url=ELSEWHERE)
    number.service_sid = SERVICE
    assert await complaints(stage) == ["fail: its messaging service sends texts elsewhere"]
    await connecting.connect(stage.app.deps, stage.law, LAW.number, stage.clock())
    assert await complaints(stage) == []
    twilio.services[SERVICE].settings["FallbackUrl"] = ELSEWHERE
    assert await complaints(stage) == ["warn: texts that fail are not brought a second time"]
    twilio.services[SERVICE].settings["InboundRequestUrl"] = ""  # it throws them away
    assert await complaints(stage) == ["fail: its messaging service sends texts elsewhere"]
    twilio.services[OTHER_SERVICE].settings["UseInboundWebhookOnNumber"] = "true"
    number.service_sid = OTHER_SERVICE
    assert await complaints(stage) == ["warn: it has changed its messaging service"]


@only_sqlite
async def test_a_number_that_was_never_ready_or_never_there_is_told(stage: Stage) -> None:
    (own,) = await stage.rows(tables.numbers.select().where(tables.numbers.c.phone == LAW.number))
    async with stage.app.deps.db.begin() as tx:
        await numbers.change(tx, stage.law.id, own.id, ready=False)
    assert await complaints(stage) == ["fail: connecting it was broken off"]
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.numbers.delete().where(tables.numbers.c.id == own.id))
    assert (await visit(stage)).complaints == [f"fail number {LAW.team_id}: no sending number is connected"]
