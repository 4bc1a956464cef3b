"""Before a first text goes out its author reads what speaks against it, and says when where it is night."""

import pytest

from bridge.rules import content
from bridge.services import first_texts
from bridge.store import firms, tables
from bridge.views import later
from bridge.views import start as views
from tests.cast import LAW
from tests.desk import Desk
from tests.stage import Stage
from tests.stories.nights import by_clock

LONG = "We look forward to seeing you. " * 6


async def at_the_field(stage: Stage, user: str = LAW.agent) -> Desk:
    """Somebody is about to write to Maria."""
    await stage.signup("Maria Example")
    desk = Desk(stage, user)
    await desk.shortcut()
    await desk.choose((await desk.search("maria"))[0]["value"])
    return desk


@pytest.mark.rows(186, 187)
async def test_length_and_odd_characters_are_told_before_it_goes_out(stage: Stage) -> None:
    desk = await at_the_field(stage)
    assert await desk.write(LONG) == {}
    assert content.SEVERAL.format(2, "1 message", 160) in desk.text()
    assert desk.top["submit"]["text"] == "Send anyway"
    assert stage.phone() == []
    assert await desk.write("See you on Friday 😀") == {}
    assert content.UNICODE.format("😀") in desk.text()
    assert await desk.write("See you on Friday 😀") == {}
    await stage.settle()
    assert stage.phone() == ["See you on Friday 😀"]
    assert views.VOILA in desk.text()


@pytest.mark.rows(183)
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("Big sale this week: 20% off everything!", content.PROMOTIONAL),
        ("Your card 4111 1111 1111 1111 was declined", content.SENSITIVE),
        ("See you soon :wave:", content.SHORTCODE.format(":wave:")),
        ("Fill it in: https://bit.ly/abc", content.SHORTENER.format("bit.ly")),
    ],
)
async def test_it_goes_out_once_that_was_read(stage: Stage, words: str, sentence: str) -> None:
    desk = await at_the_field(stage)
    assert await desk.write(words) == {}
    assert sentence in desk.text()
    assert (stage.phone(), await stage.count(tables.messages)) == ([], 0)
    assert await desk.write(words) == {}
    await stage.settle()
    assert stage.phone() == [words]


async def test_by_night_it_waits_for_the_morning(stage: Stage) -> None:
    await stage.prefers(quiet_hours="strict")
    await by_clock(stage, 2)
    desk = await at_the_field(stage)
    assert await desk.write("Good morning") == {}
    assert "It is too early or too late where they are" in desk.text()
    assert views.WHY_NOW not in desk.text()
    assert await desk.write("Good morning") == {}
    await stage.settle(ahead=0)
    assert stage.phone() == []
    stage.skip(seconds=1)
    await stage.settle(ahead=0)
    assert "It will be sent" in desk.text()
    assert any("Will be sent" in said for said in stage.said())
    await by_clock(stage, 9, 1)
    await stage.settle()
    assert stage.phone() == ["Good morning"]


async def test_an_admin_may_have_it_sent_at_once_with_a_reason(stage: Stage) -> None:
    await stage.prefers(quiet_hours="strict")
    await by_clock(stage, 2)
    desk = await at_the_field(stage, LAW.admin)
    assert await desk.write("Good morning") == {}
    assert await desk.write("Good morning", **{views.WHEN: first_texts.NOW}) != {}
    reason = {views.WHEN: first_texts.NOW, views.WHY_NOW: "They asked for tonight"}
    assert await desk.write("Good morning", **reason) == {}
    await stage.settle()
    assert stage.phone() == ["Good morning"]
    sent = [row.facts for row in await stage.rows(tables.audit.select()) if row.action == "send"]
    assert "They asked for tonight" in str(sent)


async def test_who_has_a_reason_is_told_what_else_speaks_against_it(stage: Stage) -> None:
    await stage.prefers(quiet_hours="strict")
    await by_clock(stage, 2)
    desk = await at_the_field(stage, LAW.admin)
    assert await desk.write("Good morning") == {}
    reason = {views.WHEN: first_texts.NOW, views.WHY_NOW: "They asked for tonight"}
    assert await desk.write("See https://bit.ly/abc", **reason) == {}
    assert content.SHORTENER.format("bit.ly") in desk.text()
    assert await desk.write("See https://bit.ly/abc", **reason) == {}
    await stage.settle()
    assert stage.phone() == ["See https://bit.ly/abc"]


async def test_nobody_else_may(stage: Stage) -> None:
    await stage.prefers(quiet_hours="strict")
    await by_clock(stage, 2)
    desk = await at_the_field(stage)
    written = first_texts.Written(
        "V1", LAW.agent, await chosen(stage), "Good morning", when=first_texts.NOW, why_now="I say so"
    )
    async with stage.app.deps.db.read() as tx:
        firm = await firms.get(tx, stage.law.id)
    answer = await first_texts.accept(stage.app.deps, firm, written, stage.clock())
    assert isinstance(answer, first_texts.Ask)
    assert (desk.top["callback_id"], stage.phone()) == (views.WRITE, [])


async def test_what_waits_can_be_canceled_in_the_thread(stage: Stage) -> None:
    await stage.prefers(quiet_hours="strict")
    await by_clock(stage, 2)
    desk = await at_the_field(stage)
    for _ in range(2):
        assert await desk.write("Good morning") == {}
    await stage.settle(ahead=0)
    (asking,) = [each for each in stage.thread() if later.CANCEL in str(each.get("blocks"))]
    await stage.slack.click(LAW.team_id, LAW.agent, LAW.channel, asking["ts"], later.CANCEL)
    await by_clock(stage, 9, 1)
    await stage.settle()
    assert stage.phone() == []


async def chosen(stage: Stage) -> str:
    """Maria, as the menu names her."""
    (lead,) = await stage.rows(tables.leads.select())
    return f"lead:{lead.id}"
