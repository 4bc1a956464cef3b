"""What follows from a carrier's error code: a sentence for staff, and something learned about the contact."""

from datetime import datetime

from bridge.rules.carrier import Lesson, State, verdict
from bridge.services import announce, blocks, consent, lookups
from bridge.store import contacts, conversations, messages
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.tx import Tx
from bridge.views import threads as views


async def failed(tx: Tx, firm: Firm, message: Message, state: State, code: str | None, now: datetime) -> None:
    """The text did not arrive: mark it, say why in one sentence, and keep what the code teaches."""
    told = verdict(code)
    await messages.change(tx, firm.id, message.id, state=state, error_code=(code or "")[:20] or None)
    await announce.mark_text(tx, firm.id, message.id, now)
    shown = views.remark(told.sentence, warning=True)
    await announce.remark(tx, firm, message.conversation_id, shown, now)
    if told.admins:
        await announce.alert_admins(tx, firm, shown, now)
    await _learn(tx, firm, message, told.lesson, now)


async def _learn(tx: Tx, firm: Firm, message: Message, lesson: Lesson, now: datetime) -> None:
    conversation = await conversations.get(tx, firm.id, message.conversation_id)
    contact = await contacts.hold(tx, firm.id, conversation.contact_id)  # START may be on its way elsewhere
    if lesson is Lesson.OPTED_OUT:
        await consent.carrier_said_stopped(tx, firm, contact, conversation, message, now)
    elif lesson is Lesson.LANDLINE and contact.line_type != "landline":
        await contacts.change(tx, firm.id, contact.id, line_type="landline", line_checked_at=now)
        await announce.refresh_root(tx, firm, conversation.id, now)
    elif lesson is Lesson.FILTERED:
        await blocks.filtered(tx, firm, contact, conversation.id, now)
    elif lesson in {Lesson.UNREACHABLE, Lesson.GONE}:
        await lookups.promise_again_if_old(tx, firm, contact, now)
