"""Modals: opened in time and once, stacked three high, filled in, submitted, refused, closed."""

from typing import Any

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bridge.sandbox.slack import PretendFile, PretendSlack
from bridge.sandbox.slack.model import FieldErrors
from tests.sandbox.slack.conftest import App
from tests.sandbox.slack.refused import refused


def plain(text: str) -> dict[str, str]:
    return {"type": "plain_text", "text": text}


def field(block_id: str, element: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "input", "block_id": block_id, "label": plain(block_id), "element": element, **more}


def option(value: str) -> dict[str, Any]:
    return {"text": plain(value.title()), "value": value}


WHO = {"type": "external_select", "action_id": "who", "min_query_length": 2}
TEXT = {"type": "plain_text_input", "action_id": "text", "max_length": 20}
VIA = {
    "type": "radio_buttons",
    "action_id": "via",
    "options": [option("sms"), option("mail")],
    "initial_option": option("sms"),
}
AGREE = {"type": "checkboxes", "action_id": "agree", "options": [option("yes")]}


def modal(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    shown = list(blocks) or [field("message", TEXT)]
    return {"type": "modal", "title": plain("Send"), "submit": plain("Send SMS"), "blocks": shown, **more}


async def trigger(slack: PretendSlack, app: App) -> str:
    await slack.shortcut("T1", "U1AGENT", "go")
    return str(app.last["trigger_id"])


async def opened(slack: PretendSlack, client: AsyncWebClient, app: App, view: dict[str, Any]) -> str:
    return str((await client.views_open(trigger_id=await trigger(slack, app), view=view))["view"]["id"])


async def test_a_trigger_opens_one_modal_within_three_seconds(
    slack: PretendSlack, client: AsyncWebClient, app: App
) -> None:
    good = await trigger(slack, app)
    answer = await client.views_open(trigger_id=good, view=modal(private_metadata="m", callback_id="c"))
    [view] = slack.views("T1", "U1AGENT")
    assert view["id"] == answer["view"]["id"] == answer["view"]["root_view_id"]
    assert (view["private_metadata"], view["callback_id"], view["state"]) == ("m", "c", {"values": {}})
    assert await refused(client.views_open(trigger_id=good, view=modal())) == "exchanged_trigger_id"
    late = await trigger(slack, app)
    now = slack.clock() + 3.1
    slack.clock = lambda: now
    assert await refused(client.views_open(trigger_id=late, view=modal())) == "expired_trigger_id"
    assert await refused(client.views_open(trigger_id="made.up", view=modal())) == "invalid_trigger_id"
    theirs = await trigger(slack, app)
    assert await refused(client.views_open(trigger_id=theirs, view=modal(), token="xoxb-2")) == "invalid_trigger_id"


async def test_three_modals_are_the_most(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    assert await refused(client.views_push(trigger_id=await trigger(slack, app), view=modal())) == "not_found"
    root = await opened(slack, client, app, modal())
    for _ in range(2):
        await client.views_push(trigger_id=await trigger(slack, app), view=modal())
    again = client.views_push(trigger_id=await trigger(slack, app), view=modal())
    assert await refused(again) == "push_limit_reached"
    views = slack.views("T1", "U1AGENT")
    assert [v["root_view_id"] for v in views] == [root] * 3
    assert views[2]["previous_view_id"] == views[1]["id"]
    await opened(slack, client, app, modal())
    assert len(slack.views("T1", "U1AGENT")) == 1


async def test_updates_by_either_id_and_hash(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    view_id = await opened(slack, client, app, modal(external_id="mine"))
    await slack.click_view("T1", "U1AGENT", view_id, "text", selected="typed")
    old_hash = slack.views("T1", "U1AGENT")[0]["hash"]
    changed = modal(field("message", TEXT), field("via", VIA), external_id="mine")
    await client.views_update(external_id="mine", view=changed, hash=old_hash)
    [view] = slack.views("T1", "U1AGENT")
    assert len(view["blocks"]) == 2
    assert view["state"]["values"]["message"]["text"]["value"] == "typed"
    assert await refused(client.views_update(view_id=view_id, view=changed, hash=old_hash)) == "hash_conflict"
    assert await refused(client.views_update(view_id="V0", view=changed)) == "not_found"
    assert (
        await refused(client.views_update(view_id=view_id, view={"type": "home", "blocks": []}))
        == "invalid_arguments"
    )
    another = client.views_push(trigger_id=await trigger(slack, app), view=modal(external_id="mine"))
    assert await refused(another) == "duplicate_external_id"
    await client.views_update(view_id=view_id, view=modal(field("other", TEXT)))
    assert slack.views("T1", "U1AGENT")[0]["state"] == {"values": {}}


async def test_views_that_slack_refuses(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    async def open_it(view: dict[str, Any]) -> str:
        return await refused(client.views_open(trigger_id=await trigger(slack, app), view=view))

    assert await open_it({**modal(), "title": plain("x" * 25)}) == "invalid_arguments"
    assert await open_it({"type": "home", "blocks": []}) == "invalid_arguments"
    assert await open_it(modal(private_metadata="x" * 260_000)) == "view_too_large"


async def test_submitting(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    fields = [field("message", TEXT), field("via", VIA), field("agree", AGREE, optional=True)]
    view_id = await opened(slack, client, app, modal(*fields, private_metadata="lead-7"))
    result = await slack.submit("T1", "U1AGENT", view_id, {"message": "hello", "agree": ["yes"]})
    assert (result.status, result.problem) == (200, None)
    payload = app.last
    assert (payload["type"], payload["view"]["private_metadata"]) == ("view_submission", "lead-7")
    assert payload["view"]["state"]["values"] == {
        "message": {"text": {"type": "plain_text_input", "value": "hello"}},
        "via": {"via": {"type": "radio_buttons", "selected_option": option("sms")}},
        "agree": {"agree": {"type": "checkboxes", "selected_options": [option("yes")]}},
    }
    assert payload["trigger_id"]
    assert slack.views("T1", "U1AGENT") == []


async def test_what_the_client_would_not_send(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    view_id = await opened(slack, client, app, modal(field("message", TEXT), field("via", VIA)))
    before = len(app.received)
    with pytest.raises(ValueError, match="message: This field is required"):
        await slack.submit("T1", "U1AGENT", view_id, {})
    with pytest.raises(ValueError, match="takes 0 to 20"):
        await slack.submit("T1", "U1AGENT", view_id, {"message": "x" * 21})
    with pytest.raises(LookupError, match="not in the menu"):
        await slack.submit("T1", "U1AGENT", view_id, {"message": "x", "via": "pigeon"})
    with pytest.raises(LookupError, match="the view has no"):
        await slack.submit("T1", "U1AGENT", view_id, {"message": "x", "typo": "x"})
    assert len(app.received) == before
    with pytest.raises(LookupError, match="has no view"):
        await slack.submit("T1", "U1ADMIN", view_id, {"message": "x"})


TABLE = {"type": "file_input", "action_id": "table", "filetypes": ["csv"], "max_files": 1}


async def test_a_file_is_put_into_a_modal(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    view_id = await opened(slack, client, app, modal(field("leads", TABLE)))
    leads = PretendFile("leads.csv", b"name,phone\n")
    result = await slack.submit("T1", "U1AGENT", view_id, {"leads": [leads]})
    assert (result.status, result.problem) == (200, None)
    state = app.last["view"]["state"]["values"]["leads"]["table"]
    (file,) = state["files"]
    assert (state["type"], file["id"], file["name"], file["size"]) == ("file_input", leads.id, "leads.csv", 11)
    assert (file["filetype"], file["mimetype"], file["user"]) == ("csv", "text/csv", "U1AGENT")
    headers, url = {"Authorization": "Bearer xoxb-1"}, file["url_private_download"]
    async with aiohttp.ClientSession(headers=headers) as session, session.get(url) as answer:
        assert await answer.read() == b"name,phone\n"
    assert (await client.files_info(file=leads.id))["file"]["channels"] == []
    assert slack.messages("T1", "C1INBOX") == []


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([], "This field is required."),
        ([PretendFile("leads.xlsx", b"PK")], "It takes files of these types: csv."),
        ([PretendFile("leads", b"x")], "It takes files of these types: csv."),
        ([PretendFile("a.csv", b"x"), PretendFile("b.csv", b"x")], "It takes 1 files at most."),
        ([PretendFile("a.csv", b"x" * (10 * 1024 * 1024 + 1))], "A file may have 10 MB."),
    ],
    ids=["none", "another type", "no type", "two", "too large"],
)
async def test_files_that_the_client_does_not_take(
    slack: PretendSlack, client: AsyncWebClient, app: App, files: list[PretendFile], why: str
) -> None:
    view_id = await opened(slack, client, app, modal(field("leads", TABLE)))
    before = len(app.received)
    with pytest.raises(FieldErrors) as caught:
        await slack.submit("T1", "U1AGENT", view_id, {"leads": files})
    assert caught.value.fields == {"leads": why}
    assert len(app.received) == before


@pytest.mark.parametrize(
    "wrong", [{"max_files": 0}, {"max_files": 11}, {"max_files": True}, {"filetypes": "csv"}, {"filetypes": [1]}]
)
async def test_file_inputs_that_slack_refuses(
    slack: PretendSlack, client: AsyncWebClient, app: App, wrong: dict[str, Any]
) -> None:
    view = modal(field("leads", {**TABLE, **wrong}))
    trigger_id = await trigger(slack, app)
    assert await refused(client.views_open(trigger_id=trigger_id, view=view)) == "invalid_arguments"


async def test_answers_to_a_submission(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    view_id = await opened(slack, client, app, modal())

    async def submit(answer: object) -> str | None:
        app.will_answer(answer)
        return (await slack.submit("T1", "U1AGENT", view_id, {"text": "x"})).problem

    assert await submit({"response_action": "errors", "errors": {"message": "no"}}) is None
    assert await submit({"response_action": "errors", "errors": {"elsewhere": "no"}}) is not None
    assert await submit({"response_action": "dance"}) == "invalid_response: dance"
    assert await submit([1]) == "invalid_response"
    assert await submit({"response_action": "update", "view": modal(title="no")}) is not None
    assert [v["id"] for v in slack.views("T1", "U1AGENT")] == [view_id]
    assert await submit({"response_action": "update", "view": modal(callback_id="next")}) is None
    assert slack.views("T1", "U1AGENT")[0]["callback_id"] == "next"
    assert await submit({"response_action": "push", "view": modal()}) is None
    assert len(slack.views("T1", "U1AGENT")) == 2
    assert await submit({"response_action": "clear"}) is None
    assert slack.views("T1", "U1AGENT") == []


async def test_closing(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    quiet = await opened(slack, client, app, modal())
    assert await slack.close_view("T1", "U1AGENT", quiet) is None
    told = await opened(slack, client, app, modal(notify_on_close=True))
    await client.views_push(trigger_id=await trigger(slack, app), view=modal())
    result = await slack.close_view("T1", "U1AGENT", told, everything=True)
    assert result is not None
    assert (app.last["type"], app.last["view"]["id"], app.last["is_cleared"]) == ("view_closed", told, True)
    assert "trigger_id" not in app.last
    assert slack.views("T1", "U1AGENT") == []


async def test_menus_that_the_app_fills(slack: PretendSlack, client: AsyncWebClient, app: App) -> None:
    view_id = await opened(slack, client, app, modal(field("lead", WHO), field("message", TEXT)))
    before = len(app.received)
    assert (await slack.options("T1", "U1AGENT", view_id, "who", "s")).problem == "min_query_length"
    assert len(app.received) == before
    app.will_answer(
        {"options": [option("sarah")]}, {"options": [{"text": plain("x" * 76), "value": "1"}]}, {"x": 1}
    )
    result = await slack.options("T1", "U1AGENT", view_id, "who", "sar")
    assert result.json["options"][0]["value"] == "sarah"
    assert (app.last["type"], app.last["value"], app.last["action_id"]) == ("block_suggestion", "sar", "who")
    assert app.last["block_id"] == "lead"
    assert (await slack.options("T1", "U1AGENT", view_id, "who", "long")).problem is not None
    assert (await slack.options("T1", "U1AGENT", view_id, "who", "wrong")).problem is not None
    with pytest.raises(LookupError):
        await slack.submit("T1", "U1AGENT", view_id, {"lead": "never offered", "message": "x"})
    await slack.submit("T1", "U1AGENT", view_id, {"lead": "sarah", "message": {"text": "hello"}})
    assert app.last["view"]["state"]["values"]["lead"]["who"]["selected_option"] == option("sarah")


async def test_menus_in_messages_and_groups_of_options(
    slack: PretendSlack, client: AsyncWebClient, app: App
) -> None:
    blocks = [{"type": "actions", "elements": [WHO]}]
    ts = (await client.chat_postMessage(channel="C1INBOX", text="x", blocks=blocks))["ts"]
    app.will_answer({}, {"option_groups": [{"label": plain("Leads"), "options": [option("sarah")]}]})
    await slack.settled()
    assert (await slack.options("T1", "U1AGENT", ("C1INBOX", ts), "who", "sar")).problem is None
    await slack.click("T1", "U1AGENT", "C1INBOX", ts, "who", selected="sarah")
    assert app.last["actions"][0]["selected_option"] == option("sarah")
    assert app.last["state"]["values"]


async def test_inputs_tell_the_app_only_when_they_dispatch(
    slack: PretendSlack, client: AsyncWebClient, app: App
) -> None:
    fields = [field("a", TEXT), field("b", {**VIA}, dispatch_action=True)]
    view_id = await opened(slack, client, app, modal(*fields))
    assert (await slack.click_view("T1", "U1AGENT", view_id, "text", selected="x")).status == 0
    assert (await slack.click_view("T1", "U1AGENT", view_id, "via", selected="mail")).status == 200
    assert app.last["view"]["state"]["values"]["a"]["text"]["value"] == "x"
    assert app.last["actions"][0]["selected_option"] == option("mail")
