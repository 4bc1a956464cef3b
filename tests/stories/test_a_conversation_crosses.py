"""A lead's text reaches its thread, a reply reaches the phone."""

import pytest

from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage


@pytest.mark.rows(13, 60, 64, 73, 76, 78)
async def test_a_text_opens_a_thread_and_a_reply_arrives_on_the_phone(stage: Stage) -> None:
    await stage.lead_texts("Hi, can I move my appointment?")
    assert len(stage.roots()) == 1
    assert stage.said() == ["Hi, can I move my appointment?"]

    ts = await stage.staff_says("Of course! Friday at 3?")

    assert stage.phone(MARIA) == ["Of course! Friday at 3?"]
    assert stage.marks(ts) == ["heavy_check_mark"]
    assert [message["ts"] for message in stage.thread() if message["user"] == LAW.agent] == [ts]


@pytest.mark.rows(61, 62, 72)
async def test_one_thread_per_phone_for_life(stage: Stage) -> None:
    await stage.lead_texts("First")
    await stage.lead_texts("Somebody else", phone=NOAH)
    stage.skip(days=40)
    await stage.lead_texts("Me again")
    assert len(stage.roots()) == 2
    assert stage.said(MARIA) == ["First", "Me again"]
    assert stage.said(NOAH) == ["Somebody else"]
