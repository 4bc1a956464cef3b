"""The Home tab: the firm's portal."""

from collections.abc import Sequence
from dataclasses import dataclass

from bridge.views import billing, imports, inbox, portal, start
from bridge.views.billing import Account
from bridge.views.inbox import Line
from bridge.views.modals import View
from bridge.views.portal import Panel
from bridge.views.shown import Block, actions, button, line, section

NEW = "+ New conversation"
IMPORT = "Import leads"
HOW = "Leads' texts arrive as threads. What you reply there is texted back; what begins with // stays inside."
STRANGER = "Two-way SMS is for members of this workspace."


@dataclass(frozen=True, repr=False)
class Inbox:
    """What is shown while two-way SMS is on."""

    usage: Sequence[str]
    lines: Sequence[Line]
    page: int
    has_more: bool
    has_next_step: bool
    channel_id: str | None


def home(
    told: Sequence[str], shown: Panel | Inbox | None, *, is_admin: bool = False, account: Account | None = None
) -> View:
    """How things stand, and by what it is used: the panel or the inbox. For who is no member, nothing of it.

    `account` is for admins of firms that pay for it: what there is to do about that stands before everything else.
    """
    if shown is None:
        return _view([line(STRANGER), line(HOW)])
    money = billing.account(account) if account is not None else []
    money, calm = ([], money) if account is not None and account.is_calm else (money, [])
    standing = [section(sentence) for sentence in told]
    buttons = [button(IMPORT, imports.NEW, "home")] if is_admin else []
    if isinstance(shown, Panel):
        return _view([*money, *portal.panel(shown), *([actions(*buttons)] if buttons else []), *standing, *calm])
    buttons = [button(NEW, start.NEW, "home", style="primary"), *buttons]
    buttons += [button(portal.DISABLE_LABEL, portal.DISABLE, "home")] if is_admin else []
    step = portal.next_step(shown.channel_id) if shown.has_next_step and is_admin else []
    listed = inbox.blocks(shown.lines, page=shown.page, has_more=shown.has_more)
    usage = [*map(line, shown.usage)]
    return _view([*money, actions(*buttons), *step, *listed, *standing, *usage, *calm, line(HOW)])


def _view(blocks: Sequence[Block]) -> View:
    return {"type": "home", "callback_id": "home", "blocks": list(blocks)}
