"""Staff begin a conversation: from a modal, and not in a thread."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.refusals import Refusal
from bridge.rules.consent import Change, Event
from bridge.rules.content import Concern, concerns, shortcode
from bridge.rules.segments import too_long
from bridge.rules.sending import SAME_TEXT_WINDOW, Purpose
from bridge.services import announce, cards, hints, hours, long_texts, lookups, people, sending, start
from bridge.services.deps import Deps
from bridge.services.drafts import Draft
from bridge.services.start import Recipient
from bridge.store import audit, consent, contacts, conversations, numbers, repeated, seen, staff
from bridge.store.contacts import Contact
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.staff import Standing
from bridge.store.tx import Tx
from bridge.views import threads as views
from bridge.views.cards import Card

FROM_A_MODAL = "view"  # where a text comes from until it stands in its thread
NOW, LATER = "now", "later"  # when it is to go out, where it is night
AGO = timedelta(days=1)  # a modal stands open no longer


@dataclass(frozen=True, repr=False)
class Written:
    """What somebody wrote in the modal `view_id`, to whom; and why a number may be texted that nobody has.

    read: what was said against it before, which its author has read. when: NOW or LATER, where that was asked; NOW
    is for admins, and needs a reason. marketing: it came from a suggestion for that, whatever it says now.
    """

    view_id: str
    user_id: str
    chosen: str
    body: str
    subject: str | None = None
    consent_source: str = ""
    consent_words: str = ""
    read: frozenset[str] = frozenset()
    when: str = ""
    why_now: str = ""
    marketing: bool = False


@dataclass(frozen=True, repr=False)
class Ask:
    """What is left to its author: what they should read first, and when it goes out where it is night until then.

    may_waive: whether they may have it sent by night.
    """

    concerns: tuple[Concern, ...]
    opens_at: datetime | None
    may_waive: bool


async def look(deps: Deps, firm: Firm, chosen: str, now: datetime) -> tuple[Card, bool] | None:
    """The card of somebody who was chosen, and whether their number was only typed; None where there is nobody."""
    async with deps.db.read() as tx:
        whom = await start.recipient(tx, firm, chosen)
        return (await cards.of(tx, firm, whom, now), whom.typed) if whom else None


async def accept(deps: Deps, firm: Firm, written: Written, now: datetime) -> Refusal | Ask | None:
    """Text it, and show it in the thread, which it opens; None when it is accepted, also if it was before.

    1. Was this modal sent before? Then that counts.
    2. May this person text leads?
    3. Who is it for, and may they be texted? A number that nobody has needs a reason, which is kept as consent.
    4. Has its author read what speaks against it? Is it night there?
    5. The gate.
    6. It is shown in the thread; the modal says what becomes of it.
    """
    async with deps.db.begin() as tx:
        key = f"written:{written.view_id}"
        if await seen.was_here(tx, firm.id, key):
            await _report(tx, firm, written, 0, now - AGO, now)
            return None
        whom = await _allowed(tx, firm, written, now)
        if isinstance(whom, Refusal):
            return whom
        ask = await _ask(tx, firm, whom, written, now)
        if _is_open(ask, written):
            return ask
        conversation = await _conversation(tx, firm, whom, now)
        if isinstance(conversation, Refusal):
            return conversation
        draft = _draft(written, ask)
        accepted = await sending.queue(tx, firm, conversation, draft, now)
        if accepted is Refusal.DUPLICATE:
            await _report(tx, firm, written, conversation.id, now - SAME_TEXT_WINDOW, now)
            return None
        if isinstance(accepted, Refusal):
            return accepted
        if whom.typed:
            await _keep_consent(tx, firm, conversation, written, now)
        await seen.first_time(tx, firm.id, [key], now)
        await announce.show_text(tx, firm, conversation.id, accepted, now)
        hint = await _hint(tx, firm, whom, written, now)
        await announce.outcome(tx, firm, written.view_id, conversation.id, accepted, now, hint=hint)
    return None


async def _hint(tx: Tx, firm: Firm, whom: Recipient, written: Written, now: datetime) -> str | None:
    """What its author may do better the next time: only where a conversation begins is somebody greeted."""
    if whom.conversation is not None or whom.lead is None:
        return None
    return await hints.greeting(tx, firm, written.user_id, whom.lead.name, written.body, now)


async def _report(
    tx: Tx, firm: Firm, written: Written, conversation_id: int, since: datetime, now: datetime
) -> None:
    """The same was accepted before, from this modal or from another: this one says what became of that."""
    text = await repeated.accepted_before(
        tx, firm.id, written.user_id, since, client_msg_id=written.view_id, conversation_id=conversation_id,
        body=written.body,
    )  # fmt: skip
    if text is not None:
        await announce.outcome(tx, firm, written.view_id, text.conversation_id, text.id, now)


async def _ask(tx: Tx, firm: Firm, whom: Recipient, written: Written, now: datetime) -> Ask:
    """What its author should know. Of what cannot go out anyway the gate says why."""
    contact = whom.contact or Contact(0, whom.phone or "")
    person = await staff.get(tx, firm.id, written.user_id)
    opens_at = await hours.next_opening(tx, firm, contact, whom.lead, now)
    found: tuple[Concern, ...] = ()
    if whom.refusal is None and not too_long(written.body):
        prefers = await long_texts.prefers(tx, firm, whom.conversation.number_id if whom.conversation else None)
        agreed = contact.wants_marketing(now)
        found = concerns(written.body, marketing_consent=agreed, prefers=prefers, is_marketing=written.marketing)
        found += (emoji,) if (emoji := shortcode(written.body)) else ()
    return Ask(found, opens_at if whom.refusal is None else None, bool(person and person.is_admin))


def _is_open(ask: Ask, written: Written) -> bool:
    """Whether its author has to say something first."""
    if any(concern.about not in written.read for concern in ask.concerns):
        return True
    if ask.opens_at is None or written.when == LATER:
        return False
    return written.when != NOW or is_unfounded(ask, written)


def is_unfounded(ask: Ask, written: Written) -> bool:
    """Whether it is to go out by night, and who wants that may not, or does not say why."""
    return written.when == NOW and not (ask.may_waive and written.why_now.strip())


def _draft(written: Written, ask: Ask) -> Draft:
    waives = ask.opens_at is not None and written.when == NOW
    return Draft(
        body=written.body,
        send_at=None if waives else ask.opens_at,
        hours_waived_by=written.user_id if waives else None,
        hours_waived_why=written.why_now.strip() if waives else None,
        concerns=tuple(concern.about.value for concern in ask.concerns),
        purpose=Purpose.FIRST,
        author_id=written.user_id,
        origin_channel=FROM_A_MODAL,
        client_msg_id=written.view_id,
        subject=written.subject,
    )


async def open_thread(
    deps: Deps, firm: Firm, view_id: str, user_id: str, chosen: str, now: datetime
) -> Refusal | None:
    """Open a thread in which nothing was said yet; the modal then links it.

    For nobody whose number was only typed: what is written in a thread is texted, and nobody asks there why it may.
    """
    async with deps.db.begin() as tx:
        whom = await _allowed(tx, firm, Written(view_id, user_id, chosen, ""), now)
        if isinstance(whom, Refusal):
            return whom
        if whom.refusal is not None:
            return whom.refusal
        conversation = await _conversation(tx, firm, whom, now)
        if isinstance(conversation, Refusal):
            return conversation
        if await seen.first_time(tx, firm.id, [f"opened:{view_id}"], now):
            shown = views.remark(f"<@{user_id}> opened this thread. Nothing was texted yet.")
            await announce.remark(tx, firm, conversation.id, shown, now)
            await announce.outcome(tx, firm, view_id, conversation.id, None, now)
            contact = await contacts.get(tx, firm.id, conversation.contact_id)
            await lookups.promise_if_unknown(tx, firm, contact, now)
            facts = {"conversation": conversation.id}
            await audit.record(tx, firm.id, now, actor=user_id, action="open_thread", facts=facts)
    return None


async def _allowed(tx: Tx, firm: Firm, written: Written, now: datetime) -> Recipient | Refusal:
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
    if whom.typed and not (written.consent_source and written.consent_words.strip()):
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
