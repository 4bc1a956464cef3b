"""An admin drops a table of signups in Slack: it is looked through, asked about, entered once, and reported."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from bridge.refusals import Refusal
from bridge.sandbox.slack import files
from bridge.sandbox.slack.model import PretendFile
from bridge.services import entering, imports
from bridge.services.imports import Press
from bridge.store import tables
from bridge.views import home
from bridge.views import imports as views
from tests.cast import DENTAL, LAW
from tests.importing import TABLE, Importer, many
from tests.stage import Stage
from tests.stories.dropped import entered, names, of_import


async def test_it_is_looked_through_asked_about_and_entered(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.drops(TABLE)
    assert ada.told() == "I looked through *leads.csv*: 3 rows can be entered, 2 cannot."
    assert "name: “Full Name” · email: “E-mail” · phone: “Mobile” · not used: “Notes”" in ada.shown()
    assert "Row 5: That is no phone number that anybody has." in ada.shown()
    assert "Row 6: It has neither a phone number nor an e-mail address." in ada.shown()
    assert "Enter 3 leads" in ada.shown()
    assert await names(stage) == []
    await ada.enters()
    assert await names(stage) == ["Dana Example", "No Phone", "Omar"]
    assert ada.told() == (
        ":white_check_mark: *leads.csv* is in: 3 entered, 0 were here before. 2 could not be entered. "
        "You get them as a file, with the reasons."
    )
    assert "actions" not in ada.shown()
    assert ada.given_back() == [
        ["Full Name", "Mobile", "E-mail", "Notes", "why it was not entered"],
        ["Wrong", "1234567890", "", "'=1+1", "That is no phone number that anybody has."],
        ["Nothing", "", "", "", "It has neither a phone number nor an e-mail address."],
    ]
    assert [each.get("files", [{}])[0].get("name") for each in ada.messages] == [None, "leads.rejected.csv"]
    actors = await stage.rows(select(tables.audit.c.actor).where(tables.audit.c.action == "enter_leads"))
    assert [row.actor for row in actors] == [LAW.admin]


async def test_from_the_button_in_home(stage: Stage) -> None:
    for user, may in ((LAW.agent, False), (LAW.guest, False), (LAW.admin, True)):
        await stage.slack.open_home(LAW.team_id, user)
        await stage.settle()
        shown = stage.slack.home(LAW.team_id, user)
        assert shown is not None
        assert (home.IMPORT in str(shown["blocks"])) is may
    (ours,) = [each for each in [stage.slack.home(LAW.team_id, LAW.admin)] if each]
    await stage.slack.click_view(LAW.team_id, LAW.admin, ours["id"], views.NEW)
    ada = Importer(stage)
    assert ada.modals[-1]["callback_id"] == views.FILE


@pytest.mark.parametrize("user", [LAW.agent, LAW.guest, LAW.stranger])
async def test_only_admins_bring_in_leads(stage: Stage, user: str) -> None:
    other = Importer(stage, user)
    done = await other.command()
    assert Refusal.NOT_ADMIN.sentence in done.text
    assert other.modals == []
    ada = Importer(stage)
    await ada.drops(TABLE)
    where = {"channel_id": f"D{ada.user[1:]}", "message_ts": ada.messages[0]["ts"]}
    value = f"{(await of_import(stage)).view_id}:1"
    action = {"type": "button", "action_id": views.ENTER, "value": value}
    payload = {"type": "block_actions", "container": {"type": "message", **where}, "actions": [action]}
    await stage.slack.interact(LAW.team_id, user, payload)
    await stage.settle()
    assert await names(stage) == []
    view = {"id": "V1", "type": "modal", "callback_id": views.FILE, "state": {"values": {}}, "blocks": []}
    done = await stage.slack.interact(LAW.team_id, user, {"type": "view_submission", "view": view})
    assert done.json["errors"] == {views.FILE: Refusal.NOT_ADMIN.sentence}
    assert await stage.count(tables.imports) == 1


async def test_the_columns_are_changed(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.drops("Who,Number to text,Where\nDana,(415) 555-0123,Fair\nOmar,x,Fair\n")
    assert ada.told() == "No column of *leads.csv* looks like phone numbers or e-mail addresses. Choose one."
    assert "Enter" not in ada.shown()
    await ada.presses(views.COLUMNS)
    assert await ada.finds("numb") == ["(no column)", "Number to text"]
    assert await ada.finds() == ["(no column)", "Who", "Number to text", "Where"]
    assert await ada.submit({"column:name": "0"}) == {"column:phone": views.NO_ADDRESS}
    assert await ada.submit({"column:name": "0", "column:phone": "1", "column:source": "2"}) == {}
    assert ada.modals == []
    await stage.settle()
    assert ada.told() == "I looked through *leads.csv*: 1 rows can be entered, 1 cannot."
    assert "Row 3: That is no phone number" in ada.shown()
    await ada.enters()
    (lead,) = await stage.rows(tables.leads.select())
    assert (lead.name, lead.phone, lead.source) == ("Dana", "+14155550123", "Fair")
    assert len([each for each in ada.messages if not each.get("files")]) == 1


async def test_the_same_file_twice_enters_nothing_twice(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.drops(TABLE)
    await ada.enters()
    await ada.drops(TABLE)
    assert "3 rows can be entered, of which 3 were here before, 2 cannot" in ada.told()
    assert "Enter" not in ada.shown()
    more = TABLE + "Eve,4155550126,,\nEve,4155550126,,\n"
    await ada.drops(more)
    assert "Enter 2 leads" in ada.shown()
    await ada.enters()
    assert "1 entered, 4 were here before" in ada.told()
    assert await names(stage) == ["Dana Example", "Eve", "No Phone", "Omar"]


async def test_one_modal_sent_five_times_is_one_table(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.command()
    view = ada.modals[-1]
    file = await _uploaded(stage, ada)
    filled = view | {"state": {"values": {views.FILE: {views.FILE: {"type": "file_input", "files": [file]}}}}}
    payload = {"type": "view_submission", "view": filled}
    done = await asyncio.gather(*(stage.slack.interact(LAW.team_id, ada.user, payload) for _ in range(5)))
    assert {each.status for each in done} == {200}
    await stage.settle()
    assert await stage.count(tables.imports) == 1
    assert len(ada.messages) == 1


async def _uploaded(stage: Stage, ada: Importer) -> dict[str, Any]:
    team = stage.slack.workspace(LAW.team_id)
    return files.upload(stage.slack, team, PretendFile("leads.csv", TABLE.encode()), ada.user)


async def test_several_presses_at_once_are_one(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.drops(many(900))
    await asyncio.gather(*(ada.presses(views.ENTER) for _ in range(5)))
    await stage.settle()
    assert ":white_check_mark: *leads.csv* is in: 900 entered, 0 were here before." in ada.told()
    started = tables.audit.c.action == "import_running"
    assert await stage.count(tables.audit, started) == 1


async def test_two_admins_enter_the_same_table_at_once(stage: Stage) -> None:
    stage.slack.add_person(LAW.team_id, "U01ADMIN2", "Eva Admin", admin=True)
    ada, eva = Importer(stage), Importer(stage, "U01ADMIN2")
    await asyncio.gather(ada.puts_in(many(1000)), eva.puts_in(many(1000)))
    await stage.settle()
    await asyncio.gather(ada.presses(views.ENTER), eva.presses(views.ENTER))
    await stage.settle()
    assert await stage.count(tables.leads) == 1000
    rows = await stage.rows(tables.imports.select())
    assert [(row.state, row.entered + row.repeated) for row in rows] == [("done", 1000)] * 2
    assert sum(row.entered for row in rows) == 1000


async def test_it_is_canceled(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.drops(TABLE)
    await ada.presses(views.CANCEL)
    await stage.settle()
    assert ada.told() == "*leads.csv* was canceled. Nothing was entered."
    row = await of_import(stage)
    press = Press(row.view_id, row.looks, LAW.admin, row.channel_id, row.ts)
    await imports.enter(stage.app.deps, stage.law, press, stage.clock())
    await stage.settle()
    assert await names(stage) == []
    assert await imports.choose(stage.app.deps, stage.law, row.view_id, {}, stage.clock(), user_id=LAW.admin)


async def test_it_is_stopped_and_dropped_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entering, "MANY", 200)
    ada = Importer(stage)
    await ada.drops(many(5000))
    await ada.presses(views.ENTER)
    while not await entered(stage):
        await asyncio.sleep(0.01)
    await stage.until(lambda: ada.told().startswith("Entering"))
    await ada.presses(views.CANCEL)
    await stage.settle()
    so_far = await stage.count(tables.leads)
    assert 0 < so_far < 5000
    assert f"was stopped: {so_far:,} entered" in ada.told()
    await ada.drops(many(5000))
    await ada.enters()
    assert f"{5000 - so_far:,} entered, {so_far:,} were here before" in ada.told()
    assert await stage.count(tables.leads) == 5000


async def test_two_thousand_rows_are_entered_some_at_a_time(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entering, "MANY", 400)
    ada = Importer(stage)
    await ada.drops(many(2000, wrong=30))
    assert "2,000 rows can be entered, 30 cannot" in ada.told()
    assert "You get all rows that cannot be entered back" in ada.shown()
    await ada.enters()
    assert "2,000 entered, 0 were here before. 30 could not be entered." in ada.told()
    assert await stage.count(tables.leads) == 2000
    assert len(ada.given_back()) == 31
    shown = [call.args["text"] for call in stage.slack.calls if call.method == "chat.update"]
    assert any("of 2,030 rows" in text for text in shown)
    assert len([call for call in stage.slack.calls if call.method == "chat.postMessage"]) == 1


async def test_a_press_on_what_it_said_before_counts_for_nothing(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.drops(TABLE)
    row = await of_import(stage)
    old = Press(row.view_id, row.looks, LAW.admin, row.channel_id, row.ts)
    assert await imports.choose(
        stage.app.deps, stage.law, row.view_id, {"email": "E-mail"}, stage.clock(), user_id=LAW.admin
    ) is None  # fmt: skip
    await stage.settle()
    await imports.enter(stage.app.deps, stage.law, old, stage.clock())
    await stage.settle()
    assert await names(stage) == []
    assert "2 rows can be entered, 3 cannot" in ada.told()


async def test_another_firm_cannot_touch_it(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.drops(TABLE)
    row = await of_import(stage)
    deps, now = stage.app.deps, stage.clock()
    stage.dental_plays = True
    press = Press(row.view_id, row.looks, DENTAL.admin, row.channel_id, row.ts)
    await imports.enter(deps, stage.dental, press, now)
    await imports.cancel(deps, stage.dental, press, now)
    assert await imports.look(deps, stage.dental, row.view_id) is None
    assert await imports.choose(deps, stage.dental, row.view_id, {}, now, user_id=DENTAL.admin) == imports.TOO_LATE
    await stage.settle()
    assert (await of_import(stage)).state == "asking"
    await ada.enters()
    c = tables.leads.c
    assert await stage.count(tables.leads, c.firm_id == stage.law.id) == 3
    assert await stage.count(tables.leads, c.firm_id == stage.dental.id) == 0
    eve = Importer(stage, DENTAL.admin, DENTAL)
    await eve.drops(TABLE)
    await eve.enters()
    assert "3 entered, 0 were here before" in eve.told()
