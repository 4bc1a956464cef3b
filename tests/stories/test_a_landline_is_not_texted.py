"""A line that no text reaches is not texted: the thread says so once. Unless it has texted us: that proves more."""

import asyncio

import pytest

from bridge.refusals import Refusal
from bridge.rules.signups import Signup
from bridge.sandbox.twilio import magic
from bridge.services import installs, leads, lookups
from bridge.store import contacts, firms, tables
from bridge.views import start as views
from tests.cast import LAW, MARIA
from tests.desk import Desk
from tests.stage import Stage
from tests.stories.begun import OPENED, first_text, is_now, open_thread

LANDLINE = "This number is a landline and can't receive SMS messages"
TOLL_FREE = "+18335550111"


async def check(stage: Stage, phone: str = MARIA) -> None:
    """Somebody has the number looked up anew."""
    assert await lookups.check(stage.app.deps, stage.law, phone, stage.clock()) is None
    await stage.settle()


async def prefer(stage: Stage, name: str, value: object) -> None:
    await installs.prefer(stage.app.deps, stage.law, name, value, stage.clock())
    async with stage.app.deps.db.read() as tx:
        stage.law = await firms.get(tx, stage.law.id)


def creates(stage: Stage) -> int:
    return len([request for request in stage.twilio.requests if request.operation == "create"])


@pytest.mark.rows(104, 107, 109)
async def test_a_known_landline_is_refused_before_anything_is_promised(stage: Stage) -> None:
    await stage.signup("Lee", magic.LANDLINE)
    await stage.settle()
    assert await first_text(stage, phone=magic.LANDLINE) is Refusal.LANDLINE
    assert creates(stage) == 0


@pytest.mark.rows(105, 107, 109)
async def test_an_old_lead_with_a_landline_is_looked_up_and_the_first_text_does_not_leave(stage: Stage) -> None:
    await open_thread(stage, magic.LANDLINE)
    await first_text(stage, phone=magic.LANDLINE)
    await stage.settle()
    assert (stage.said(magic.LANDLINE), creates(stage)) == ([OPENED, LANDLINE], 0)
    root = str(stage.root(magic.LANDLINE)["blocks"])
    assert f"landline · :warning: {LANDLINE}" in root
    assert ":warning: " + LANDLINE in str(stage.thread(magic.LANDLINE)[-1]["blocks"])


@pytest.mark.rows(107, 108)
async def test_a_thread_that_turns_out_to_be_a_landlines_says_so_once(stage: Stage) -> None:
    await stage.signup("Maria Lopez")
    await open_thread(stage)
    assert stage.said() == [OPENED]
    is_now(stage, "landline")
    for _ in range(3):
        await check(stage)
    assert stage.said() == [OPENED, LANDLINE]
    assert LANDLINE in str(stage.root()["blocks"])
    ts = await stage.staff_says("Hello!")
    assert (stage.told(), stage.marks(ts), creates(stage)) == ([LANDLINE], ["no_entry"], 0)
    is_now(stage, "mobile")  # the number was ported
    await check(stage)
    await stage.staff_says("Hello again!")
    assert stage.phone() == ["Hello again!"]
    assert "mobile · open" in str(stage.root()["blocks"])


@pytest.mark.rows(106)
async def test_a_look_up_that_fails_takes_nothing_away_from_what_was_known(stage: Stage) -> None:
    await stage.signup("Lee", magic.LANDLINE)
    await stage.settle()
    stage.twilio.fail("lookup", code=20404)
    await check(stage, magic.LANDLINE)
    assert (await stage.contact(magic.LANDLINE)).line_type == "landline"
    assert stage.twilio.looked_up(magic.LANDLINE) == 2


@pytest.mark.rows(106)
async def test_asked_for_twice_at_once_it_is_looked_up_anew_once(stage: Stage) -> None:
    await stage.signup("Maria Lopez")
    await stage.settle()
    deps, now = stage.app.deps, stage.clock()
    await asyncio.gather(*(lookups.check(deps, stage.law, MARIA, now) for _ in range(3)))
    await stage.settle()
    assert stage.twilio.looked_up(MARIA) == 2
    assert await lookups.check(deps, stage.law, "+14155550199", now) == "No lead has that number."


