"""A lead's text arrives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from itertools import takewhile

from bridge.rules import keywords, mrkdwn
from bridge.rules.preferences import LINES
from bridge.rules.suspicion import sounds_like_opt_out
from bridge.services import announce, away, homes, suspicion
from bridge.services import keywords as settling
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


@dataclass(frozen=True, repr=False)
class Arrival:
    """A text, whose it is, and when it came."""

    firm: Firm
    number: Number
    sms: Sms
    now: datetime

    @cached_property
    def phone(self) -> str:
        """The lead's number, as far as it can be stored."""
        return mrkdwn.clean(self.sms.from_)[:100]


async def receive(deps: Deps, firm: Firm, number: Number, sms: Sms, now: datetime) -> bool:
    """Take one text in; False when it was here before. Raises StoreUnavailable."""
    return (await receive_all(deps, [Arrival(firm, number, sms, now)]))[0]


async def receive_all(deps: Deps, arrivals: Sequence[Arrival], *, urgent: bool = False) -> list[bool]:
    """Take texts in, in this order; False for those that were here before. Raises StoreUnavailable.

    It is `urgent` where somebody waits for it.

    1. Seen this sid? Stop.
    2. Contact and conversation by phone number, made for a stranger.
    3. The message is stored, whatever happens next.
    4. A keyword is settled before the inbox hears of it.
    5. With two-way on, its post is promised.
    6. If it sounds like an opt-out, texting pauses until somebody has decided.
    """
    first: dict[tuple[int, str], Arrival] = {}
    for arrival in arrivals:
        first.setdefault((arrival.firm.id, arrival.sms.sid), arrival)
    async with deps.db.begin(urgent=urgent) as tx:
        taken: list[Arrival] = []
        for firm_id in sorted({firm_id for firm_id, _ in first}):
            taken += await _of_firm(tx, firm_id, [one for one in first.values() if one.firm.id == firm_id])
    new = {id(arrival) for arrival in taken}
    return [id(arrival) in new for arrival in arrivals]


async def _of_firm(tx: Tx, firm_id: int, arrivals: list[Arrival]) -> list[Arrival]:
    """Those that are new. A keyword changes what those behind it mean, so it ends what is done in one go."""
    known = await messages.known_sids(tx, firm_id, [arrival.sms.sid for arrival in arrivals])
    rest, taken = [arrival for arrival in arrivals if arrival.sms.sid not in known], list[Arrival]()
    people = await _people(tx, firm_id, rest) if rest else {}
    while rest:
        plain = list(takewhile(lambda one: _keyword(one, people[one.phone]) is None, rest))
        taken += await _take_plain(tx, firm_id, people, plain)
        for arrival in rest[len(plain) : len(plain) + 1]:
            is_new, people[arrival.phone] = await _take_keyword(tx, people[arrival.phone], arrival)
            taken += [arrival] if is_new else []
        rest = rest[len(plain) + 1 :]
    return taken


async def _people(tx: Tx, firm_id: int, arrivals: Sequence[Arrival]) -> dict[str, Contact]:
    now = arrivals[0].now
    return await contacts.ensure_all(tx, firm_id, [one.phone for one in arrivals], now, heard_at=now)


def _keyword(arrival: Arrival, contact: Contact) -> keywords.Keyword | None:
    return keywords.keyword(
        arrival.sms.body,
        opted_out=contact.opted_out,
        toll_free=arrival.number.toll_free,
        opt_out_type=arrival.sms.opt_out_type,
        extra_stop=arrival.firm.prefers.stop_words,
    )


async def _take_keyword(tx: Tx, contact: Contact, arrival: Arrival) -> tuple[bool, Contact]:
    """Whether it is new, and what is known about the lead from then on."""
    firm, number, sms, now = arrival.firm, arrival.number, arrival.sms, arrival.now
    keyword = _keyword(arrival, contact)
    (conversation,) = (await _conversations(tx, firm.id, {contact.phone: contact}, [arrival])).values()
    if keyword is None or not await _store(tx, firm.id, [(arrival, conversation)], category="keyword"):
        return False, contact
    contact = await _listens(tx, firm, contact, conversation, now)
    acted, late = (sms.opt_out_type or "").upper() == keyword.name, sms.sent_at is not None
    word = settling.Word(keyword, sms.body, sms.sid, sms.sent_at or now, late=late, acted=acted)
    return True, await settling.settle(tx, firm, number, contact, conversation, word, now)


