"""A firm's own words opt a lead out as STOP does; the usual ones cannot be taken away."""

import pytest

from bridge.refusals import Refusal
from bridge.rules import preferences
from tests.cast import NOAH
from tests.stage import Stage


@pytest.mark.rows(122)
async def test_a_word_of_the_firm_s_own(stage: Stage) -> None:
    await stage.prefers(stop_words=preferences.read("stop_words", "Alto, No más"))
    await stage.who_answers_keywords("bridge")
    await stage.lead_texts("Hola")
    await stage.lead_texts("¡ALTO!")
    await stage.staff_says("Hello?")
    assert stage.told() == [Refusal.STOPPED.sentence]
    assert [text for text in stage.phone() if "unsubscribed" in text] != []
    await stage.lead_texts("no mas", phone=NOAH)
    await stage.lead_texts("alto, por favor", phone=NOAH)
    assert (await stage.contact(NOAH)).opted_out
    await stage.prefers(stop_words=[])
    await stage.lead_texts("START")
    await stage.lead_texts("Alto")
    assert not (await stage.contact()).opted_out
    await stage.lead_texts("STOP")
    assert (await stage.contact()).opted_out
