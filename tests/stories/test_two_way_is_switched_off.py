"""Switched off, nothing is shown and nothing lost; switched on again, all of it appears, told of once."""

from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.rules.sending import Purpose
from bridge.services import catching_up, sending
from bridge.services.drafts import Draft
from bridge.store import contacts, conversations, firms, tables
from bridge.views import portal as views
from bridge.views import threads
from tests.cast import LAW, MARIA, NOAH
from tests.portal import Portal
from tests.stage import Stage

NOBODY = "Nobody at Harbor Law reads this. Call us."


async def _turn_off(stage: Stage, *, away: str | None = None) -> Portal:
    portal = Portal(stage)
    await portal.opens()
    await portal.presses(views.DISABLE)
    assert await portal.turns_off(away=away) == {}
    return portal


def _in_channel(stage: Stage) -> list[str]:
    """What was said there that is neither a thread's root nor in a thread."""
    return [root["text"] for root in stage.roots() if "(415)" not in root["text"]]


@pytest.mark.rows(18, 19, 20, 38, 40)
async def test_it_is_asked_about_first_and_then_off(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    portal = Portal(stage)
    await portal.opens()
    await portal.presses(views.DISABLE)
    asked = str(portal.modal["blocks"])
    for what in ("still received and stored", "stays readable", "at any time", "Do not reply: Auto message"):
        assert what in asked
    assert await stage.count(tables.audit, tables.audit.c.action == "two_way") == 0
    assert await portal.turns_off() == {}
    assert views.IS_OFF in str(portal.modal["blocks"])
    assert portal.button(views.ENABLE) is not None
    assert threads.OFF in str(stage.root()["blocks"])
    assert threads.ADVICE not in str(stage.root()["blocks"])
    await stage.staff_says("Hello!")
    assert stage.told() == [Refusal.TWO_WAY_OFF.sentence]
    await stage.lead_texts("Are you there?")
    assert stage.said() == ["Hello?"]
    assert stage.phone() == []
    (entry,) = await stage.rows(tables.audit.select().where(tables.audit.c.action == "two_way"))
    assert (entry.actor, entry.facts) == (LAW.admin, {"on": False, "away_text": None})
    assert await portal.command("disable") == views.OFF_ALREADY


@pytest.mark.rows(21)
async def test_on_again_all_of_it_appears_and_is_told_of_once(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    portal = await _turn_off(stage)
    for number in range(9):
        await stage.lead_texts(f"Text {number}")
    await stage.lead_texts("I am new", phone=NOAH)
    await stage.lead_texts("STOP", phone=NOAH)
    await portal.presses(views.ENABLE)
    await stage.wait(seconds=6)
    assert _in_channel(stage) == [
        "10 replies of 2 leads arrived while two-way SMS was off. They are put into their threads now."
    ]
    shown = stage.said()[1:]
    assert "\n".join(shown).splitlines() == [f"Text {number}" for number in range(9)]
    assert len(shown) == 2
    assert "while two-way SMS was off" in str(stage.thread()[-1]["blocks"])
    assert stage.said(NOAH) == ["I am new"]
    assert "opted out" in str(stage.root(NOAH)["blocks"])
    assert threads.OFF not in str(stage.root()["blocks"])
    await stage.lead_texts("And now")
    assert stage.said()[-1] == "And now"
    await _turn_off(stage)
    await portal.presses(views.ENABLE)
    await stage.wait(seconds=6)
    assert len(_in_channel(stage)) == 1
    assert stage.said()[-1] == "And now"


@pytest.mark.rows(21)
async def test_many_leads_who_wrote_meanwhile_get_their_threads_bit_by_bit(stage: Stage) -> None:
    await stage.turn_two_way(on=False)
    await stage.strangers_text([f"Text {number}" for number in range(12)])
    await stage.turn_two_way(on=True)
    for _ in range(4):
        await stage.wait(seconds=6)
    assert [stage.said(phone) for phone in _phones(12)] == [[f"Text {number}"] for number in range(12)]
    assert len(_in_channel(stage)) == 1


def _phones(many: int) -> list[str]:
    return [f"+1415555{number:04d}" for number in range(130, 130 + many)]


@pytest.mark.rows(21)
async def test_a_text_that_crosses_the_switch_is_shown_all_the_same(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    async with stage.app.deps.db.begin() as tx:  # taken in with what was known of the firm a moment before
        (talk,) = await tx.rows(tables.conversations.select())
        values: dict[str, Any] = {"direction": "in", "state": "received", "body": "Crossing", "unshown": True}
        ids = {"firm_id": stage.law.id, "conversation_id": talk.id, "number_id": talk.number_id}
        await tx.run(tables.messages.insert().values(**ids, **values, sid="SM9", created_at=stage.clock()))
    await catching_up.look_for_more(stage.app.deps, stage.clock())
    await catching_up.look_for_more(stage.app.deps, stage.clock())
    await stage.wait(seconds=6)
    assert stage.said() == ["Hello?", "Crossing"]
    assert _in_channel(stage) == []


@pytest.mark.rows(39)
async def test_leads_may_be_told_once_a_day_that_nobody_reads_it(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await _turn_off(stage, away="Nobody at {firm} reads this. Call us.")
    for _ in range(3):
        await stage.lead_texts("Anybody?")
        stage.skip(hours=1)
    assert stage.phone() == [NOBODY]
    stage.skip(days=1)
    await stage.lead_texts("Still nobody?")
    assert stage.phone() == [NOBODY] * 2
    assert await stage.count(tables.usage) == 0
    assert stage.said() == ["Hello?"]


@pytest.mark.rows(39)
async def test_keywords_and_those_who_stopped_get_no_such_answer(stage: Stage) -> None:
    await _turn_off(stage, away=NOBODY)
    for words in ("HELP", "STOP", "Really stop", "START"):
        await stage.lead_texts(words)
    assert stage.phone() == []
    await stage.lead_texts("please don't text me any more", phone=NOAH)
    assert stage.phone(NOAH) == []


@pytest.mark.rows(39)
async def test_silent_is_silent_and_empty_words_are_asked_for_again(stage: Stage) -> None:
    portal = Portal(stage)
    await portal.opens()
    await portal.presses(views.DISABLE)
    assert await portal.turns_off(away="  ") == {views.WORDS: "Write what leads shall read."}
    assert await portal.turns_off() == {}
    await stage.lead_texts("Hello?")
    assert stage.phone() == []


@pytest.mark.rows(39)
async def test_what_says_that_it_is_off_is_not_sent_once_it_is_on(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    portal = await _turn_off(stage, away=NOBODY)
    stage.twilio.fail("create", status=429, retry_after=60)
    await stage.lead_texts("Anybody?")
    await portal.presses(views.ENABLE)
    await stage.wait(minutes=2)
    assert stage.phone() == []


@pytest.mark.rows(16)
@pytest.mark.parametrize("on", [True, False])
@pytest.mark.parametrize("purpose", [Purpose.TRANSACTIONAL, Purpose.MARKETING])
async def test_other_texts_go_out_on_or_off(stage: Stage, purpose: Purpose, on: bool) -> None:
    await stage.turn_two_way(on=on)
    async with stage.app.deps.db.begin() as tx:
        firm = await firms.get(tx, stage.law.id)
        (contact,) = (await contacts.ensure_all(tx, firm.id, [MARIA], stage.clock())).values()
        await contacts.change(tx, firm.id, contact.id, marketing="granted")
        (number,) = await tx.rows(tables.numbers.select().where(tables.numbers.c.firm_id == firm.id))
        talks = await conversations.ensure_all(tx, firm.id, {contact.id: (number.id, stage.clock())})
        await sending.queue(tx, firm, talks[contact.id], Draft(body="On Monday", purpose=purpose), stage.clock())
    await stage.settle()
    assert stage.phone() == ["On Monday"]


@pytest.mark.rows(40)
async def test_every_root_says_so_bit_by_bit(stage: Stage) -> None:
    await stage.strangers_text([f"Text {number}" for number in range(12)])
    for on in (False, True):
        await stage.turn_two_way(on=on)
        for _ in range(4):
            await stage.wait(seconds=6)
        assert [threads.OFF in str(stage.root(phone)["blocks"]) for phone in _phones(12)] == [not on] * 12
