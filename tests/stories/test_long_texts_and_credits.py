"""What becomes of a long text, and for how much a text counts: each firm as it wants it."""

from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.rules.content import AS_MMS, SEVERAL
from bridge.rules.sending import Purpose
from bridge.sandbox.slack.model import PretendFile
from bridge.services import numbers, sending
from bridge.services.drafts import Draft
from bridge.store import contacts, conversations, firms, tables
from bridge.views import usage as views
from tests.cast import LAW, MARIA
from tests.portal import Portal
from tests.stage import Stage

LONG = "We look forward to seeing you. " * 6
PNG = b"\x89PNG\r\n\x1a\n" + b"pixels" * 20


async def _units(stage: Stage) -> list[int]:
    u = tables.usage.c
    return [row.units for row in await stage.rows(tables.usage.select().order_by(u.id))]


def _asked(stage: Stage) -> list[Any]:
    """What Twilio was asked to send, oldest first."""
    return [request.params for request in stage.twilio.requests if request.operation == "create"]


async def _told(stage: Stage) -> list[str]:
    return [each["text"] for each in stage.slack.dms(LAW.team_id, LAW.admin)]


@pytest.mark.rows(34, 36)
async def test_in_credits_a_text_is_one_and_an_mms_three(stage: Stage) -> None:
    await stage.prefers(billing="credits", long_texts="mms")
    await stage.lead_texts("Hello?")
    await stage.staff_says("x" * 160)
    await stage.staff_says(LONG)
    await stage.staff_says("Look", files=[PretendFile("front.png", PNG)])
    assert await _units(stage) == [1, 3, 3]
    assert [text.is_mms for text in stage.twilio.texts_to(MARIA)] == [False, True, True]
    assert [asked.get("SendAsMms") for asked in _asked(stage)] == [None, "true", None]
    assert stage.phone() == ["x" * 160, LONG.strip(), "Look"]
    assert stage.told()[0] == AS_MMS.format("3 credits", 160)
    portal = Portal(stage)
    for shown in (await portal.opens(), await portal.command("usage")):
        assert "*7* credits this month. Included in your plan: no charge." in shown
        assert "A text counts as 1 credit, an MMS (pictures, for example) as 3 credits." in shown


@pytest.mark.rows(36)
async def test_a_number_that_sends_no_mms_sends_segments_and_admins_are_told_once(stage: Stage) -> None:
    await stage.prefers(billing="credits", long_texts="mms")
    stage.twilio.numbers[LAW.number].mms = False
    await numbers.connect(stage.app.deps, stage.law, LAW.number, stage.clock())
    await stage.lead_texts("Hello?")
    for words in (LONG, LONG + "Really!"):
        await stage.staff_says(words)
    assert ([asked.get("SendAsMms") for asked in _asked(stage)], await _units(stage)) == ([None, None], [1, 1])
    assert await _told(stage) == [views.no_mms(LAW.number).text]
    assert stage.told() == [SEVERAL.format(2, "1 credit", 160)]


@pytest.mark.rows(36)
async def test_where_long_texts_are_not_wanted_staff_read_how_many_characters_fit(stage: Stage) -> None:
    await stage.prefers(long_texts="block")
    await stage.lead_texts("Hello?")
    for words in ("x" * 161, "ł" * 71):
        await stage.staff_says(words)
    assert stage.told() == [Refusal.LONG.sentence] * 2
    assert "160 characters fit, or 70" in Refusal.LONG.sentence
    for words in ("x" * 160, "ł" * 70):
        await stage.staff_says(words)
    await stage.staff_says(LONG, files=[PretendFile("front.png", PNG)])
    assert stage.phone() == ["x" * 160, "ł" * 70, LONG.strip()]


async def test_segments_count_where_a_firm_wants_them_counted(stage: Stage) -> None:
    await stage.prefers(count_segments=True)
    await stage.lead_texts("Hello?")
    await stage.staff_says(LONG)
    assert await _units(stage) == [2]
    assert stage.told() == [SEVERAL.format(2, "2 messages", 160)]


@pytest.mark.rows(16)
@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("purpose", [Purpose.TRANSACTIONAL, Purpose.MARKETING])
async def test_campaigns_go_out_as_ever_and_do_not_count(stage: Stage, purpose: Purpose, on: bool) -> None:
    await stage.prefers(long_texts="block" if on else "mms", billing="credits")
    await stage.lead_texts("Hello?")
    await stage.turn_two_way(on=on)
    async with stage.app.deps.db.begin() as tx:
        (contact,) = (await contacts.ensure_all(tx, stage.law.id, [MARIA], stage.clock())).values()
        await contacts.change(tx, stage.law.id, contact.id, marketing="granted")
        firm = await firms.get(tx, stage.law.id)
        talk = (await conversations.with_contacts(tx, firm.id, [contact.id]))[contact.id]
        assert isinstance(await sending.queue(tx, firm, talk, Draft(LONG, purpose), stage.clock()), int)
    await stage.settle()
    assert (stage.phone(), _asked(stage)[-1].get("SendAsMms")) == ([LONG], None)
    assert await _units(stage) == []
    (decided,) = await stage.rows(tables.audit.select().where(tables.audit.c.action == "send"))
    assert (decided.facts["purpose"], decided.facts["two_way"]) == (purpose.value, on)