@pytest.mark.rows(111)
async def test_who_texts_us_is_no_landline_whatever_a_look_up_says_before_or_after(stage: Stage) -> None:
    is_now(stage, "landline")
    await stage.signup("Maria Lopez")
    await stage.settle()
    assert (await stage.contact()).line_type == "landline"
    await stage.lead_texts("I am no landline")
    await stage.staff_says("So I see!")
    await check(stage)
    await stage.staff_says("And still?")
    assert stage.phone() == ["So I see!", "And still?"]
    assert stage.said() == ["I am no landline"]


@pytest.mark.rows(111)
@pytest.mark.parametrize("word", ["Hello?", "START", "HELP"])
async def test_a_text_that_comes_while_twilio_is_asked_counts_more(stage: Stage, word: str) -> None:
    is_now(stage, "landline")
    stage.twilio.fail("lookup", hang=0.5)
    await stage.signup("Maria Lopez")
    await stage.until(lambda: stage.twilio.looked_up(MARIA) == 1)
    await stage.twilio.text(MARIA, LAW.number, word)
    await stage.settle()
    contact = await stage.contact()
    assert (contact.line_type, contact.line_checked_at is not None) == (None, True)
    await stage.staff_says("Hello!")
    assert stage.phone() == ["Hello!"]


@pytest.mark.rows(111)
async def test_a_text_counts_also_while_two_way_is_off(stage: Stage) -> None:
    is_now(stage, "landline")
    await stage.signup("Maria Lopez")
    await stage.settle()
    await stage.turn_two_way(on=False)
    await stage.lead_texts("Hello?")
    await stage.turn_two_way(on=True)
    await stage.lead_texts("Hello??")
    await stage.staff_says("Hello!")
    assert stage.phone() == ["Hello!"]


@pytest.mark.rows(107, 109)
@pytest.mark.faults("F28")
async def test_what_a_carrier_tells_while_twilio_is_asked_counts_more(stage: Stage) -> None:
    await stage.lead_texts("Hello?")
    stage.twilio.behaviours[MARIA] = magic.Behaviour(line_type="mobile", undelivered=30006)
    stage.twilio.fail("lookup", hang=0.6)
    assert await lookups.check(stage.app.deps, stage.law, MARIA, stage.clock()) is None
    await stage.until(lambda: stage.twilio.looked_up(MARIA) == 1)
    await stage.staff_says("Hello!")
    assert (await stage.contact()).line_type == "landline"
    assert stage.said() == ["Hello?", LANDLINE]


@pytest.mark.rows(106)
@pytest.mark.parametrize(("days", "asked"), [(170, 1), (190, 2)])
async def test_a_number_that_is_not_reached_long_after_it_was_looked_up_is_looked_up_anew(
    stage: Stage, days: int, asked: int
) -> None:
    await stage.signup("Maria Lopez")
    await open_thread(stage)
    stage.skip(days=days)
    stage.twilio.behaviours[MARIA] = magic.Behaviour(line_type="landline", undelivered=30003)
    await first_text(stage)
    await stage.settle()
    assert stage.twilio.looked_up(MARIA) == asked
    assert (LANDLINE in stage.said()) == (asked == 2)


@pytest.mark.rows(112)
async def test_internet_numbers_are_texted_unless_the_firm_will_not(stage: Stage) -> None:
    await stage.signup("Vio", magic.VOIP)
    await open_thread(stage, magic.VOIP)
    await stage.staff_says("Hello!", phone=magic.VOIP)
    assert "VoIP · open" in str(stage.root(magic.VOIP)["blocks"])
    await prefer(stage, "internet_lines", value=False)
    await stage.staff_says("Hello again!", phone=magic.VOIP)
    assert stage.phone(magic.VOIP) == ["Hello!"]
    assert stage.told() == [Refusal.OTHER_LINE.sentence]
    await prefer(stage, "internet_lines", value=True)
    await stage.staff_says("And again!", phone=magic.VOIP)
    assert stage.phone(magic.VOIP) == ["Hello!", "And again!"]


