"""Odd names, odd words and odd values in modals break nothing, and stay within what Slack takes."""

from typing import Any

import pytest

from bridge.rules.signups import Signup
from bridge.services import leads
from bridge.store import tables
from bridge.views import cards
from bridge.views import start as views
from tests.cast import LAW, MARIA, NOAH
from tests.desk import Desk
from tests.stage import Stage


async def test_a_long_text_behind_a_name_that_fits_several(stage: Stage) -> None:
    await stage.signup("Maria Example")
    await stage.signup("Noah Example", NOAH)
    desk = Desk(stage)
    await desk.command("example " + "<script> & x" * 500)
    assert "Several people fit that" in desk.text()


async def test_the_card_of_somebody_about_whom_much_is_known(stage: Stage) -> None:
    signup = Signup(
        "&" * 200, MARIA, "&" * 100 + "@" + "&" * 200, "&" * 200, "csv:1",
        tags=tuple(f"{number}" + "&" * 75 for number in range(40)),
        attributes={f"{number}" + "&" * 78: "<" * 2000 for number in range(50)},
    )  # fmt: skip
    await leads.enter(stage.app.deps, stage.law, [signup], stage.clock())
    desk = Desk(stage)
    await desk.command("5550111 Hello")
    assert "&amp;&amp;" in desk.text()
    assert desk.top["callback_id"] == views.WRITE


@pytest.mark.parametrize(
    ("typed", "texted"),
    [
        ("Hello\0there", "Hellothere"),
        ("Hello\ud800", "Hello"),
        ("  Hello\tand\u00a0welcome\r\nto us \n", "Hello and welcome\nto us"),
    ],
)
async def test_what_no_phone_shows_is_not_texted(stage: Stage, typed: str, texted: str) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    await desk.shortcut()
    await desk.choose((await desk.search("maria"))[0]["value"])
    fields = {name: {name: {"type": "plain_text_input", "value": typed}} for name in (views.MESSAGE, views.SUBJECT)}
    sent = {"type": "view_submission", "response_urls": [], "view": desk.top | {"state": {"values": fields}}}
    await stage.slack.interact(LAW.team_id, desk.user, sent)
    await stage.settle()
    assert stage.phone() == [texted]
    (text,) = await stage.rows(tables.messages.select())
    assert text.subject.split()[0].startswith("Hello")


@pytest.mark.parametrize("query", ["a@\0b", "9" * 5000, "a" * 5000, "%_\\", "a@" * 2500, "(((" * 900])
async def test_odd_queries_find_nobody(stage: Stage, query: str) -> None:
    await stage.signup("Maria Example")
    desk = Desk(stage)
    await desk.shortcut()
    assert await desk.search(query) == []
    done = await desk.command(f"{query} hello")
    assert (done.status, desk.top["callback_id"]) == (200, views.WHOM)


async def test_half_a_character_finds_nobody(stage: Stage) -> None:
    desk = Desk(stage)
    await desk.shortcut()
    assert await desk.search("a.\ud800") == []


@pytest.mark.parametrize("value", ["x", "9" * 30, "-1", "", "\u0663", "77"])
async def test_the_card_of_nobody(stage: Stage, value: str) -> None:
    action: dict[str, Any] = {"action_id": cards.OPEN, "block_id": "b", "value": value, "type": "button"}
    await stage.lead_texts("Hello?")
    desk = Desk(stage)
    pressed = {"type": "block_actions", "trigger_id": "1.2.3", "actions": [action]}
    done = await stage.slack.interact(LAW.team_id, desk.user, pressed)
    assert done.status == 200
    assert "Nobody can be found there any more" in desk.text()
