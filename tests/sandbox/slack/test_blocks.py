"""Blocks and views that Slack takes, and those that it refuses."""

from typing import Any

import pytest

from bridge.sandbox.slack.blocks import Surface, characters, check_blocks, check_view


def plain(text: str = "x") -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def mrkdwn(text: str = "x") -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}


def section(**more: Any) -> dict[str, Any]:
    return {"type": "section", "text": mrkdwn(), **more}


def button(**more: Any) -> dict[str, Any]:
    return {"type": "button", "text": plain(), "action_id": "a", **more}


def actions(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "actions", "elements": list(elements)}


def option(text: str = "x", value: str = "v", **more: Any) -> dict[str, Any]:
    return {"text": plain(text), "value": value, **more}


def select(**more: Any) -> dict[str, Any]:
    return {"type": "static_select", "action_id": "s", "options": [option()], **more}


def rich(*elements: Any) -> dict[str, Any]:
    return {"type": "rich_text", "elements": list(elements)}


def line(*elements: Any, kind: str = "rich_text_section") -> dict[str, Any]:
    return {"type": kind, "elements": list(elements)}


def field(**element: Any) -> dict[str, Any]:
    return {"type": "input", "label": plain(), "element": {"action_id": "i", **element}}


RAW = {"type": "text", "text": "raw <!channel>"}
BULLETS = {"type": "rich_text_list", "style": "bullet", "indent": 1, "elements": [line(RAW)]}
CONFIRM = {"title": plain(), "text": mrkdwn(), "confirm": plain(), "deny": plain()}

