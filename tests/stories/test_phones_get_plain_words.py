"""A phone shows characters; nothing that steers a terminal, and nothing longer than a text may be, goes out."""

import pytest

from bridge.refusals import Refusal
from tests.cast import LAW, MARIA
from tests.stage import Stage


@pytest.mark.rows(88)
@pytest.mark.faults("S20")
async def test_control_characters_stay_behind(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("See\tyou\x07 \x1b[31mFriday\x1b[0m\x7f,\x85\x00bring\u2028the\x9b keys")
    (read,) = stage.phone(MARIA)
    assert read == "See you [31mFriday[0m,\nbring\nthe keys"
    assert all(character == "\n" or character.isprintable() for character in read)


@pytest.mark.faults("S20")
async def test_a_text_has_a_longest_length(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("x" * 1600)
    assert stage.phone(MARIA) == ["x" * 1600]
    await stage.staff_says("y" * 1601)
    assert stage.phone(MARIA) == ["x" * 1600]
    assert Refusal.TOO_LONG.sentence in " ".join(stage.told(LAW.agent))
