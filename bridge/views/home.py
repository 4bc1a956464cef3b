"""The Home tab."""

from collections.abc import Sequence

from bridge.views import imports, start
from bridge.views.modals import View
from bridge.views.shown import Block, actions, button, line, section

NEW = "+ New conversation"
IMPORT = "Import leads"
HOW = "Leads' texts arrive as threads. What you reply there is texted back; what begins with // stays inside."


def home(told: Sequence[str], *, may_start: bool, may_import: bool = False) -> View:
    """How things stand, in a few lines, and the ways to a first text and to leads for those who may."""
    buttons = [button(NEW, start.NEW, "home", style="primary")] if may_start else []
    buttons += [button(IMPORT, imports.NEW, "home")] if may_import else []
    blocks: list[Block] = [actions(*buttons)] if buttons else []
    blocks += [section(sentence) for sentence in told]
    return {"type": "home", "callback_id": "home", "blocks": [*blocks, line(HOW)]}