async def _take_plain(
    tx: Tx, firm_id: int, people: Mapping[str, Contact], arrivals: list[Arrival]
) -> list[Arrival]:
    talks = await _conversations(tx, firm_id, people, arrivals)
    ids = await _store(tx, firm_id, [(one, talks[one.phone]) for one in arrivals], category="natural")
    taken = [arrival for arrival in arrivals if arrival.sms.sid in ids]
    shown = [arrival for arrival in taken if arrival.firm.two_way]
    for phone, earliest in {one.phone: one for one in reversed(taken)}.items():
        await _listens(tx, earliest.firm, people[phone], talks[phone], earliest.now)
        if earliest.firm.two_way:
            await _wake_up(tx, earliest.firm, talks[phone], earliest.now)
    posts = [announce.Post(talks[one.phone].id, ids[one.sms.sid], one.now) for one in shown]
    if shown:
        await announce.texts_in(tx, shown[0].firm, posts)
        await homes.refresh_all(tx, shown[0].firm, shown[0].now)
    for one in taken:
        await _doubt(tx, one, people[one.phone], talks[one.phone], ids[one.sms.sid])
        await away.tell(tx, one.firm, talks[one.phone], one.sms.sent_at or one.now, one.now)
    return taken


async def _doubt(tx: Tx, arrival: Arrival, contact: Contact, conversation: Conversation, message_id: int) -> None:
    """Words that may be an opt-out pause texting. Who has stopped already need not say so again."""
    sms, number = arrival.sms, arrival.number
    if not contact.opted_out and sounds_like_opt_out(sms.body):
        is_late, at = sms.sent_at is not None, sms.sent_at or arrival.now
        text = suspicion.Text(
            conversation, message_id, sms.sid, mrkdwn.clean(sms.body), number.phone, at, late=is_late
        )
        await suspicion.suspect(tx, arrival.firm, text, arrival.now)


async def _conversations(
    tx: Tx, firm_id: int, people: Mapping[str, Contact], arrivals: list[Arrival]
) -> dict[str, Conversation]:
    """By phone number; each is over the number that was texted last."""
    last = {people[arrival.phone].id: arrival for arrival in arrivals}
    talks = await conversations.ensure_all(
        tx, firm_id, {contact_id: (one.number.id, one.now) for contact_id, one in last.items()}
    )
    return {one.phone: talks[contact_id] for contact_id, one in last.items()}


async def _store(
    tx: Tx, firm_id: int, arrivals: Sequence[tuple[Arrival, Conversation]], *, category: str
) -> dict[str, int]:
    """The ids of those that are stored now, by sid."""
    texts = [
        {
            "sid": one.sms.sid, "created_at": one.sms.sent_at or one.now, "conversation_id": talk.id,
            "number_id": one.number.id, "body": mrkdwn.clean(one.sms.body), "category": category,
            "late": one.sms.sent_at is not None, "unshown": category == "natural" and not one.firm.two_way,
        }
        for one, talk in arrivals
    ]  # fmt: skip
    ids = await messages.add_inbound(tx, firm_id, texts)
    for one, _ in arrivals:
        for position, (url, media_type) in enumerate(one.sms.pictures if one.sms.sid in ids else ()):
            place, kind = mrkdwn.clean(url)[:1000], mrkdwn.clean(media_type)[:100]
            await pictures.add(tx, firm_id, ids[one.sms.sid], position, place, media_type=kind)
    return ids


async def _listens(tx: Tx, firm: Firm, contact: Contact, conversation: Conversation, now: datetime) -> Contact:
    """Who texts us can be texted, whatever a look-up or a carrier said; what was filtered before is forgotten."""
    was_unreachable = contact.line_type in LINES
    if contact.heard_at is not None and not was_unreachable and not contact.filtered:
        return contact
    await contacts.listens(tx, firm.id, contact.id, now)
    if was_unreachable and firm.two_way:
        await announce.refresh_root(tx, firm, conversation.id, now)
    line_type = None if was_unreachable else contact.line_type
    return replace(contact, heard_at=contact.heard_at or now, line_type=line_type, filtered=0)


async def _wake_up(tx: Tx, firm: Firm, conversation: Conversation, now: datetime) -> None:
    """A text opens the conversation again."""
    if conversation.status != "open":
        await conversations.reopen(tx, firm.id, conversation.id)
        await announce.remark(tx, firm, conversation.id, views.remark("Reopened by a new text."), now)
        await announce.refresh_root(tx, firm, conversation.id, now)
