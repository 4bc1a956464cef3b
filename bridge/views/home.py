"""The Home tab."""

from collections.abc import Sequence

from bridge.views import start
from bridge.views.modals import View
from bridge.views.shown import Block, actions, button, line, section

NEW = "+ New conversation"
HOW = "Leads' texts arrive as threads. What you reply there is texted back; what begins with // stays inside."


def home(told: Sequence[str], *, may_start: bool) -> View:
    """How things stand, in a few lines, and the way to a first text for those who may send one."""
    blocks: list[Block] = [actions(button(NEW, start.NEW, "home", style="primary"))] if may_start else []
    blocks += [section(sentence) for sentence in told]
    return {"type": "home", "callback_id": "home", "blocks": [*blocks, line(HOW)]}