GOOD = [
    section(block_id="b"),
    section(fields=[plain(), mrkdwn()], accessory=button(style="danger", confirm=CONFIRM)),
    section(accessory={"type": "overflow", "action_id": "o", "options": [option(url="https://x.example")] * 5}),
    section(accessory={"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a"}),
    {"type": "header", "text": plain("x" * 150)},
    {"type": "divider"},
    {"type": "context", "elements": [mrkdwn(), plain()]},
    {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a", "title": plain()},
    actions(*(button(action_id=str(n)) for n in range(25))),
    actions(select(initial_option=option()), {"type": "users_select", "action_id": "u", "placeholder": plain()}),
    actions({"type": "datepicker", "action_id": "d", "initial_date": "2026-11-22"}),
    rich(line(RAW, {"type": "link", "url": "https://x.example"}), line(RAW, kind="rich_text_quote"), BULLETS),
    rich(
        line({"type": "emoji", "name": "wave"}, {"type": "user", "user_id": "U1"}, {**RAW, "style": {"bold": True}})
    ),
    {"type": "markdown", "text": "**x**"},
    {"type": "data_visualization", "title": "Poll", "chart": {"type": "bar"}},
]

BAD = [
    "no block",
    {"text": "no type"},
    {"type": "nonsense"},
    {"type": "section"},
    section(text=mrkdwn("")),
    section(text=mrkdwn("x" * 3001)),
    section(text="bare"),
    section(text={"type": "mrkdwn", "text": "x", "emoji": True}),
    section(text={"type": "html", "text": "x"}),
    section(colour="red"),
    section(block_id="x" * 256),
    section(fields=[]),
    section(fields=[plain()] * 11),
    section(fields=[plain("x" * 2001)]),
    section(accessory={"type": "plain_text_input", "action_id": "t"}),
    {"type": "header", "text": plain("x" * 151)},
    {"type": "header", "text": mrkdwn()},
    {"type": "context", "elements": []},
    {"type": "context", "elements": [plain()] * 11},
    {"type": "context", "elements": [button()]},
    {"type": "image", "alt_text": "no source"},
    actions(),
    actions(*(button(action_id=str(n)) for n in range(26))),
    actions(button(), button()),
    actions(button(text=plain("x" * 76))),
    actions(button(text=mrkdwn())),
    actions(button(value="x" * 2001)),
    actions(button(url="x" * 3001)),
    actions(button(style="loud")),
    actions(button(action_id="x" * 256)),
    actions(button(confirm={**CONFIRM, "title": plain("x" * 101)})),
    actions(button(confirm={"title": plain()})),
    actions(select(options=[])),
    actions(select(options=[option(value=str(n)) for n in range(101)])),
    actions(select(options=[option("x" * 76)])),
    actions(select(options=[option(value="x" * 151)])),
    actions(select(initial_option=option("other"))),
    actions(select(placeholder=plain("x" * 151))),
    actions(select(option_groups=[])),
    actions({"type": "overflow", "action_id": "o", "options": [option(value=str(n)) for n in range(6)]}),
    actions({"type": "image", "image_url": "x", "alt_text": "x"}),
    rich(),
    rich(line()),
    rich({"type": "text", "text": "not in a section"}),
    rich(line({"type": "text", "text": ""})),
    rich(line({"type": "text", "text": "x", "style": "bold"})),
    rich(line({"type": "text", "text": "x", "color": "red"})),
    rich(line({"type": "shout", "text": "x"})),
    rich(line({"type": "link"})),
    rich(line({"type": "date", "timestamp": "now", "format": "x"})),
    rich(line({"type": "broadcast", "range": "world"})),
    rich({**BULLETS, "style": "stars"}),
    rich({**BULLETS, "indent": 9}),
    rich({**BULLETS, "elements": [line(RAW, kind="rich_text_quote")]}),
    {"type": "markdown", "text": "x" * 12_001},
    {"type": "alert", "text": mrkdwn()},
    {"type": "data_visualization", "title": "x" * 51, "chart": {}},
]


@pytest.mark.parametrize("block", GOOD, ids=str)
def test_taken(block: dict[str, Any]) -> None:
    assert check_blocks([block], "message") == []


@pytest.mark.parametrize("block", BAD, ids=lambda block: str(block)[:60])
def test_refused(block: Any) -> None:
    assert check_blocks([block], "message")


@pytest.mark.parametrize(("surface", "most"), [("message", 50), ("modal", 100), ("home", 100)])
def test_how_many(surface: Surface, most: int) -> None:
    assert check_blocks([{"type": "divider"}] * most, surface) == []
    assert check_blocks([{"type": "divider"}] * (most + 1), surface)


def test_messages_name_the_place() -> None:
    [found] = check_blocks([section(), section(text=mrkdwn("x" * 3001))], "message")
    assert found == "[ERROR] must be less than 3001 characters [json-pointer:/blocks/1/text/text]"


def test_block_ids_are_unique() -> None:
    assert check_blocks([section(block_id="b"), section(block_id="b")], "message")


def test_characters_are_counted_wherever_they_stand() -> None:
    blocks = [
        section(text=mrkdwn("xxx")),
        rich(line({"type": "text", "text": "xx"})),
        actions(button(text=plain("y"))),
    ]
    assert characters(blocks) == 6


def modal(**more: Any) -> dict[str, Any]:
    return {"type": "modal", "title": plain(), "blocks": [section()], **more}


GOOD_VIEWS = [
    modal(),
    modal(
        submit=plain(),
        close=plain(),
        notify_on_close=True,
        blocks=[field(type="plain_text_input", max_length=3000)],
    ),
    modal(submit=plain(), blocks=[field(type="number_input", is_decimal_allowed=False)]),
    modal(submit=plain(), blocks=[field(type="external_select", min_query_length=2)]),
    modal(blocks=[{"type": "alert", "text": mrkdwn(), "level": "warning"}]),
    {"type": "home", "blocks": []},
    {"type": "home", "blocks": [section()], "callback_id": "c"},
]
BAD_VIEWS = [
    None,
    "view",
    {"type": "workflow"},
    modal(title=plain("x" * 25)),
    modal(title=mrkdwn()),
    modal(submit=plain("x" * 25)),
    modal(close=plain("x" * 25)),
    modal(private_metadata="x" * 3001),
    modal(callback_id="x" * 256),
    modal(colour="red"),
    modal(blocks=[]),
    modal(blocks=[field(type="plain_text_input")]),
    modal(submit=plain(), blocks=[field(type="plain_text_input", max_length=3001)]),
    modal(submit=plain(), blocks=[field(type="plain_text_input", max_length=3, initial_value="xxxx")]),
    modal(submit=plain(), blocks=[field(type="number_input")]),
    modal(submit=plain(), blocks=[field(type="button")]),
    modal(submit=plain(), blocks=[{**field(type="plain_text_input"), "label": plain("x" * 2001)}]),
    modal(blocks=[{"type": "markdown", "text": "x"}]),
    modal(blocks=[{"type": "alert", "text": mrkdwn(), "level": "loud"}]),
    {"type": "home", "blocks": [], "title": plain()},
    {"type": "home", "blocks": [{"type": "alert", "text": mrkdwn()}]},
]


@pytest.mark.parametrize("view", GOOD_VIEWS, ids=lambda view: str(view)[:60])
def test_views_taken(view: Any) -> None:
    assert check_view(view) == []


@pytest.mark.parametrize("view", BAD_VIEWS, ids=lambda view: str(view)[:60])
def test_views_refused(view: Any) -> None:
    assert check_view(view)
