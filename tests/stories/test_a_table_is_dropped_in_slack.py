"""An admin drops a table of signups in Slack: it is looked through, asked about, entered once, and reported."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from bridge.refusals import Refusal
from bridge.rules.signups import Signup
from bridge.sandbox.ports import free_port
from bridge.sandbox.slack import files
from bridge.sandbox.slack.model import PretendFile
from bridge.services import entering, imports
from bridge.services.imports import Press
from bridge.services.promises import Later
from bridge.store import imports as import_store
from bridge.store import tables
from bridge.views import home
from bridge.views import imports as views
from tests.apart import Apart
from tests.cast import DENTAL, LAW
from tests.importing import TABLE, Importer, many
from tests.stage import Stage
from tests.store.scratch import only_postgres


async def names(stage: Stage) -> list[str]:
    return [row.name for row in await stage.rows(select(tables.leads.c.name).order_by(tables.leads.c.name))]


async def entered(stage: Stage) -> int:
    return sum(row.entered for row in await stage.rows(select(tables.imports.c.entered)))


async def of_import(stage: Stage) -> Any:
    return (await stage.rows(tables.imports.select().order_by(tables.imports.c.id.desc())))[0]


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


BAD = {
    "an Excel workbook": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xff\xfe\x00", "not_csv"),
    "UTF-16": (TABLE.encode("utf-16"), "not_csv"),
    "Latin 1": ("Phone\nJürgen\n".encode("latin-1"), "not_csv"),
    "one endless line": (b"x" * 2_000_000, "not_csv"),
    "nothing": (b"\n", "empty"),
    "only columns": (b"Name,Phone\n", "empty"),
}


@pytest.mark.parametrize("kind", BAD)
async def test_a_file_that_cannot_be_read(stage: Stage, kind: str) -> None:
    content, code = BAD[kind]
    ada = Importer(stage)
    await ada.drops(content)
    assert ada.told() == f":warning: *leads.csv*: {views.WRONG[code]}"
    assert "actions" not in ada.shown()


async def test_slack_does_not_hand_it_out(stage: Stage) -> None:
    ada = Importer(stage)
    stage.slack.workspaces[LAW.team_id].scopes.remove("files:read")
    await ada.drops(TABLE)
    assert ada.told() == f":warning: *leads.csv*: {views.UNREADABLE}"
    stage.slack.workspaces[LAW.team_id].scopes.add("files:read")
    stage.slack.fail("download", status=503, times=2)
    await ada.drops(TABLE)
    assert "3 rows can be entered" in ada.told()


async def test_it_is_deleted_before_it_is_entered(stage: Stage) -> None:
    ada = Importer(stage)
    file = await ada.drops(TABLE)
    del stage.slack.workspaces[LAW.team_id].files[file.id]
    await ada.enters()
    assert ada.told() == f":warning: *leads.csv*: {views.GONE}"


async def test_it_is_changed_before_it_is_entered(stage: Stage) -> None:
    ada = Importer(stage)
    file = await ada.drops(TABLE)
    file.content = b"Name,Mobile\nSomebody else,4155550199\n"
    await ada.enters()
    assert ada.told() == f":warning: *leads.csv*: {views.WRONG['changed']}"
    assert await names(stage) == []


async def test_a_file_from_elsewhere_or_too_large(stage: Stage) -> None:
    ada = Importer(stage)

    async def send(**file: Any) -> Any:
        await ada.command()
        view = ada.modals[-1]
        filled = {
            views.FILE: {views.FILE: {"type": "file_input", "files": [{"id": "F1", "name": "a.csv", **file}]}}
        }
        payload = {"type": "view_submission", "view": view | {"state": {"values": filled}}}
        return (await stage.slack.interact(LAW.team_id, ada.user, payload)).json

    assert (await send(size=5))["errors"] == {views.FILE: views.ONE_FILE}
    large = await send(size=50 * 1024 * 1024 + 1, url_private_download="https://evil.example/a.csv")
    assert large["errors"] == {views.FILE: views.TOO_LARGE}
    assert (await send(size=5, url_private_download="https://evil.example/a.csv"))["response_action"] == "update"
    await stage.settle()
    assert ada.told() == f":warning: *a.csv*: {views.UNREADABLE}"


async def test_the_message_about_it_is_gone(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.drops(TABLE)
    channel = stage.slack.channel(LAW.team_id, f"D{ada.user[1:]}")
    row = await of_import(stage)
    await ada.presses(views.ENTER)
    channel.messages.clear()
    await stage.settle()
    await stage.slack.settled()
    assert await stage.count(tables.leads) == 3
    assert row.ts != (await of_import(stage)).ts
    assert "is in: 3 entered" in ada.told()


async def test_what_could_not_be_entered_cannot_be_given_back(stage: Stage) -> None:
    ada = Importer(stage)
    await ada.drops(TABLE)
    stage.slack.fail("files.getUploadURLExternal", error="file_uploads_disabled", times=9)
    await ada.enters()
    assert "Slack did not take the file with them." in ada.told()


@pytest.mark.parametrize("accept_first", [True, False])
async def test_the_answer_of_the_post_is_lost(stage: Stage, accept_first: bool) -> None:
    """Perhaps there are two messages then; whichever is pressed goes on."""
    ada = Importer(stage)
    stage.slack.fail("chat.postMessage", accept_first=accept_first, drop=True)
    await ada.puts_in(TABLE)
    await stage.settle()
    assert len(ada.messages) == 1 + accept_first
    await ada.presses(views.ENTER, 0)
    await stage.settle()
    assert "3 entered" in ada.told(0)
    assert await stage.count(tables.leads) == 3


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


# --- the app dies, or stops


@pytest.mark.faults("F1")
async def test_it_dies_between_rows_and_goes_on_where_it_was(apart: Apart) -> None:
    """Each row is counted once, whoever entered it, and the file is fetched again."""
    stage, ada = apart.stage, Importer(apart.stage)
    await ada.drops(many(3000, wrong=5))
    await ada.presses(views.ENTER)
    for least in (400, 1200, 2200):
        while await entered(stage) < least:
            await asyncio.sleep(0.01)
        await apart.kill()
        assert await entered(stage) < 3000
        await apart.begin_again()
    await stage.settle(60)
    assert "3,000 entered, 0 were here before. 5 could not be entered." in ada.told()
    assert await stage.count(tables.leads) == 3000
    assert len(ada.given_back()) == 6


@pytest.mark.faults("F30")
async def test_it_is_stopped_for_a_new_version_and_goes_on(apart: Apart) -> None:
    stage, ada = apart.stage, Importer(apart.stage)
    await ada.drops(many(3000))
    await ada.presses(views.ENTER)
    while await entered(stage) < 400:
        await asyncio.sleep(0.01)
    assert apart.app is not None
    assert await apart.app.stop() < 10
    assert await entered(stage) <= 3000
    await apart.begin()
    await stage.settle(60)
    assert "3,000 entered, 0 were here before." in ada.told()
    assert await stage.count(tables.leads) == 3000


@only_postgres
@pytest.mark.faults("F2")
async def test_two_workers_share_several_tables(apart: Apart) -> None:
    """Whoever has the next rows of one fetches it; none is entered twice or left out."""
    stage, ada = apart.stage, Importer(apart.stage)
    await apart.start(port=free_port())
    for number in range(3):
        await ada.drops(many(2100, by=f"t{number}-"), f"t{number}.csv")
    await asyncio.gather(*(ada.presses(views.ENTER, number) for number in range(3)))
    await stage.settle(60)
    assert [ada.told(number) for number in range(3)] == [
        f":white_check_mark: *t{number}.csv* is in: 2,100 entered, 0 were here before." for number in range(3)
    ]
    assert await stage.count(tables.leads) == 6300


async def test_who_was_held_up_enters_nothing_a_second_time(stage: Stage) -> None:
    """Its claim was lost meanwhile, and others went on."""
    ada, deps = Importer(stage), stage.app.deps
    await ada.drops(many(3))
    row = await of_import(stage)
    async with deps.db.begin() as tx:
        assert await import_store.change(tx, stage.law.id, row.id, "asking", state="running")
        this = await import_store.get(tx, stage.law.id, row.id)
    some: list[tuple[int, Signup | str]] = [
        (100, Signup("Lead 0", email="l0@example.com", origin="x")),
        (120, "No."),
    ]
    went_on = await entering._enter(deps, stage.law, this, some)
    assert (went_on.place, went_on.entered, went_on.repeated, went_on.rejected) == (120, 1, 0, 1)
    with pytest.raises(Later):
        await entering._enter(deps, stage.law, this, some)
    async with deps.db.begin() as tx:
        assert await import_store.change(tx, stage.law.id, row.id, "running", state="canceled")
    with pytest.raises(Later):
        await entering._enter(deps, stage.law, went_on, some)
    row = await of_import(stage)
    assert (row.entered, row.repeated, row.rejected) == (1, 0, 1)
