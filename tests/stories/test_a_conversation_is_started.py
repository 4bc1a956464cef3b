"""Staff text somebody first: found, written, sent once, and shown in a thread like every other text."""

import pytest

from bridge.refusals import Refusal
from bridge.services import first_texts
from bridge.store import tables
from bridge.views import cards
from bridge.views import start as views
from tests.cast import LAW, NOAH
from tests.desk import Desk
from tests.stage import Stage


@pytest.mark.rows(81, 84, 85, 89, 90, 94, 95)
async def test_from_the_shortcut_to_the_phone(stage: Stage) -> None:
    await stage.signup("Maria Example", source="website")
    desk = Desk(stage)
    await desk.shortcut()
    assert "Name or Phone Number..." in desk.text()
    (found,) = await desk.search("mar")
    assert found["text"]["text"] == "Maria Example · (415) 555-0111"
    await desk.choose(found["value"])
    assert "Your message..." in desk.text()
    assert desk.top["submit"]["text"] == "Send SMS"
    assert await desk.write("Hello Maria!\nHow can we help?") == {}
    await stage.settle()
    assert stage.phone() == ["Hello Maria!\nHow can we help?"]
    (shown,) = stage.thread()
    assert shown["text"] == "Hello Maria!\nHow can we help?"
    assert stage.marks(shown["ts"]) == ["heavy_check_mark"]
    assert f"<@{LAW.agent}> texted this" in str(shown["blocks"])
    assert views.VOILA in desk.text()
    assert "Open the thread" in desk.text()
    await stage.lead_texts("Hi!")
    assert stage.said()[-1] == "Hi!"
    assert len(stage.roots()) == 1


@pytest.mark.rows(91, 98)
async def test_one_letter_finds_nobody(stage: Stage) -> None:
    for number in range(30):
        await stage.signup(f"Maria Example {number}", f"+1415555{150 + number:04}")
    desk = Desk(stage)
    await desk.shortcut()
    assert await desk.search("m") == []
    assert len(await desk.search("ma")) == 20


@pytest.mark.rows(65, 92, 93)
async def test_three_signups_are_one_person_by_the_newest_name(stage: Stage) -> None:
    for name in ("M. Old", "Maria Older", "Maria Newest"):
        await stage.signup(name, source=name)
    desk = Desk(stage)
    await desk.starts("maria", "Hello!")
    await stage.settle()
    assert "Maria Newest" in stage.root()["text"]
    for words in ("One", "Two", "Three"):
        await stage.lead_texts(words)
    assert len(stage.roots()) == 1
    assert stage.said() == ["Hello!", "One", "Two", "Three"]


@pytest.mark.rows(96)
async def test_who_has_a_thread_is_texted_there(stage: Stage) -> None:
    await stage.signup("Maria Example")
    await stage.lead_texts("Are you there?")
    desk = Desk(stage)
    await desk.shortcut()
    (found,) = await desk.search("maria")
    await stage.settle()
    await desk.choose(found["value"])
    assert "You talk with them already" in desk.text()
    assert "their thread>" in desk.text()
    assert "Are you there?" in desk.text()
    assert await desk.write("We are!") == {}
    await stage.settle()
    assert (stage.phone(), len(stage.roots())) == (["We are!"], 1)
    assert stage.said() == ["Are you there?", "We are!"]


@pytest.mark.rows(94)
async def test_an_empty_thread_can_be_opened(stage: Stage) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    await desk.shortcut()
    (found,) = await desk.search("maria")
    await desk.choose(found["value"])
    await desk.presses(views.OPEN_EMPTY)
    await desk.presses(views.OPEN_EMPTY)
    await stage.settle()
    assert "The thread is open" in desk.text()
    assert "Open the thread" in desk.text()
    assert stage.said() == [f"<@{LAW.agent}> opened this thread. Nothing was texted yet."]
    assert stage.phone() == []
    await stage.staff_says("Hello!")
    assert stage.phone() == ["Hello!"]


