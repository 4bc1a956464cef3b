"""The blocks that modals and Home are made of."""

from collections.abc import Mapping, Sequence
from typing import Any

from bridge.views.shown import Block

View = dict[str, Any]


def plain(text: str) -> Block:
    """Text in which Slack interprets nothing."""
    return {"type": "plain_text", "text": text, "emoji": False}


def modal(title: str, blocks: Sequence[Block], **more: Any) -> View:
    """A modal; `submit`, `close` and the like as Slack names them. Labels are plain words."""
    labels = {name: plain(more.pop(name)) for name in ("submit", "close") if name in more}
    found: View = {"type": "modal", "title": plain(title), "blocks": list(blocks)}
    return found | labels | more


def alert(sentence: str, level: str = "warning") -> Block:
    """A notice in a modal: "info", "warning", "error" or "success"."""
    return {"type": "alert", "text": {"type": "mrkdwn", "text": sentence, "verbatim": True}, "level": level}


def field(block_id: str, label: str, element: Block, *, optional: bool = False, hint: str | None = None) -> Block:
    """Something to fill in; errors are shown under it."""
    block: Block = {"type": "input", "block_id": block_id, "label": plain(label), "element": element}
    block |= {"optional": True} if optional else {}
    return block | ({"hint": plain(hint)} if hint else {})


def words(action_id: str, placeholder: str, *, initial: str = "", most: int, lines: bool = False) -> Block:
    """A field for words, `most` characters at most."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": action_id,
        "placeholder": plain(placeholder),
        "multiline": lines,
        "max_length": most,
    }
    return element | ({"initial_value": initial} if initial else {})


def option(value: str, text: str, description: str | None = None) -> Block:
    """Something to choose, in Slack's 75 characters."""
    found: Block = {"value": value, "text": plain(text[:75])}
    return found | ({"description": plain(description[:75])} if description else {})


def radio(action_id: str, options: Sequence[Block]) -> Block:
    """Choose one; the first is chosen."""
    return {
        "type": "radio_buttons",
        "action_id": action_id,
        "options": list(options),
        "initial_option": options[0],
    }


def value_of(state: Mapping[str, Any], block_id: str) -> str:
    """What was typed or chosen in a field, "" where nothing was: of a view's state.values."""
    (found,) = (state.get(block_id) or {"": {}}).values()
    chosen = found.get("selected_option")
    return str(chosen["value"] if chosen else found.get("value") or "")
