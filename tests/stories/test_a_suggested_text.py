"""Staff begin a conversation with a suggested text: filled in for the lead, changed at will, sent as any other."""

import copy

import pytest

from bridge.refusals import Refusal
from bridge.rules import content
from bridge.rules.suggestions import by_key
from bridge.rules.templates import render
from bridge.services import consent, hints
from bridge.store import tables
from bridge.views import start as views
from bridge.views import suggestions
from tests.cast import LAW, MARIA, NOAH
from tests.desk import Desk
from tests.stage import Stage
from tests.stories.test_consent_is_what_the_ledger_says import FORM


def words(key: str, first: str = "Maria") -> str:
    """A suggestion as Ben sees it."""
    template = by_key(key)
    assert template is not None
    return render(template.body, {"first_name": first, "staff_name": "Ben Agent", "firm": "Harbor Law"}).text


async def at_the_field(stage: Stage, name: str = "Maria Example", text: str = "") -> Desk:
    """Ben is about to write to a lead."""
    await stage.signup(name)
    desk = Desk(stage)
    await desk.command(f"(415) 555-0111 {text}")
    return desk


@pytest.mark.rows(143, 145, 189)
async def test_it_greets_by_name_and_goes_out_as_it_is(stage: Stage) -> None:
    desk = await at_the_field(stage)
    await desk.takes("inquiry")
    assert desk.field() == words("inquiry")
    assert stage.phone() == []
    await desk.submit({})
    await stage.settle()
    assert stage.phone() == [words("inquiry")]
    assert views.VOILA in desk.text()
    assert "by name" not in desk.text()


async def test_a_name_with_braces_is_only_a_name(stage: Stage) -> None:
    desk = await at_the_field(stage, "{{ firm }} {{ name }}")
    await desk.takes("inquiry")
    assert desk.field() == words("inquiry", "there")


async def test_nothing_that_was_typed_is_lost(stage: Stage) -> None:
    desk = await at_the_field(stage, text="Good morning")
    await desk.takes("inquiry")
    assert desk.field() == f"Good morning\n{words('inquiry')}"
    assert suggestions.BELOW in desk.text()
    await desk.takes("inquiry")
    assert desk.field() == f"Good morning\n{words('inquiry')}"
    await desk.types("")
    await desk.takes("met")
    await desk.takes("missed_call")
    assert desk.field() == words("missed_call")
    await desk.types("My words " * 330)
    await desk.takes("met")
    assert desk.field() == "My words " * 330
    assert suggestions.NO_ROOM in desk.text()
    assert list((await desk.write("My words " * 330)).values()) == [Refusal.TOO_LONG.sentence]


@pytest.mark.rows(183, 184)
async def test_marketing_without_consent_waits_for_its_author_s_word(stage: Stage) -> None:
    desk = await at_the_field(stage)
    assert suggestions.BESIDE_MARKETING in desk.text()
    await desk.takes("invitation")
    await desk.takes("inquiry")
    await desk.takes("invitation")
    await desk.types(f"{words('invitation')} Bye")
    await desk.submit({})
    await stage.settle()
    assert content.MARKETING in desk.text()
    assert desk.field() == f"{words('invitation')} Bye"
    assert stage.phone() == []
    await desk.takes("open_dates")  # what was read was said of another text
    await desk.submit({})
    assert content.MARKETING in desk.text()
    await desk.submit({})
    await stage.settle()
    assert stage.phone() == [f"{words('invitation')} Bye\n{words('open_dates')}"]
    (sent,) = [row.facts for row in await stage.rows(tables.audit.select()) if row.action == "send"]
    assert "promotional" in sent["concerns"]


@pytest.mark.rows(184)
async def test_what_was_chosen_instead_is_not_held_nor_is_marketing_that_was_agreed_to(stage: Stage) -> None:
    desk = await at_the_field(stage)
    await desk.takes("invitation")
    await desk.takes("document")
    await desk.submit({})
    await stage.settle()
    await consent.agree(stage.app.deps, stage.law, MARIA, FORM, "operator", stage.clock())
    await desk.command("(415) 555-0111")
    await desk.takes("invitation")
    await desk.submit({})
    await stage.settle()
    assert stage.phone() == [words("document"), words("invitation")]


async def test_it_comes_late_twice_forged_and_from_a_guest(stage: Stage) -> None:
    desk = await at_the_field(stage)
    old = copy.deepcopy(desk.top)
    option = {"value": "met", "text": {"type": "plain_text", "text": "After an event"}}
    action = {"type": "static_select", "action_id": suggestions.CHOSEN, "block_id": suggestions.CHOSEN}
    pressed = {"type": "block_actions", "view": old, "container": {"type": "view", "view_id": old["id"]}}

    async def again(value: str | None, user: str = LAW.agent) -> None:
        chosen = None if value is None else option | {"value": value}
        done = await stage.slack.interact(
            LAW.team_id, user, pressed | {"actions": [action | {"selected_option": chosen}]}
        )
        assert done.status == 200

    await again("no such text")
    await again(None)
    assert desk.field() == ""
    await again("met")
    await desk.types("My words")
    await again("met")
    assert desk.field() == "My words"
    await desk.submit({})
    await again("met")
    assert views.SENDING in desk.text() or views.VOILA in desk.text()
    await stage.settle()
    await again("met")
    assert views.VOILA in desk.text()
    assert stage.phone() == ["My words"]

    await desk.command("(415) 555-0111")
    pressed |= {"view": copy.deepcopy(desk.top)}
    await again("met", LAW.guest)
    assert Refusal.NOT_STAFF.sentence in desk.text()
    await desk.command("(415) 555-0111")
    await stage.lead_texts("STOP")
    await desk.takes("met")
    assert Refusal.STOPPED.sentence in desk.text()
    assert "submit" not in desk.top or desk.top["submit"] is None


@pytest.mark.rows(189)
async def test_who_does_not_greet_by_name_is_told_once(stage: Stage) -> None:
    for name, phone in (("Maria Example", MARIA), ("Noah Example", NOAH), ("Unknown", "+14155550113")):
        await stage.signup(name, phone)
    desk = Desk(stage)
    for name, said in (("unknown", "Hello!"), ("maria", "Hello!"), ("noah", "Hello again!")):
        await desk.starts(name, said)
        await stage.settle()
        assert views.VOILA in desk.text()
        assert (hints.NO_NAME.format("Maria") in desk.text()) is (name == "maria")
    assert len(stage.phone()) == 1