@pytest.mark.rows(89)
async def test_the_command_finds_and_writes(stage: Stage) -> None:
    await stage.signup("Maria Example")
    await stage.signup("Noah Example", NOAH)
    desk = Desk(stage)
    await desk.command("maria example Hello there, Maria")
    assert "Hello there, Maria" in desk.text()
    assert "(415) 555-0111" in desk.text()
    await desk.command("(415) 555-0112 Hello Noah")
    assert "Hello Noah" in desk.text()
    assert "(415) 555-0112" in desk.text()
    await desk.command("noah Fish &amp; chips &lt;3")
    assert "Fish & chips <3" in desk.text()
    await desk.command("example")
    assert "Several people fit that" in desk.text()
    assert "Noah Example" in desk.text()
    await desk.command("nobody at all")
    assert "Nobody is called that" in desk.text()
    await desk.command('"Maria Example" maria')
    assert desk.top["callback_id"] == views.WRITE
    assert "'initial_value': 'maria'" in desk.text()
    await desk.command()
    assert desk.top["callback_id"] == views.WHOM


@pytest.mark.parametrize("because", [Refusal.STOPPED, Refusal.TWO_WAY_OFF])
async def test_no_thread_is_opened_in_which_nothing_could_be_texted(stage: Stage, because: Refusal) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    await desk.shortcut()
    await desk.choose((await desk.search("maria"))[0]["value"])
    if because is Refusal.TWO_WAY_OFF:
        await stage.turn_two_way(on=False)
    else:
        await stage.lead_texts("STOP")
    before = stage.said() if stage.roots() else []
    await desk.presses(views.OPEN_EMPTY)
    await stage.settle()
    assert because.sentence in desk.text()
    assert (stage.said() if stage.roots() else []) == before


@pytest.mark.rows(67, 83)
async def test_the_card_shows_who_it_is_and_texts_them(stage: Stage) -> None:
    await stage.signup("Maria Example", source="website")
    await stage.lead_texts("Are you there?")
    desk = Desk(stage)
    await stage.slack.click(LAW.team_id, desk.user, LAW.channel, stage.root()["ts"], cards.OPEN)
    assert "Maria Example" in desk.text()
    assert "website" in desk.text()
    assert "Are you there?" in desk.text()
    await desk.presses(cards.MESSAGE)
    assert await desk.write("Yes!") == {}
    await stage.settle()
    assert (stage.phone(), stage.said()) == (["Yes!"], ["Are you there?", "Yes!"])


@pytest.mark.rows(116, 126)
async def test_a_refusal_is_an_error_at_the_field(stage: Stage) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    await desk.shortcut()
    (found,) = await desk.search("maria")
    await desk.choose(found["value"])
    assert await desk.write("x" * 1601) == {views.MESSAGE: Refusal.TOO_LONG.sentence}
    assert await desk.write("Hello {{ name }}") == {views.MESSAGE: Refusal.UNFILLED.sentence}
    await stage.lead_texts("STOP")
    assert await desk.write("Hello") == {views.MESSAGE: Refusal.STOPPED.sentence}
    await desk.shortcut()
    assert await desk.search("maria") == []
    assert stage.phone() == []


async def test_pressed_five_times_it_goes_out_once(stage: Stage) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    await desk.shortcut()
    (found,) = await desk.search("maria")
    await desk.choose(found["value"])
    view = desk.top
    payload = {"type": "view_submission", "response_urls": []}
    for _ in range(5):
        filled = view | {"state": _typed(view, "Hello!")}
        done = await stage.slack.interact(LAW.team_id, desk.user, payload | {"view": filled})
        assert done.status == 200
    await stage.settle()
    stage.skip(seconds=5)
    await stage.slack.interact(LAW.team_id, desk.user, payload | {"view": filled})
    await stage.settle()
    assert stage.phone() == ["Hello!"]
    assert stage.said() == ["Hello!"]


def _typed(view: dict[str, object], words: str) -> dict[str, object]:
    return {"values": {views.MESSAGE: {views.MESSAGE: {"type": "plain_text_input", "value": words}}}}


