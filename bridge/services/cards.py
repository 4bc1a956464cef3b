"""The lead card: everything known about somebody, read once."""

from datetime import datetime

from bridge.services.start import Recipient, row_id
from bridge.store import contacts, conversations, leads, messages, threads
from bridge.store.firms import Firm
from bridge.store.messages import Message
from bridge.store.tx import Tx
from bridge.views.cards import Card, Said

LAST = 5  # texts that are shown
NEWEST = 2**62  # behind any message


async def of(tx: Tx, firm: Firm, whom: Recipient, now: datetime) -> Card:
    """What the card of somebody shows."""
    lead, contact, talk = whom.lead, whom.contact, whom.conversation
    thread = await threads.current(tx, firm.id, talk.id) if talk else None
    last = await messages.last_of(tx, firm.id, talk.id, NEWEST, LAST) if talk else []
    return Card(
        phone=whom.phone,
        name=lead.name if lead else None,
        email=lead.email if lead else None,
        signups=await leads.count_of(tx, firm.id, whom.phone) if whom.phone else 1,
        source=lead.source if lead else None,
        signed_up_at=lead.created_at if lead else None,
        tags=lead.tags if lead else (),
        details=lead.attributes if lead else {},
        line_type=contact.line_type if contact else None,
        line_checked=bool(contact and contact.line_checked_at),
        opted_out=bool(contact and (contact.opted_out or contact.carrier_blocked)),
        marketing=bool(contact and contact.wants_marketing(now)),
        refusal=whom.refusal.sentence if whom.refusal else None,
        is_blocked=bool(contact and contact.blocked_at),
        said=[_said(text) for text in last],
        channel_id=firm.called_now(thread.channel_id) if thread else None,
        link=thread.permalink if thread else None,
    )


def _said(text: Message) -> Said:
    ours = f"<@{text.author_id}>" if text.author_id else "This app"
    return Said("The lead" if text.direction == "in" else ours, text.body, text.created_at)


async def choice(tx: Tx, firm: Firm, named: str) -> str | None:
    """The one at the other end of a conversation, as a choice; None where it is not this firm's, or none."""
    conversation_id = row_id(named)
    try:
        talk = await conversations.get(tx, firm.id, conversation_id or 0)
    except LookupError:
        return None
    return f"phone:{(await contacts.get(tx, firm.id, talk.contact_id)).phone}"
