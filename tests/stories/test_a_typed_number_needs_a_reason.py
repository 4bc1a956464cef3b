"""A number that nobody signed up with may be texted where the firm allows it, for a reason that is kept."""

import pytest

from bridge.refusals import Refusal
from bridge.services import first_texts
from bridge.store import firms, tables
from bridge.views import start as views
from tests.cast import LAW, NOAH
from tests.desk import Desk
from tests.stage import Stage


@pytest.mark.rows(97)
async def test_a_typed_number_needs_leave_and_a_reason(stage: Stage) -> None:
    desk = Desk(stage)
    await desk.shortcut()
    assert await desk.search("(415) 555-0112") == []
    await desk.command("(415) 555-0112 Hello")
    assert Refusal.TYPED_NUMBER.sentence in desk.text()
    assert "submit" not in {k for k, v in desk.top.items() if v}
    await stage.prefers(typed_numbers=True)
    await desk.shortcut()
    (found,) = await desk.search("415-555-0112")
    assert found["text"]["text"] == "Text (415) 555-0112"
    await desk.choose(found["value"])
    reason = {views.SOURCE: "verbal", views.EVIDENCE: "Asked us at the counter on Monday"}
    assert await desk.write("Hello", **{views.EVIDENCE: "  "}, **{views.SOURCE: "verbal"}) == {
        views.EVIDENCE: Refusal.NO_CONSENT_SOURCE.sentence
    }
    assert await desk.write("Hello", **reason) == {}
    await stage.settle()
    assert stage.phone(NOAH) == ["Hello"]
    (event,) = await stage.rows(tables.consent_events.select())
    assert event.source == "verbal"
    assert event.evidence["words"] == "Asked us at the counter on Monday"


@pytest.mark.rows(97)
async def test_a_refused_first_try_leaves_the_question_open(stage: Stage) -> None:
    await stage.prefers(typed_numbers=True)
    desk = Desk(stage)
    await desk.command("(415) 555-0112 Hello")
    reason = {views.SOURCE: "verbal", views.EVIDENCE: "Asked us at the counter on Monday"}
    assert await desk.write("x" * 1601, **reason) == {views.MESSAGE: Refusal.TOO_LONG.sentence}
    await desk.command("(415) 555-0112 Hello")
    assert "Why may this number be texted?" in desk.text()
    assert await desk.write("Hello", **reason) == {}
    await stage.settle()
    assert stage.phone(NOAH) == ["Hello"]
    assert len(await stage.rows(tables.consent_events.select())) == 1
    await desk.command("(415) 555-0112 And")
    assert "Why may this number be texted?" not in desk.text()


@pytest.mark.rows(94, 97)
async def test_nobody_opens_a_thread_past_the_question(stage: Stage) -> None:
    await stage.prefers(typed_numbers=True)
    desk = Desk(stage)
    await desk.command("(415) 555-0112 Hello")
    assert views.OPEN_EMPTY not in desk.text()
    deps, now = stage.app.deps, stage.clock()
    async with deps.db.read() as tx:
        firm = await firms.get(tx, stage.law.id)
    refusal = await first_texts.open_thread(deps, firm, "V1", LAW.agent, f"phone:{NOAH}", now)
    assert refusal is Refusal.NO_CONSENT_SOURCE
    assert await stage.count(tables.conversations) == 0
