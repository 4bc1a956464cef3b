"""A reply that reads like an offer, or in which a card number stands, waits for its author's word."""

import asyncio
from typing import Any

import pytest

from bridge.refusals import Refusal
from bridge.rules.content import PROMOTIONAL, SENSITIVE, concerns
from bridge.services import first_texts, installs
from bridge.services.alterations import REWRITTEN
from bridge.services.answers import ALREADY, REWRITE, SENDING
from bridge.store import tables
from bridge.store.channels import ReplyMode
from bridge.views import threads as views
from tests.cast import LAW, MARIA
from tests.stage import Stage

OFFER = "20% off your next visit, this week only!"
CARD = "Is 4111 1111 1111 1111 still right?"


def question(stage: Stage) -> dict[str, Any]:
    """What Ben was asked last."""
    asked = [each for each in stage.slack.ephemerals(LAW.team_id, LAW.channel, LAW.agent) if "actions" in str(each)]
    return asked[-1]


async def press(stage: Stage, action_id: str) -> None:
    shown = question(stage)["ts"]
    assert (await stage.slack.click(LAW.team_id, LAW.agent, LAW.channel, shown, action_id)).status == 200
    await stage.settle()


async def agrees_to_marketing(stage: Stage, **more: Any) -> None:
    c = tables.contacts.c
    async with stage.app.deps.db.begin() as tx:
        await tx.run(tables.contacts.update().where(c.phone == MARIA).values(marketing="granted", **more))


@pytest.mark.rows(183)
@pytest.mark.parametrize(("text", "sentence"), [(OFFER, PROMOTIONAL), (CARD, SENSITIVE)], ids=["offer", "card"])
async def test_it_waits_and_goes_out_once_when_its_author_says_so(stage: Stage, text: str, sentence: str) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says(text)
    assert (stage.phone(), stage.told(), stage.marks(ts)) == ([], [sentence], ["lock"])
    labels = [button["text"]["text"] for button in question(stage)["blocks"][-1]["elements"]]
    assert labels == ["Send", "Edit"]
    await asyncio.gather(*(press(stage, views.SEND_HELD) for _ in range(3)))
    assert stage.phone() == [text]
    assert stage.marks(ts) == ["heavy_check_mark"]
    assert sorted(stage.told()[1:]) == sorted([SENDING, ALREADY, ALREADY])
    facts = [entry.facts for entry in await stage.rows(tables.audit.select()) if "concerns" in entry.facts]
    assert [fact["concerns"] for fact in facts] == [[concerns(text, marketing_consent=False)[0].about.value]]


@pytest.mark.rows(183)
async def test_edit_keeps_it_inside_and_the_new_words_go_out(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says(OFFER)
    await press(stage, views.REWRITE)
    assert (stage.phone(), stage.told()[-1], stage.marks(ts)) == ([], REWRITE, ["lock"])
    await press(stage, views.SEND_HELD)
    assert (stage.phone(), stage.told()[-1]) == ([], ALREADY)
    await stage.staff_says("See you next week!")
    assert stage.phone() == ["See you next week!"]


async def test_who_changes_the_message_itself_keeps_it_inside_too(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    ts = await stage.staff_says(OFFER)
    await stage.slack.edit(LAW.team_id, LAW.channel, ts, "See you next week!")
    await stage.settle()
    await press(stage, views.SEND_HELD)
    assert (stage.phone(), stage.told()[1:]) == ([], [REWRITTEN, ALREADY])


@pytest.mark.rows(182, 183)
async def test_with_consent_to_marketing_it_goes_out_at_once_until_that_ends(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await agrees_to_marketing(stage, marketing_until=stage.clock())
    await stage.staff_says(OFFER)
    assert (stage.phone(), await _card_says_yes(stage)) == ([], False)
    await agrees_to_marketing(stage, marketing_until=None)
    assert await _card_says_yes(stage)
    await stage.staff_says("Save $50 on your next visit!")
    assert stage.phone() == ["Save $50 on your next visit!"]
    await stage.staff_says(CARD)  # which has nothing to do with it
    assert stage.phone() == ["Save $50 on your next visit!"]


@pytest.mark.rows(182)
async def test_everyday_words_are_answered_without_a_question(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("Are you free on Friday? The consultation is free.")
    assert stage.phone() == ["Are you free on Friday? The consultation is free."]
    assert stage.told() == []


@pytest.mark.rows(183)
async def test_behind_one_that_waits_others_go_out(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says(OFFER)
    await stage.staff_says("See you on Friday.")
    assert stage.phone() == ["See you on Friday."]


@pytest.mark.rows(126)
async def test_after_stop_nobodys_word_sends_it(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says(OFFER)
    await stage.lead_texts("STOP")
    await press(stage, views.SEND_HELD)
    assert (stage.phone(), stage.told()[-1]) == ([], Refusal.STOPPED.sentence)


@pytest.mark.rows(183, 186)
async def test_where_every_reply_is_asked_about_there_is_one_question(stage: Stage) -> None:
    await installs.set_reply_mode(stage.app.deps, stage.law, LAW.channel, ReplyMode.CONFIRM, stage.clock())
    await stage.lead_texts("Hello?")
    await stage.staff_says(f"{OFFER} " * 5)
    assert len(stage.told()) == 1
    asked = str(question(stage)["blocks"])
    assert PROMOTIONAL in asked
    assert "2 segments" in asked
    await press(stage, views.SEND_HELD)
    assert len(stage.phone()) == 1


async def test_what_is_refused_anyway_is_not_asked_about(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.lead_texts("STOP")
    await stage.staff_says(OFFER)
    assert stage.told() == [Refusal.STOPPED.sentence]


async def _card_says_yes(stage: Stage) -> bool:
    """Whether the lead card says that there is consent to marketing."""
    found = await first_texts.look(stage.app.deps, stage.law, f"phone:{MARIA}", stage.clock())
    assert found is not None
    return found[0].marketing