@pytest.mark.rows(112)
async def test_toll_free_numbers_are_not_texted_unless_the_firm_will(stage: Stage) -> None:
    await open_thread(stage, TOLL_FREE)
    await stage.signup("Toll", TOLL_FREE)
    await stage.settle()
    assert stage.said(TOLL_FREE) == [OPENED, Refusal.OTHER_LINE.sentence]
    assert "toll-free · :warning: " in str(stage.root(TOLL_FREE)["blocks"])
    assert await first_text(stage, phone=TOLL_FREE) is Refusal.OTHER_LINE
    await prefer(stage, "toll_free_lines", value=True)
    await first_text(stage, "Now!", TOLL_FREE)
    await stage.settle()
    assert stage.phone(TOLL_FREE) == ["Now!"]


@pytest.mark.rows(112)
async def test_a_toll_free_number_that_texts_us_is_answered(stage: Stage) -> None:
    await stage.signup("Toll", TOLL_FREE)
    await stage.settle()
    await stage.lead_texts("We are a shop", phone=TOLL_FREE)
    await stage.staff_says("Hello!", phone=TOLL_FREE)
    assert stage.phone(TOLL_FREE) == ["Hello!"]


@pytest.mark.rows(104)
async def test_a_look_up_of_one_firm_says_nothing_to_the_other(stage: Stage) -> None:
    stage.dental_plays = True
    await stage.signup("Lee", magic.LANDLINE)
    await stage.settle()
    async with stage.app.deps.db.read() as tx:
        assert await contacts.by_phone(tx, stage.dental.id, magic.LANDLINE) is None
    assert await stage.count(tables.outbox, tables.outbox.c.firm_id == stage.dental.id) == 0


@pytest.mark.rows(107)
async def test_a_thread_that_is_being_opened_when_the_answer_comes_says_it_too(stage: Stage) -> None:
    stage.slack.fail("chat.postMessage", hang=0.6)
    stage.twilio.fail("lookup", hang=0.2)
    is_now(stage, "landline")
    await stage.signup("Maria Lopez")
    await open_thread(stage)
    assert stage.said() == [OPENED, LANDLINE]
    assert LANDLINE in str(stage.root()["blocks"])


@pytest.mark.rows(105, 107, 109)
async def test_whoever_is_chosen_in_the_modal_is_looked_up_before_the_text_leaves(stage: Stage) -> None:
    signups = [Signup("Lee Landline", magic.LANDLINE, origin="row:1"), Signup("Maria", MARIA, origin="row:2")]
    await leads.enter(stage.app.deps, stage.law, signups, stage.clock(), look_up=False)
    desk = Desk(stage)
    assert await desk.starts("lee", "Hello Lee!") == {}
    await stage.settle()
    assert stage.phone(magic.LANDLINE) == []
    assert stage.said(magic.LANDLINE) == ["Hello Lee!", LANDLINE]
    assert "Voila" not in desk.text()
    await desk.shortcut()
    assert await desk.search("lee") == []
    assert await desk.starts("maria", "Hello Maria!") == {}
    await stage.settle()
    assert stage.phone() == ["Hello Maria!"]
    assert "Voila" in desk.text()


@pytest.mark.rows(105, 107)
async def test_a_thread_that_somebody_opens_for_an_old_lead_says_it_before_anybody_writes(stage: Stage) -> None:
    signups = [Signup("Lee Landline", magic.LANDLINE, origin="row:1")]
    await leads.enter(stage.app.deps, stage.law, signups, stage.clock(), look_up=False)
    desk = Desk(stage)
    await desk.shortcut()
    await desk.choose((await desk.search("lee"))[0]["value"])
    assert stage.twilio.looked_up(magic.LANDLINE) == 0
    await desk.presses(views.OPEN_EMPTY)
    await stage.settle()
    assert stage.twilio.looked_up(magic.LANDLINE) == 1
    assert stage.said(magic.LANDLINE)[1:] == [LANDLINE]
    assert LANDLINE in str(stage.root(magic.LANDLINE)["blocks"])
    ts = await stage.staff_says("Hello!", phone=magic.LANDLINE)
    assert (stage.told(), stage.marks(ts), creates(stage)) == ([LANDLINE], ["no_entry"], 0)
