"""A modal says what became of a text, however often and from wherever it was sent."""

from typing import Any

from bridge.views import start as views
from tests.cast import LAW
from tests.desk import Desk
from tests.stage import Stage
from tests.stories.doubt import UNSURE, pass_time


async def test_the_same_words_from_two_modals_go_out_once_and_both_say_so(stage: Stage) -> None:
    await stage.signup("Maria Example")
    stage.freeze()
    desk = Desk(stage)
    await desk.starts("maria", "Hello!")
    await desk.starts("maria", "Hello!")
    await stage.settle()
    assert (stage.phone(), stage.said()) == (["Hello!"], ["Hello!"])
    assert views.VOILA in desk.text()


async def test_sent_again_the_modal_says_again_what_became_of_it(stage: Stage) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    await desk.shortcut()
    await desk.choose((await desk.search("maria"))[0]["value"])
    filled = desk.top | {"state": _typed("Hello!")}
    assert await desk.write("Hello!") == {}
    payload = {"type": "view_submission", "response_urls": []}
    await stage.settle()
    for seconds in (0, 30):
        stage.skip(seconds=seconds)
        before = _updates(stage)
        await stage.slack.interact(LAW.team_id, desk.user, payload | {"view": filled})
        await stage.settle()
        assert _updates(stage) == before + 1
    assert stage.phone() == ["Hello!"]


async def test_who_deletes_the_message_reads_that_it_was_sent(stage: Stage) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    stage.slack.fail("chat.getPermalink", error="message_not_found")
    await desk.starts("maria", "Hello!")
    await stage.settle()
    assert views.VOILA in desk.text()


async def test_what_may_have_gone_out_is_not_called_unsent(stage: Stage) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    stage.slack.fail("views.update", status=503, times=5)
    stage.twilio.fail("create", drop=True)
    await desk.starts("maria", "Hello!")
    await pass_time(stage, 4)
    assert stage.said()[-1] == UNSURE
    await pass_time(stage, 8)
    assert "still on its way" in desk.text()


async def test_a_thread_that_slack_does_not_open_is_not_called_open(stage: Stage) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    await desk.shortcut()
    await desk.choose((await desk.search("maria"))[0]["value"])
    stage.slack.fail("chat.postMessage", status=503, times=4)
    await desk.presses(views.OPEN_EMPTY)
    await stage.settle(ahead=0)
    stage.skip(seconds=0.4)
    await stage.settle(ahead=0)
    stage.skip(seconds=25)
    await stage.settle(ahead=0)
    assert "not open yet" in desk.text()
    await stage.settle(ahead=60)
    assert len(stage.roots()) == 1


async def test_a_text_that_slack_does_not_show_is_no_text_of_the_lead(stage: Stage) -> None:
    await stage.signup("Maria Example")
    await stage.lead_texts("Are you there?")
    stage.slack.fail("chat.postMessage", error="no_text")
    desk = Desk(stage)
    await desk.starts("maria", "Hello!")
    await stage.settle(ahead=30)
    assert stage.phone() == ["Hello!"]
    assert any("A text to this lead could not be shown" in said for said in stage.said())
    assert views.SENDING not in desk.text()


def _updates(stage: Stage) -> int:
    """How often a modal was told something."""
    return len([call for call in stage.slack.calls if call.method == "views.update"])


def _typed(words: str) -> dict[str, Any]:
    return {"values": {views.MESSAGE: {views.MESSAGE: {"type": "plain_text_input", "value": words}}}}
