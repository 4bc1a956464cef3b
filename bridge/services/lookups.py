"""What kind of line a number is: Twilio is asked once, and its answer is kept.

Each look-up costs, so all that are promised for one number wait in one lane: the first asks, and those behind it
find the answer. They have a service and ways of their own: however slow they are, texts do not wait behind them.
The one text that could turn out to be in vain waits for its number's look-up, PATIENCE at most; then it goes, as to
any number of unknown kind.
"""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from bridge.gateways.errors import GatewayError, Retry
from bridge.gateways.twilio import TwilioGateway
from bridge.rules.lines import after_look_up
from bridge.rules.sending import refuse_line
from bridge.services import announce
from bridge.services.deps import Deps
from bridge.services.promises import Promise
from bridge.store import contacts, conversations, firms, lanes, leads, numbers, outbox, threads
from bridge.store.contacts import Contact
from bridge.store.firms import Firm
from bridge.store.outbox import Row
from bridge.store.tx import Tx
from bridge.views import threads as views

PATIENCE = timedelta(seconds=2)
OLD = timedelta(days=180)  # numbers move between landlines and phones, but not often
FEW = 10  # numbers that come together, and yet are no table
AT_ONCE = 500  # numbers in one look at the database


def _is_settled(contact: Contact) -> bool:
    """Whether nothing is to be asked: it was looked up, or has texted us, which proves more, or wants no texts."""
    return contact.line_checked_at is not None or contact.heard_at is not None or contact.opted_out


async def promise_if_unknown(tx: Tx, firm: Firm, contact: Contact, now: datetime) -> datetime | None:
    """The number will be looked up if it never was; until when a text to it waits for that, if at all.

    Whoever has texted us is not looked up, nor anybody while the firm has no number at Twilio.
    """
    if _is_settled(contact) or await numbers.account(tx, firm.id) is None:
        return None
    since = await lanes.open_since(tx, firm.id, announce.contact_lane(contact.id))
    if since is None:
        await outbox.put_all(tx, firm.id, [announce.look_up(contact.id, now)])
    until = (since or now) + PATIENCE
    return until if now < until <= now + PATIENCE else None


async def promise_all(tx: Tx, firm: Firm, people: Collection[Contact], now: datetime) -> None:
    """As promise_if_unknown(), for several: whole tables leave the way free for those who come one by one."""
    unknown = {announce.contact_lane(one.id): one for one in people if not _is_settled(one)}
    if not unknown or await numbers.account(tx, firm.id) is None:
        return
    waiting = await lanes.open_lanes(tx, firm.id, list(unknown))
    new = [one for lane, one in unknown.items() if lane not in waiting]
    await outbox.put_all(tx, firm.id, [announce.look_up(one.id, now, many=len(people) > FEW) for one in new])


async def promise_again_if_old(tx: Tx, firm: Firm, contact: Contact, now: datetime) -> None:
    """A carrier does not reach a number that was looked up long ago: it may be another line by now."""
    asked = contact.line_checked_at
    if asked is not None and now - asked > OLD and contact.heard_at is None:
        await _promise_again(tx, firm, contact, now)


async def _promise_again(tx: Tx, firm: Firm, contact: Contact, now: datetime) -> bool:
    """Whether it will be: not while the firm has no number at Twilio."""
    if await numbers.account(tx, firm.id) is None:
        return False
    await outbox.put_all(tx, firm.id, [announce.look_up(contact.id, now, anew=True)])
    return True


async def check(deps: Deps, firm: Firm, phone: str, now: datetime) -> str | None:
    """Somebody wants the number looked up anew; why that cannot be, as a sentence. Raises StoreUnavailable."""
    async with deps.db.begin() as tx:
        contact = await contacts.by_phone(tx, firm.id, phone)
        if contact is None and await leads.newest(tx, firm.id, phone):
            contact = (await contacts.ensure_all(tx, firm.id, [phone], now))[phone]
        if contact is None:
            return "No lead has that number."
        is_promised = await _promise_again(tx, firm, contact, now)
    return None if is_promised else "No number of a Twilio account is connected, so nothing can be looked up."


