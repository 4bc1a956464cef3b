"""The menu of suggested texts above the field, and the field that a choice there fills anew."""

from collections.abc import Sequence
from typing import Any

from bridge.rules.templates import Template
from bridge.views import modals
from bridge.views.modals import View, field, option
from bridge.views.shown import Block

CHOSEN = "start_suggested"  # the menu
FIELD = "message"

BESIDE_SUPPORT = "Answers and service"
BESIDE_MARKETING = "Marketing (only with consent to it)"
HINT = (
    "Nothing goes out before you send it, and you may change it. Those under Marketing are for leads who agreed to "
    "marketing texts; keep them apart from answers."
)
BELOW = "The suggestion stands below what you had written."
NO_ROOM = "There is no room for the suggestion below what you have written."


def menu(offered: Sequence[Template]) -> list[Block]:
    """The suggestions, what needs consent to marketing apart from the rest; nothing where there are none."""
    groups = [
        {"label": modals.plain(label), "options": [option(each.key, each.title) for each in of_a_kind]}
        for label, of_a_kind in (
            (BESIDE_SUPPORT, [each for each in offered if not each.is_marketing]),
            (BESIDE_MARKETING, [each for each in offered if each.is_marketing]),
        )
        if of_a_kind
    ]
    if not groups:
        return []
    choose = {
        "type": "static_select",
        "action_id": CHOSEN,
        "placeholder": modals.plain("Choose one"),
        "option_groups": groups,
    }
    block = field(CHOSEN, "Start from a suggested text", choose, optional=True, hint=HINT)
    return [block | {"dispatch_action": True}]


def text_field(filled: int) -> str:
    """The block of the field once it was filled so many times: Slack keeps the old words where it is the same."""
    return f"{FIELD}:{filled}" if filled else FIELD


def typed_in(view: View, filled: int) -> str:
    """What stands in the field. Where Slack does not say, nobody has touched what we put there."""
    block_id = text_field(filled)
    state: dict[str, Any] = view["state"]["values"]
    if block_id in state:
        return modals.value_of(state, block_id)
    elements = [block["element"] for block in view["blocks"] if block.get("block_id") == block_id]
    return str(elements[0].get("initial_value") or "") if elements else ""
