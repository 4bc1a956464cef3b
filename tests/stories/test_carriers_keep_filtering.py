"""A number whose texts carriers keep taking for spam is blocked by itself, and opened again by an admin."""

import asyncio

import pytest

from bridge.refusals import Refusal
from bridge.rules.carrier import verdict
from bridge.sandbox.twilio import magic
from bridge.services import blocks, installs
from bridge.store import firms, tables
from tests.cast import LAW, MARIA
from tests.stage import Stage

FILTERED = verdict(30007).sentence
BLOCKED = Refusal.BLOCKED.sentence
TAKES_FOR_SPAM = magic.Behaviour(undelivered=30007)


async def filtered(stage: Stage, times: int) -> None:
    """So many texts to Maria are taken for spam."""
    stage.twilio.behaviours[MARIA] = TAKES_FOR_SPAM
    for number in range(times):
        stage.skip(seconds=20)
        await stage.staff_says(f"Free offer {number}!")


async def lift(stage: Stage, by: str, reason: str = "They called.") -> str:
    contact = await stage.contact()
    async with stage.app.deps.db.begin() as tx:
        told = await blocks.lift(tx, stage.law, contact.id, by=by, reason=reason, now=stage.clock())
    await stage.settle()
    return told


async def audited(stage: Stage, action: str) -> list[tuple[str, dict[str, object]]]:
    a = tables.audit.c
    rows = await stage.rows(tables.audit.select().where(a.action == action).order_by(a.id))
    return [(row.actor, row.facts) for row in rows]


@pytest.mark.rows(103)
async def test_three_in_a_row_block_the_number_and_the_thread_says_so_once(stage: Stage) -> None:
    stage.twilio.duplicates = 1  # every receipt comes twice
    await stage.lead_texts("Hello?")
    await filtered(stage, 2)
    assert stage.said() == ["Hello?", FILTERED, FILTERED]
    assert (await stage.contact()).blocked_at is None
    await filtered(stage, 1)
    assert stage.said()[3:] == [FILTERED, BLOCKED]
    assert f":warning: {BLOCKED}" in str(stage.root()["blocks"])

    stage.twilio.behaviours[MARIA] = magic.ORDINARY
    ts = await stage.staff_says("An ordinary word.")
    assert (stage.phone(), stage.told(), stage.marks(ts)) == ([], [BLOCKED], ["no_entry"])
    contact = await stage.contact()
    assert await audited(stage, "block") == [("carrier", {"contact": contact.id, "filtered": 3})]


@pytest.mark.rows(103)
@pytest.mark.faults("F28")
async def test_what_waits_when_the_number_is_blocked_does_not_leave(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await filtered(stage, 2)
    stage.twilio.fail("create", status=429, retry_after=60)
    waiting = await stage.staff_says("I wait.")
    contact = await stage.contact()
    async with stage.app.deps.db.begin() as tx:
        await blocks.filtered(tx, stage.law, contact, 1, stage.clock())
    await stage.wait(seconds=61)
    await stage.settle()
    assert (stage.phone(), stage.marks(waiting)) == ([], ["no_entry"])
    assert stage.said()[-1] == BLOCKED


@pytest.mark.rows(103)
async def test_several_at_once_are_each_counted_and_block_once(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.behaviours[MARIA] = TAKES_FOR_SPAM
    people = [LAW.agent, LAW.second_agent, LAW.admin]
    texts = range(5)
    await asyncio.gather(*(stage.staff_types(f"Free {number}!", user=people[number % 3]) for number in texts))
    await stage.settle()
    contact = await stage.contact()
    assert (stage.phone(), contact.blocked_at is not None, contact.filtered >= 3) == ([], True, True)
    assert len(await audited(stage, "block")) == 1


@pytest.mark.rows(103)
@pytest.mark.parametrize("delivered", [True, False], ids=["a text that arrives", "a text from the lead"])
async def test_they_count_only_in_a_row(stage: Stage, delivered: bool) -> None:
    await stage.lead_texts("Hello?")
    await filtered(stage, 2)
    stage.twilio.behaviours[MARIA] = magic.ORDINARY
    if delivered:
        await stage.staff_says("An ordinary word.")
    else:
        await stage.lead_texts("Are you there?")
    assert (await stage.contact()).filtered == 0
    await filtered(stage, 2)
    assert (await stage.contact()).blocked_at is None
    await filtered(stage, 1)
    assert (await stage.contact()).blocked_at is not None


@pytest.mark.rows(103)
async def test_other_failures_do_not_count(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    for code in (30003, 30004, 30008, 30450, 30005):
        stage.twilio.behaviours[MARIA] = magic.Behaviour(undelivered=code)
        stage.skip(seconds=20)
        await stage.staff_says(f"Code {code}")
    contact = await stage.contact()
    assert (contact.filtered, contact.blocked_at) == (0, None)


@pytest.mark.rows(103)
async def test_the_firm_says_how_many_are_too_many(stage: Stage) -> None:
    await installs.prefer(stage.app.deps, stage.law, "filtered_limit", 1, stage.clock())
    await stage.lead_texts("Hello?")
    await filtered(stage, 1)
    assert stage.said() == ["Hello?", FILTERED, BLOCKED]


@pytest.mark.rows(113)
async def test_an_admin_lifts_it_with_a_reason_and_it_counts_from_the_beginning(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await stage.staff_says("We know each other.")
    await stage.staff_says("So do we.", user=LAW.admin)
    await filtered(stage, 3)
    known = stage.said()

    assert await lift(stage, LAW.agent) == "Only admins can lift a block."
    assert await lift(stage, LAW.stranger) == "Only admins can lift a block."
    assert await lift(stage, LAW.admin, "  \n") == "Say why the block should be lifted."
    assert (stage.said(), await audited(stage, "lift_block")) == (known, [])

    told = await lift(stage, LAW.admin, "They called <!channel> & asked.")
    assert told == "The block is lifted: this number can be texted again."
    line = f":unlock: <@{LAW.admin}> lifted the block on this number: They called &lt;!channel&gt; &amp; asked."
    assert stage.said() == [*known, line]
    assert BLOCKED not in str(stage.root()["blocks"])
    contact = await stage.contact()
    facts = {"contact": contact.id, "reason": "They called <!channel> & asked."}
    assert await audited(stage, "lift_block") == [(LAW.admin, facts)]
    assert await lift(stage, LAW.admin) == "This number is not blocked."

    await filtered(stage, 2)
    assert (await stage.contact()).blocked_at is None
    stage.twilio.behaviours[MARIA] = magic.ORDINARY
    await stage.staff_says("An ordinary word.")
    assert stage.phone()[-1] == "An ordinary word."


@pytest.mark.rows(113)
@pytest.mark.faults("F27")
async def test_of_two_who_lift_it_at_once_one_does(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await filtered(stage, 3)
    told = await asyncio.gather(lift(stage, "operator"), lift(stage, "operator"))
    assert sorted(told) == [blocks.LIFTED, blocks.NOT_BLOCKED]
    assert len(await audited(stage, "lift_block")) == 1
    assert stage.said()[-1] == ":unlock: The operator lifted the block on this number: They called."


@pytest.mark.rows(103)
async def test_a_lead_who_texts_does_not_lift_it(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    await filtered(stage, 3)
    await stage.lead_texts("Why don't you answer?")
    await stage.staff_says("We try.")
    assert stage.told() == [BLOCKED]
    async with stage.app.deps.db.read() as tx:
        assert (await firms.get(tx, stage.law.id)).prefers.filtered_limit == 3
