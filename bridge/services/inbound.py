"""A lead's text arrives."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bridge.rules import keywords, mrkdwn
from bridge.services import announce, consent
from bridge.services.deps import Deps
from bridge.store import contacts, conversations, messages, pictures
from bridge.store.contacts import Contact
from bridge.store.conversations import Conversation
from bridge.store.firms import Firm
from bridge.store.numbers import Number
from bridge.store.tx import Tx
from bridge.views import threads as views


@dataclass(frozen=True, repr=False)
class Sms:
    """A text as Twilio tells it. `pictures` are (url, media type); `sent_at` is set when it came late."""

    sid: str
    from_: str
    body: str
    pictures: Sequence[tuple[str, str]] = ()
    opt_out_type: str | None = None
    sent_at: datetime | None = None


async def receive(deps: Deps, firm: Firm, number: Number, sms: Sms, now: datetime) -> bool:
    """Take the text in; False when it was here before. Raises StoreUnavailable.

    1. Seen this sid? Stop.
    2. Contact and conversation by phone number, made for a stranger.
    3. The message is stored, whatever happens next.
    4. A keyword is settled before the inbox hears of it.
    5. With two-way on, its post is promised.
    """
    async with deps.db.begin() as tx:
        if await messages.by_sid(tx, firm.id, sms.sid):
            return False
        contact = await contacts.ensure(tx, firm.id, mrkdwn.clean(sms.from_)[:100], now)
        conversation = await conversations.ensure(tx, firm.id, contact.id, number.id, now)
        keyword = _keyword(sms, contact, number)
        message_id = await _store(tx, firm, conversation, number, sms, now, is_keyword=keyword is not None)
        if message_id is None:
            return False
        if keyword is not None:
            await consent.settle(tx, firm, number, contact, conversation, _word(sms, keyword, now), now)
        elif firm.two_way:
            await _show(tx, firm, contact, conversation, message_id, now)
        return True


def _keyword(sms: Sms, contact: Contact, number: Number) -> keywords.Keyword | None:
    return keywords.keyword(
        sms.body, opted_out=contact.opted_out, toll_free=number.toll_free, opt_out_type=sms.opt_out_type
    )


def _word(sms: Sms, keyword: keywords.Keyword, now: datetime) -> consent.Word:
    acted = (sms.opt_out_type or "").upper() == keyword.name
    at, late = sms.sent_at or now, sms.sent_at is not None
    return consent.Word(keyword, sms.body, sms.sid, at, late=late, acted=acted)


async def _store(
    tx: Tx, firm: Firm, conversation: Conversation, number: Number, sms: Sms, now: datetime, *, is_keyword: bool
) -> int | None:
    message_id = await messages.add_inbound(
        tx, firm.id, sms.sid, sms.sent_at or now, conversation_id=conversation.id, number_id=number.id,
        body=mrkdwn.clean(sms.body), category="keyword" if is_keyword else "natural", late=sms.sent_at is not None,
    )  # fmt: skip
    if message_id is not None:
        for position, (url, media_type) in enumerate(sms.pictures):
            place, kind = mrkdwn.clean(url)[:1000], mrkdwn.clean(media_type)[:100]
            await pictures.add(tx, firm.id, message_id, position, place, media_type=kind)
    return message_id


async def _show(
    tx: Tx, firm: Firm, contact: Contact, conversation: Conversation, message_id: int, now: datetime
) -> None:
    if contact.line_type == "landline":  # who texts us can be texted, whatever a look-up said
        await contacts.change(tx, firm.id, contact.id, line_type=None)
        await announce.refresh_root(tx, firm, conversation.id, now)
    if conversation.status != "open":
        await conversations.reopen(tx, firm.id, conversation.id)
        await announce.remark(tx, firm, conversation.id, views.remark("Reopened by a new text."), now)
        await announce.refresh_root(tx, firm, conversation.id, now)
    await announce.text_in(tx, firm, conversation.id, message_id, now)
