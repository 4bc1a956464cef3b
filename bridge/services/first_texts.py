"""Staff begin a conversation: from a modal, and not in a thread."""

from dataclasses import dataclass
from datetime import datetime

from bridge.refusals import Refusal
from bridge.rules.consent import Change, Event
from bridge.rules.sending import Purpose
from bridge.services import announce, cards, people, sending, start
from bridge.services.deps import Deps
from bridge.services.sending import Draft
from bridge.services.start import Recipient
from bridge.store import audit, consent, contacts, conversations, numbers, seen, staff
from bridge.store.contacts import Contact
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.staff import Standing
from bridge.store.tx import Tx
from bridge.views import threads as views
from bridge.views.cards import Card

FROM_A_MODAL = "view"  # where a text comes from until it stands in its thread


@dataclass(frozen=True, repr=False)
class Written:
    """What somebody wrote in the modal `view_id`, to whom; and why a number may be texted that nobody has."""

    view_id: str
    user_id: str
    chosen: str
    body: str
    subject: str | None = None
    consent_source: str = ""
    consent_words: str = ""


async def look(deps: Deps, firm: Firm, chosen: str) -> tuple[Card, bool] | None:
    """The card of somebody who was chosen, and whether their number was only typed; None where there is nobody."""
    async with deps.db.read() as tx:
        whom = await start.recipient(tx, firm, chosen)
        return (await cards.of(tx, firm, whom), whom.typed) if whom else None


async def accept(deps: Deps, firm: Firm, written: Written, now: datetime) -> Refusal | None:
    """Text it, and show it in the thread, which it opens; None when it is accepted, also if it was before.

    1. Was this modal sent before? Then that counts.
    2. May this person text leads?
    3. Who is it for, and may they be texted? A number that nobody has needs a reason, which is kept as consent.
    4. The gate.
    5. It is shown in the thread; the modal says what becomes of it.
    """
    async with deps.db.begin() as tx:
        key = f"written:{written.view_id}"
        if await seen.was_here(tx, firm.id, key):
            return None
        whom = await _allowed(tx, firm, written, now)
        if isinstance(whom, Refusal):
            return whom
        conversation = await _conversation(tx, firm, whom, now)
        if isinstance(conversation, Refusal):
            return conversation
        if whom.typed:
            await _keep_consent(tx, firm, conversation, written, now)
        accepted = await sending.queue(tx, firm, conversation, _draft(written), now)
        if isinstance(accepted, Refusal):
            return None if accepted is Refusal.DUPLICATE else accepted
        await seen.first_time(tx, firm.id, [key], now)
        await announce.show_text(tx, firm, conversation.id, accepted, now)
        await announce.outcome(tx, firm, written.view_id, conversation.id, accepted, now)
    return None


def _draft(written: Written) -> Draft:
    return Draft(
        body=written.body,
        purpose=Purpose.FIRST,
        author_id=written.user_id,
        origin_channel=FROM_A_MODAL,
        client_msg_id=written.view_id,
        subject=written.subject,
    )


async def open_thread(
    deps: Deps, firm: Firm, view_id: str, user_id: str, chosen: str, now: datetime
) -> Refusal | None:
    """Open a thread in which nothing was said yet; the modal then links it."""
    async with deps.db.begin() as tx:
        whom = await _allowed(tx, firm, Written(view_id, user_id, chosen, ""), now, writes=False)
        if isinstance(whom, Refusal):
            return whom
        conversation = await _conversation(tx, firm, whom, now)
        if isinstance(conversation, Refusal):
            return conversation
        if await seen.first_time(tx, firm.id, [f"opened:{view_id}"], now):
            shown = views.remark(f"<@{user_id}> opened this thread. Nothing was texted yet.")
            await announce.remark(tx, firm, conversation.id, shown, now)
            await announce.outcome(tx, firm, view_id, conversation.id, None, now)
            facts = {"conversation": conversation.id}
            await audit.record(tx, firm.id, now, actor=user_id, action="open_thread", facts=facts)
    return None


async def _allowed(
    tx: Tx, firm: Firm, written: Written, now: datetime, *, writes: bool = True
) -> Recipient | Refusal:
    """Whom it is for, if this person may text them."""
    if not await people.is_known(tx, firm, written.user_id, now):
        await announce.meet(tx, firm, written.user_id, now)
        return Refusal.NOT_YET_KNOWN
    person = await staff.get(tx, firm.id, written.user_id)
    if person is None or person.standing != Standing.MEMBER:
        return Refusal.NOT_STAFF
    whom = await start.recipient(tx, firm, written.chosen)
    if whom is None or whom.phone is None:
        return Refusal.NO_PHONE
    if whom.refusal is Refusal.TYPED_NUMBER:
        return whom.refusal
    if whom.typed and writes and not (written.consent_source and written.consent_words.strip()):
        return Refusal.NO_CONSENT_SOURCE
    return whom


async def _conversation(tx: Tx, firm: Firm, whom: Recipient, now: datetime) -> Conversation | Refusal:
    """The one with this number, made where there is none yet; it runs over the firm's first number."""
    if whom.conversation is not None:
        return whom.conversation
    own = await numbers.of_firm(tx, firm.id)
    if not own:
        return Refusal.NO_NUMBER
    contact = await _contact(tx, firm, whom, now)
    return (await conversations.ensure_all(tx, firm.id, {contact.id: (own[0].id, now)}))[contact.id]


async def _contact(tx: Tx, firm: Firm, whom: Recipient, now: datetime) -> Contact:
    phone = whom.phone or ""
    return whom.contact or (await contacts.ensure_all(tx, firm.id, [phone], now))[phone]


async def _keep_consent(tx: Tx, firm: Firm, conversation: Conversation, written: Written, now: datetime) -> None:
    evidence = {"by": written.user_id, "words": written.consent_words.strip(), "view": written.view_id}
    said = Event(Change.MAY_BE_TEXTED, written.consent_source, evidence, now, actor=written.user_id)
    await consent.record(tx, firm.id, [(conversation.contact_id, said)])