async def count_unknown(deps: Deps, firm: Firm, phones: Iterable[str]) -> int:
    """How many different numbers of these would be looked up if they were entered now."""
    async with deps.db.glance() as tx:
        if await numbers.account(tx, firm.id) is None:
            return 0
    found, every = 0, iter(set(phones))
    for some in _portions(every):
        async with deps.db.glance() as tx:
            known = await contacts.by_phones(tx, firm.id, some)
        found += len(some) - sum(_is_settled(contact) for contact in known.values())
    return found


def _portions(every: Iterator[str]) -> Iterator[list[str]]:
    while some := list(islice(every, AT_ONCE)):
        yield some


async def look_up(deps: Deps, row: Row, now: datetime) -> bool:
    """Ask Twilio, unless it was asked since this was promised; whether it told. Raises GatewayError."""
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
        contact = await contacts.get(tx, firm.id, row.payload["contact_id"])
        account_sid = await numbers.account(tx, firm.id)
    if account_sid is None or _is_answered(contact, row):
        await deps.finish([row])
        return False
    asked = deps.clock()
    kind = await _gateway(deps, firm, account_sid).line_type(contact.phone)
    await deps.keep(lambda: _learn(deps, row, kind, asked))
    return kind is not None


def _is_answered(contact: Contact, row: Row) -> bool:
    if not row.payload["anew"]:
        return _is_settled(contact)
    return contact.line_checked_at is not None and contact.line_checked_at > row.created_at


def _gateway(deps: Deps, firm: Firm, account_sid: str) -> TwilioGateway:
    """Without credentials it is tried later: that texts cannot go either, they tell themselves."""
    try:
        return deps.clients.twilio(firm, account_sid)
    except GatewayError as error:
        raise GatewayError(error.code, Retry.LATER) from error


async def give_up(deps: Deps, row: Row, error: GatewayError, now: datetime) -> None:
    """After a day of trying its kind is unknown, and it may be texted."""
    await _learn(deps, row, None, now)


async def _learn(deps: Deps, row: Row, kind: str | None, asked: datetime) -> None:
    now = deps.clock()
    async with deps.db.begin() as tx:
        if not await outbox.finish(tx, row, now):
            return
        firm = await firms.get(tx, row.firm_id)
        contact = await contacts.hold(tx, firm.id, row.payload["contact_id"])
        if contact.line_checked_at is None or contact.line_checked_at <= asked:  # else a carrier was faster
            await _keep(tx, firm, contact, kind, now)


async def _keep(tx: Tx, firm: Firm, contact: Contact, kind: str | None, now: datetime) -> None:
    """What a text waits for that has not left yet is known: it goes at once, or says itself why it does not."""
    line_type = after_look_up(contact.line_type, kind, has_texted=contact.heard_at is not None)
    await contacts.change(tx, firm.id, contact.id, line_type=line_type, line_checked_at=now)
    conversation = (await conversations.with_contacts(tx, firm.id, [contact.id])).get(contact.id)
    if conversation is None:
        return
    texts = await lanes.hasten(tx, firm.id, announce.texts_lane(conversation.id), now, now + PATIENCE)
    if line_type != contact.line_type:
        await _show(tx, firm, conversation.id, line_type, now, is_told=texts > 0)


async def _show(
    tx: Tx, firm: Firm, conversation_id: int, line_type: str | None, now: datetime, *, is_told: bool
) -> None:
    """In the thread, if there is one, or one is being opened: its root may be out of date already."""
    is_there = await threads.current(tx, firm.id, conversation_id) is not None
    is_coming = not is_there and await outbox.has_open(tx, firm.id, announce.thread_lane(conversation_id))
    if not firm.two_way or not (is_there or is_coming):
        return
    refusal = refuse_line(line_type, firm.prefers.untextable_lines)
    if refusal is not None and not is_told:
        shown = views.remark(refusal.sentence, warning=True)
        await announce.remark(tx, firm, conversation_id, shown, now)
    await announce.refresh_root(tx, firm, conversation_id, now, behind_posts=is_coming)


LOOK_UP = Promise(keep=look_up, give_up=give_up)
