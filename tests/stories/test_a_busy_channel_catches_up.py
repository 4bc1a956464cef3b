"""A channel takes about one post a second: what waits for the same thread is posted together, in its order."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from bridge.sandbox.twilio.magic import SLOW
from bridge.services import installs
from bridge.views import threads as views
from tests.cast import LAW, MANY, MARIA, NOAH, OMAR
from tests.installed import Installed
from tests.stage import Stage

OTHER = "C01OTHER"


@pytest.fixture
async def paced(database_url: str, installed: Installed) -> AsyncIterator[Stage]:
    """The stage with Slack's own limits, and an app that keeps to them."""
    async with installed.stage(database_url, SLACK_POSTS_PER_SECOND="1") as stage:
        stage.slack.rate_limits = True
        yield stage


async def text_all(stage: Stage, bodies: Sequence[str], phone: str = MARIA) -> None:
    """A lead writes all this in one go; nothing is waited for."""
    for body in bodies:
        await stage.twilio.text(phone, LAW.number, body)


def read(stage: Stage, phone: str = MARIA) -> list[str]:
    """What staff read in a thread, text by text, whether they were posted together or alone."""
    if not any(phone[-4:] in root["text"] for root in stage.roots()):
        return []
    blocks = [block for message in stage.thread(phone) for block in message["blocks"]]
    return [block["elements"][0]["elements"][0]["text"] for block in blocks if block["type"] == "rich_text"]


def posts(stage: Stage) -> list[Any]:
    """The posts that Slack took."""
    return [call for call in stage.slack.calls if call.method == "chat.postMessage" and call.performed]


async def catch_up(stage: Stage, seconds: int) -> None:
    """Let the channel have this much time."""
    for _ in range(seconds):
        await stage.wait(seconds=1)


@pytest.mark.rows(15, 61, 72)
@pytest.mark.faults("F5")
async def test_forty_texts_in_a_row_are_few_posts_and_none_is_lost(paced: Stage) -> None:
    bodies = [f"Line {number}" for number in range(40)]
    await text_all(paced, bodies)
    await catch_up(paced, 12)

    assert read(paced) == bodies
    assert len(posts(paced)) <= 14
    together = [message for message in paced.thread() if "\n" in message["text"]]
    assert together
    assert max(len(message["text"].splitlines()) for message in together) == views.TOGETHER
    assert all("<!date^" in str(message["blocks"]) for message in together)  # each with its time


@pytest.mark.rows(72)
@pytest.mark.faults("F5")
async def test_one_who_writes_much_does_not_hold_the_others_up(paced: Stage) -> None:
    await text_all(paced, [f"Line {number}" for number in range(40)])
    await text_all(paced, ["Only this"], NOAH)
    await text_all(paced, ["And this"], OMAR)
    await text_all(paced, [f"Line {number}" for number in range(40, 60)])
    await catch_up(paced, 20)

    order = [call.args["text"].splitlines()[-1] for call in posts(paced)]
    for words in ("Only this", "And this"):
        assert order.index(words) <= 2 + 4 + 40 // views.TOGETHER + 4  # two roots, single posts at first, then few
        assert order.index(words) < order.index("Line 59")
    assert len(read(paced)) == 60


@pytest.mark.rows(72)
@pytest.mark.faults("F5")
async def test_a_full_channel_holds_no_other_channel_up(paced: Stage) -> None:
    for phone in MANY[:20]:
        await text_all(paced, ["In the full one"], phone)
    paced.slack.add_channel(LAW.team_id, OTHER, "leads-2", members=[LAW.agent])
    await paced.until(lambda: len(paced.roots()) >= 3)
    await installs.set_channel(paced.app.deps, paced.law, OTHER, paced.clock())
    await text_all(paced, ["In the quiet one"], MARIA)

    await paced.until(lambda: len(paced.slack.messages(LAW.team_id, OTHER)) >= 2, 3.0)
    assert len(paced.roots()) < 20
    await catch_up(paced, 25)


@pytest.mark.rows(61, 71)
@pytest.mark.faults("F5")
@pytest.mark.parametrize("accept_first", [True, False])
async def test_a_doubtful_post_of_several_texts_is_neither_doubled_nor_lost(
    paced: Stage, accept_first: bool
) -> None:
    await text_all(paced, ["Before"])
    await paced.settle(ahead=0)
    failed: list[str] = []

    async def fail_a_batch(call: Any) -> None:
        if call.method == "chat.postMessage" and "\n" in call.args["text"] and len(failed) < 2:
            failed.append(call.args["text"])
            paced.slack.fail("chat.postMessage", accept_first=accept_first, drop=True)

    paced.slack.on_call = fail_a_batch
    bodies = [f"Line {number}" for number in range(24)]
    await text_all(paced, bodies)
    await catch_up(paced, 20)

    assert len(failed) == 2
    assert read(paced) == ["Before", *bodies]


@pytest.mark.rows(61)
@pytest.mark.faults("F5")
async def test_a_refused_post_of_several_texts_comes_later_in_order(paced: Stage) -> None:
    await text_all(paced, ["Before"])
    await paced.settle(ahead=0)
    bodies = [f"Line {number}" for number in range(20)]
    await text_all(paced, bodies[:10])
    paced.slack.fail("chat.postMessage", status=429, retry_after=30)
    await paced.wait(seconds=5)
    await text_all(paced, bodies[10:])
    await paced.wait(seconds=20)
    said = len(read(paced))
    assert said < 11
    await catch_up(paced, 15)

    assert read(paced) == ["Before", *bodies]


@pytest.mark.rows(61)
@pytest.mark.faults("F8", "F21")
async def test_the_longest_texts_fit_together(paced: Stage) -> None:
    bodies = [f"{number:02d}" + "<&>" * 532 + "ab" for number in range(20)]
    assert {len(body) for body in bodies} == {1600}
    await text_all(paced, bodies)
    await catch_up(paced, 15)

    assert read(paced) == bodies
    assert all(call.answer_error != "msg_blocks_too_long" for call in paced.slack.calls)


@pytest.mark.rows(72)
async def test_a_slow_lead_holds_nobody_else_up(stage: Stage) -> None:
    await stage.lead_texts("Hi", phone=SLOW)
    await stage.lead_texts("Hi")
    await stage.staff_types("To the slow one", phone=SLOW)
    await stage.staff_types("Also to the slow one", phone=SLOW)
    await asyncio.sleep(0.2)
    await stage.staff_types("To the quick one")

    await stage.until(lambda: stage.phone(MARIA) == ["To the quick one"], 2.0)
    assert stage.phone(SLOW) == []
    await stage.settle(20)
    assert stage.phone(SLOW) == ["To the slow one", "Also to the slow one"]