@pytest.mark.parametrize("user", [LAW.guest, LAW.stranger])
async def test_guests_and_strangers_learn_nothing(stage: Stage, user: str) -> None:
    await stage.signup("Maria Example", source="website")
    await stage.lead_texts("Are you there?")
    desk = Desk(stage, user)
    await stage.slack.click(LAW.team_id, user, LAW.channel, stage.root()["ts"], cards.OPEN)
    assert Refusal.NOT_STAFF.sentence in desk.text()
    assert "Maria" not in desk.text()
    done = await desk.command("maria Hello")
    assert Refusal.NOT_STAFF.sentence in done.text
    await desk.shortcut()
    assert await desk.search("maria") == []
    assert stage.phone() == []


async def test_another_firm_s_lead_cannot_be_chosen(stage: Stage) -> None:
    await stage.signup("Maria Example")
    async with stage.app.deps.db.read() as tx:
        lead = await tx.value(tables.leads.select().with_only_columns(tables.leads.c.id))
    stage.dental_plays = True
    assert await first_texts.look(stage.app.deps, stage.dental, f"lead:{lead}", stage.clock()) is None
    assert await first_texts.look(stage.app.deps, stage.law, f"lead:{lead}", stage.clock()) is not None
    for nonsense in ("lead:", "lead:x", "lead:99999999999999999999", "phone:+1", "phone:911", "", "lead:-1"):
        assert await first_texts.look(stage.app.deps, stage.law, nonsense, stage.clock()) is None


async def test_slack_is_down_when_the_first_text_is_sent(stage: Stage) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    await desk.shortcut()
    (found,) = await desk.search("maria")
    await desk.choose(found["value"])
    stage.slack.fail("chat.postMessage", times=2, status=503)
    assert await desk.write("Hello!") == {}
    await stage.settle()
    assert (stage.phone(), stage.said()) == (["Hello!"], ["Hello!"])


@pytest.mark.parametrize("accept_first", [True, False])
async def test_the_answer_of_a_post_is_lost(stage: Stage, accept_first: bool) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    await desk.shortcut()
    await desk.choose((await desk.search("maria"))[0]["value"])
    stage.slack.fail("chat.postMessage", accept_first=accept_first, drop=True, times=2)
    assert await desk.write("Hello!") == {}
    await stage.settle()
    stage.skip(minutes=2)
    await stage.settle()
    (shown,) = stage.thread()
    assert (stage.phone(), len(stage.roots()), shown["text"]) == (["Hello!"], 1, "Hello!")
    assert stage.marks(shown["ts"]) == ["heavy_check_mark"]


@pytest.mark.rows(89)
async def test_home_has_the_button_for_those_who_may(stage: Stage) -> None:
    await stage.signup("Maria Example")
    for user, may in ((LAW.agent, True), (LAW.guest, False)):
        await stage.slack.open_home(LAW.team_id, user)
        await stage.settle()
        shown = stage.slack.home(LAW.team_id, user)
        assert shown is not None
        assert ("+ New conversation" in str(shown["blocks"])) is may
        assert ("(415) 555-0100" in str(shown["blocks"])) is may
    home = stage.slack.home(LAW.team_id, LAW.agent)
    assert home is not None
    await stage.slack.click_view(LAW.team_id, LAW.agent, home["id"], views.NEW)
    desk = Desk(stage)
    await desk.choose((await desk.search("maria"))[0]["value"])
    assert await desk.write("Hello!") == {}
    await stage.settle()
    assert stage.phone() == ["Hello!"]


async def test_slack_opens_no_modal(stage: Stage) -> None:
    desk = Desk(stage)
    stage.slack.fail("views.open", error="internal_error")
    done = await desk.command()
    assert "try again" in done.text
    stage.slack.fail("views.open", error="internal_error")
    assert (await stage.slack.shortcut(LAW.team_id, LAW.agent, views.NEW)).status == 503
    assert desk.modals == []
    await desk.command()
    assert desk.top["callback_id"] == views.WHOM
