"""Lifting the block of a number that carriers have kept filtering."""

from bridge.views import modals
from bridge.views.modals import View, field, words
from bridge.views.shown import Block, actions, button, section

LIFT, WHY, REASON = "block_lift", "block_why", "block_reason"
LABEL = "Lift the block"


def offer(chosen: str) -> Block:
    """The button, for admins."""
    return actions(button(LABEL, LIFT, chosen))


def ask(chosen: str) -> View:
    """Why?"""
    told = section("Carriers took several texts in a row to this number for spam. Lift the block if you know why.")
    why = words(REASON, "What has changed...", most=300)
    return modals.modal(
        LABEL, [told, field(REASON, "Reason", why)], submit=LABEL, close="Back", callback_id=WHY,
        private_metadata=chosen,
    )  # fmt: skip


def told(sentence: str) -> View:
    """What came of it."""
    return modals.modal(LABEL, [section(sentence)], close="Done", clear_on_close=True, callback_id="block_told")
