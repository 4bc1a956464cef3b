"""Every reason to decline has its one sentence; the product's own are used to the letter."""

import pytest

from bridge.refusals import Refusal
from tests.house.features import read

QUOTED = {107: Refusal.LANDLINE, 116: Refusal.TOO_FAST, 126: Refusal.STOPPED}


def test_every_refusal_has_a_sentence_unless_nobody_is_told() -> None:
    for refusal in Refusal:
        assert bool(refusal.sentence) != refusal.is_silent, refusal
        assert refusal.sentence == refusal.sentence.strip()
    assert len({refusal.sentence for refusal in Refusal}) == len(Refusal)
    assert [refusal for refusal in Refusal if refusal.is_silent] == [Refusal.DUPLICATE]


@pytest.mark.parametrize(("row", "refusal"), QUOTED.items())
def test_quoted_sentences_are_used_to_the_letter(row: int, refusal: Refusal) -> None:
    assert read()[row].quotes == (refusal.sentence,)


@pytest.mark.rows(107, 116, 126)
def test_the_three_sentences_themselves() -> None:
    assert Refusal.LANDLINE.sentence == "This number is a landline and can't receive SMS messages"
    assert Refusal.TOO_FAST.sentence == "Rate limit: 10 messages per minute. Try again shortly."
    assert Refusal.STOPPED.sentence == (
        "This lead has opted out of SMS. You can't send messages until they text START to opt back in."
    )
