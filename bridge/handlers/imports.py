"""Leads are brought in: the modal, the file that is dropped in it, and the buttons under the message about it."""

from collections.abc import Awaitable, Callable
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncBoltContext

from bridge.rules import signups
from bridge.services import imports, members, table_files
from bridge.services.imports import Dropped, Press
from bridge.store.database import patiently
from bridge.views import imports as views
from bridge.views.modals import View

PATIENCE = 1.5  # seconds of the three that Slack waits


async def on_new(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The button in Home: drop a table."""
    refusal = await _refusal(context, body["user"]["id"])
    await _open(body, context, views.declined(refusal) if refusal else views.drop())
    await ack()


async def on_command(ack: AsyncAck, command: dict[str, Any], context: AsyncBoltContext) -> None:
    """`/sms import`"""
    if refusal := await _refusal(context, command["user_id"]):
        await ack({"response_type": "ephemeral", "text": refusal})
        return
    await _open(command, context, views.drop())
    await ack()


async def on_dropped(ack: AsyncAck, view: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
    """It is remembered, and fetched when Slack does not wait any more."""
    user_id, deps, firm = body["user"]["id"], context["deps"], context["firm"]
    refusal = await _refusal(context, user_id)
    dropped = refusal or _dropped(view, user_id)
    if isinstance(dropped, str):
        await ack(response_action="errors", errors={views.FILE: dropped})
        return
    await patiently(lambda: imports.drop(deps, firm, dropped, context["now"]), seconds=PATIENCE)
    await ack(response_action="update", view=views.looking())


def _dropped(view: dict[str, Any], user_id: str) -> Dropped | str:
    files = views.files_in(view["state"]["values"])
    if len(files) != 1 or not files[0].get("url_private_download"):
        return views.ONE_FILE
    (file,) = files
    if int(file.get("size") or 0) > table_files.LIMIT:
        return views.TOO_LARGE
    return Dropped(
        view["id"], user_id, str(file.get("name") or "leads.csv")[:255], str(file["url_private_download"])[:1000]
    )


async def on_enter(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """Enter what can be entered."""
    await _press(body, context, imports.enter)
    await ack()


async def on_cancel(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """Enter nothing, or nothing more."""
    await _press(body, context, imports.cancel)
    await ack()


async def _press(body: dict[str, Any], context: AsyncBoltContext, do: Callable[..., Awaitable[None]]) -> None:
    """Who is no admin any more presses in vain."""
    deps, firm, user_id = context["deps"], context["firm"], body["user"]["id"]
    if not await _refusal(context, user_id):
        view_id, looks = _named(body)
        where = body["container"]
        pressed = Press(view_id, looks, user_id, where["channel_id"], where["message_ts"])
        await patiently(lambda: do(deps, firm, pressed, context["now"]), seconds=PATIENCE)


def _named(body: dict[str, Any]) -> tuple[str, int]:
    view_id, _, looks = str(body["actions"][0]["value"]).partition(":")
    return view_id, int(looks) if looks.isdecimal() else 0


async def on_columns(ack: AsyncAck, body: dict[str, Any], context: AsyncBoltContext) -> None:
    """Which column is which field?"""
    refusal = await _refusal(context, body["user"]["id"])
    await _open(body, context, views.declined(refusal) if refusal else await _columns(context, _named(body)[0]))
    await ack()


async def _columns(context: AsyncBoltContext, view_id: str) -> View:
    this = await imports.look(context["deps"], context["firm"], view_id)
    if this is None or this.state != "asking":
        return views.declined(imports.TOO_LATE)
    return views.choose(view_id, list(signups.CALLED), this.headings, this.columns or {})


async def on_menu(ack: AsyncAck, payload: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
    """The columns there are, when a menu of them is opened, and while somebody types."""
    headings: list[str] = []
    if not await _refusal(context, body["user"]["id"]):
        this = await imports.look(context["deps"], context["firm"], body["view"]["private_metadata"])
        headings = this.headings if this else []
    await ack(options=views.offered(headings, str(payload.get("value") or "")))


async def on_chosen(ack: AsyncAck, view: dict[str, Any], body: dict[str, Any], context: AsyncBoltContext) -> None:
    """It is looked through again so."""
    deps, firm, user_id = context["deps"], context["firm"], body["user"]["id"]
    view_id, state = view["private_metadata"], view["state"]["values"]
    wrong = await _refusal(context, user_id)
    this = None if wrong else await imports.look(deps, firm, view_id)
    columns = views.chosen_in(state, this.headings if this else [])
    if not wrong and not {"phone", "email"} & set(columns):
        wrong = views.NO_ADDRESS
    if not wrong:
        choose = imports.choose
        wrong = await patiently(
            lambda: choose(deps, firm, view_id, columns, context["now"], user_id=user_id), seconds=PATIENCE
        )
    if wrong:
        await ack(response_action="errors", errors={"column:phone": wrong})
    else:
        await ack()


async def _refusal(context: AsyncBoltContext, user_id: str) -> str | None:
    refusal = await members.refuse_import(context["deps"], context["firm"], user_id, context["now"])
    return refusal.sentence if refusal else None


async def _open(body: dict[str, Any], context: AsyncBoltContext, view: View) -> None:
    await context["deps"].clients.slack(context["firm"]).open_view(body["trigger_id"], view)
