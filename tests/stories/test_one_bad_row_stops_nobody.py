"""A promise that can never be kept is given up after its tries; nobody else's waits for it."""

import pytest

from bridge.services import announce, stuck
from bridge.services.posts import LOST_LINE
from bridge.store import outbox, tables
from bridge.store.outbox import Kind
from tests.cast import LAW, MARIA, NOAH
from tests.stage import Stage

OURS = "Not sent: something went wrong on our side. An admin is told."


@pytest.mark.rows(72, 80)
@pytest.mark.faults("F29")
async def test_a_text_that_always_breaks_is_told_and_the_conversation_goes_on(stage: Stage) -> None:
    stage.expects_incidents = True
    await stage.lead_texts("Hello?")
    await stage.lead_texts("Hello?", phone=NOAH)
    await stage.staff_says("I am an admin.", user=LAW.admin)
    stage.twilio.fail("create", status=429, retry_after=60, to=MARIA)
    await stage.staff_types("First.")
    poison = await stage.staff_types("Poison.")
    await stage.staff_types("Behind it.")
    await stage.settle(ahead=0)
    async with stage.app.deps.db.begin() as tx:
        broken = tables.messages.update().where(tables.messages.c.body == "Poison.")
        await tx.run(broken.values(purpose="no such purpose"))
    stage.skip(seconds=61)
    await stage.settle(ahead=0)
    await stage.staff_says("Hello!", phone=NOAH)
    assert stage.phone(NOAH) == ["Hello!"]
    await wait_for_the_end(stage)
    assert stage.phone() == ["I am an admin.", "First.", "Behind it."]
    assert stage.said()[1:] == [OURS]
    assert stage.marks(poison) == ["x"]
    assert [dm["text"] for dm in stage.slack.dms(LAW.team_id, LAW.admin)] == [OURS]


@pytest.mark.faults("F29")
async def test_a_row_that_cannot_even_be_given_up_is_dead_and_can_be_tried_again_once(stage: Stage) -> None:
    stage.expects_incidents = True
    await stage.lead_texts("Hello?")
    await stage.staff_says("Known by now.")
    async with stage.app.deps.db.begin() as tx:
        row_id = await outbox.put(
            tx, stage.law.id, Kind.TEXT, stage.clock(), lane="texts:1", service=announce.TWILIO, route="sms:1",
            payload={"message_id": 123_456},
        )  # fmt: skip
    await stage.staff_types("Behind it.")
    await wait_for_the_end(stage)
    assert stage.phone() == ["Known by now.", "Behind it."]
    [dead] = [each for each in await stuck.listing(stage.app.deps, stage.clock(), 10) if each.row.state == "dead"]
    assert (dead.row.id, dead.team_id) == (row_id, LAW.team_id)

    first = await stuck.retry(stage.app.deps, row_id, stage.clock())
    second = await stuck.retry(stage.app.deps, row_id, stage.clock())
    assert (first, second) == (True, False)
    await wait_for_the_end(stage)
    assert [each.row.state for each in await stuck.listing(stage.app.deps, stage.clock(), 10)] == ["dead"]


@pytest.mark.faults("F29")
async def test_a_dead_line_that_is_tried_again_after_a_repair_appears_once(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.slack.fail("chat.postMessage", error="method_deprecated")
    stage.twilio.fail("create", code=21617)
    await stage.staff_says("Hello!")
    assert stage.said() == ["Hello?", LOST_LINE]
    [dead] = await stuck.listing(stage.app.deps, stage.clock(), 10)
    assert await stuck.retry(stage.app.deps, dead.row.id, stage.clock())
    assert not await stuck.retry(stage.app.deps, dead.row.id, stage.clock())
    await stage.settle()
    assert len(stage.said()) == 3
    assert await stuck.listing(stage.app.deps, stage.clock(), 10) == []


async def wait_for_the_end(stage: Stage) -> None:
    """As many tries as there are, and their waits."""
    for _ in range(14):
        await stage.settle(ahead=0)
        stage.skip(minutes=6)
    await stage.settle()
