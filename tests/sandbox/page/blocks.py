"""One of each block and element that the page draws, as an app would send them."""

from typing import Any

Block = dict[str, Any]


def plain(words: str) -> Block:
    return {"type": "plain_text", "text": words}


def mrkdwn(words: str) -> Block:
    return {"type": "mrkdwn", "text": words}


def option(words: str) -> Block:
    return {"text": plain(words), "value": words.lower()}


def input_of(name: str, element: Block, **more: Any) -> Block:
    """An input block whose block, action and label have one name."""
    return {
        "type": "input",
        "block_id": name,
        "label": plain(name),
        "element": {**element, "action_id": name},
        **more,
    }


RED, GREEN, BLUE = (option(name) for name in ("Red", "Green", "Blue"))
COLOURS = [RED, GREEN, BLUE]
PIXEL = {"type": "image", "image_url": "https://example.com/lead.png", "alt_text": "A lead"}

RICH: Block = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "text", "text": "Bold", "style": {"bold": True}},
                {"type": "text", "text": " and "},
                {"type": "emoji", "name": "wave"},
                {"type": "user", "user_id": "U01ADA"},
                {"type": "channel", "channel_id": "C01LEADS"},
                {"type": "broadcast", "range": "here"},
                {"type": "link", "url": "https://example.com", "text": "a link"},
                {"type": "date", "timestamp": 1_780_000_000, "format": "{date_long}", "fallback": "a day"},
            ],
        },
        {
            "type": "rich_text_list",
            "style": "bullet",
            "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "one of a list"}]}],
        },
        {"type": "rich_text_quote", "elements": [{"type": "text", "text": "a quote"}]},
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "code()"}]},
    ],
}

# What only shows something, and words of it that somebody must be able to read.
SHOWN: dict[str, tuple[Block, tuple[str, ...]]] = {
    "section": (
        {
            "type": "section",
            "text": mrkdwn("*Bold* _slanted_ ~gone~ `code`, <@U01BEN> in <#C01LEADS>, :tada:"),
            "fields": [mrkdwn("*State*"), plain("Open")],
        },
        ("Bold slanted gone code, @Ben in #leads, 🎉", "State", "Open"),
    ),
    "section with a picture": (
        {"type": "section", "text": mrkdwn("&lt;b&gt; is no tag"), "accessory": PIXEL},
        ("<b> is no tag", "A lead"),
    ),
    "header": ({"type": "header", "text": plain("A heading")}, ("A heading",)),
    "divider": ({"type": "divider"}, ()),
    "context": ({"type": "context", "elements": [PIXEL, mrkdwn("_small_ print")]}, ("small print", "A lead")),
    "image": ({**PIXEL, "title": plain("From a lead")}, ("From a lead", "A lead")),
    "rich_text": (RICH, ("Bold and 👋@Ada#leads@here", "a link", "2026", "one of a list", "a quote", "code()")),
    "table": (
        {
            "type": "table",
            "rows": [
                [{"type": "raw_text", "text": "Lead"}, {"type": "raw_text", "text": "Texts"}],
                [{"type": "raw_text", "text": "Dana"}, {"type": "raw_text", "text": "12"}],
            ],
        },
        ("Lead", "Texts", "Dana", "12"),
    ),
}


def actions(element: Block) -> Block:
    return {"type": "actions", "elements": [{**element, "action_id": "used"}]}


STATIC: Block = {"type": "static_select", "placeholder": plain("A colour"), "options": COLOURS}
GROUPED: Block = {
    "type": "static_select",
    "placeholder": plain("A colour"),
    "option_groups": [{"label": plain("Warm"), "options": [RED]}, {"label": plain("Cold"), "options": [BLUE]}],
}
MULTI: Block = {"type": "multi_static_select", "placeholder": plain("Colours"), "options": COLOURS}
SEARCHED: Block = {"type": "external_select", "placeholder": plain("A lawyer"), "min_query_length": 2}
PERSON: Block = {"type": "users_select", "placeholder": plain("A colleague")}
PLACE: Block = {"type": "conversations_select", "placeholder": plain("A channel")}
RADIO: Block = {"type": "radio_buttons", "options": COLOURS}
BOXES: Block = {"type": "checkboxes", "options": COLOURS, "initial_options": [RED]}
MENU: Block = {"type": "overflow", "options": COLOURS}
DAY: Block = {"type": "datepicker", "placeholder": plain("A day"), "initial_date": "2026-11-23"}
TIME: Block = {"type": "timepicker", "placeholder": plain("A time")}
MOMENT: Block = {"type": "datetimepicker"}
ASKED: Block = {
    "type": "button",
    "text": plain("Resolve"),
    "style": "danger",
    "value": "7",
    "confirm": {
        "title": plain("Resolve?"),
        "text": plain("It opens again with the next text."),
        "confirm": plain("Resolve it"),
        "deny": plain("Keep it open"),
    },
}
LINKED: Block = {"type": "button", "text": plain("To the plan"), "url": "https://example.com/plan"}
