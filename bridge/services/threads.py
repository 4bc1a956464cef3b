"""A conversation's thread is opened, posted to, and replaced when it is lost.

Slack's post has no idempotency key, so every post carries ours in its metadata. After a try whose end nobody saw,
the thread is read for that key before anything is posted again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.slack import SlackGateway
from bridge.gateways.slack_shapes import Posted
from bridge.services.deps import Deps
from bridge.store import contacts, conversations, firms, leads, messages, threads
from bridge.store.contacts import Contact
from bridge.store.firms import Firm
from bridge.store.threads import Thread
from bridge.store.tx import Tx
from bridge.views import threads as views
from bridge.views.shown import Shown

RECAP = 4  # messages of a lost thread that the new one repeats
TOO_MUCH = {"msg_too_long", "msg_blocks_too_long", "invalid_blocks"}


@dataclass(frozen=True)
class Place:
    """Where a conversation's posts go: its firm, its thread if there is one, and who is at the other end."""

    firm: Firm
    conversation_id: int
    contact: Contact
    name: str | None
    status: str
    thread: Thread | None
    generation: int  # how many threads it has had; part of the key, so that each root is posted once
    earlier: Thread | None


async def place_of(tx: Tx, firm_id: int, conversation_id: int) -> Place:
    """Everything a post needs to know. Raises LookupError."""
    firm = await firms.get(tx, firm_id)
    conversation = await conversations.get(tx, firm_id, conversation_id)
    contact = await contacts.get(tx, firm_id, conversation.contact_id)
    lead = await leads.newest(tx, firm_id, contact.phone)
    return Place(
        firm=firm,
        conversation_id=conversation_id,
        contact=contact,
        name=lead.name if lead else None,
        status=conversation.status,
        thread=await threads.current(tx, firm_id, conversation_id),
        generation=await threads.count(tx, firm_id, conversation_id),
        earlier=await threads.last_retired(tx, firm_id, conversation_id),
    )


def root_of(place: Place, *, earlier: str | None = None) -> Shown:
    """The root message as it should read now."""
    facts = views.Root(
        name=place.name,
        phone=place.contact.phone,
        line_type=place.contact.line_type,
        opted_out=place.contact.opted_out or place.contact.carrier_blocked,
        state=place.status,
    )
    return views.root(facts, earlier=earlier)


async def post(
    deps: Deps, place: Place, shown: Shown, *, key: str, before: int, since: datetime, doubted: bool
) -> Thread:
    """Post into the thread, opening or replacing it as needed; the thread that it is in now. Raises GatewayError.

    `before` is the first message that a replaced thread need not repeat; `since`, when this was first tried;
    `doubted`, that a try may have succeeded unseen.
    """
    slack = deps.clients.slack(place.firm)
    thread = place.thread or await _open(deps, slack, place, before=before, since=since, doubted=doubted)
    try:
        if place.thread is not None and thread.created_at >= since:
            await _repeat_if_missing(deps, slack, place, thread, before)
        if await _post_at(slack, thread, shown, key=key, since=since, doubted=doubted):
            return thread
    except GatewayError as error:
        if error.scope is not Scope.CHANNEL or place.firm.channel_id in {None, thread.channel_id}:
            raise
    # Its root is gone, or its channel is and the firm has chosen another one.
    await lose(deps, place)
    async with deps.db.read() as tx:
        anew = await place_of(tx, place.firm.id, place.conversation_id)
    thread = await _open(deps, slack, anew, before=before, since=since, doubted=False)
    if not await _post_at(slack, thread, shown, key=key, since=since, doubted=False):
        raise GatewayError("thread_lost", Retry.LATER)  # somebody deleted it in this very moment
    return thread


async def lose(deps: Deps, place: Place) -> None:
    """The thread that was seen in this place cannot be used any more; one that has replaced it can."""
    await deps.keep(lambda: _lose(deps, place))


async def _lose(deps: Deps, place: Place) -> None:
    async with deps.db.begin() as tx:
        if await threads.current(tx, place.firm.id, place.conversation_id) == place.thread:
            await threads.retire(tx, place.firm.id, place.conversation_id)


async def _post_at(
    slack: SlackGateway, thread: Thread, shown: Shown, *, key: str, since: datetime, doubted: bool
) -> bool:
    """False when the thread is gone: Slack then posts to the channel itself, without an error."""
    posted = None
    if doubted:
        oldest = since - timedelta(minutes=1)
        posted = await slack.find_posted(thread.channel_id, thread_ts=thread.root_ts, key=key, oldest=oldest)
    if posted is None:
        posted = await _post_somehow(slack, thread.channel_id, shown, key, thread_ts=thread.root_ts)
    if posted.thread_ts == thread.root_ts:
        return True
    await _take_back(slack, posted)
    return False


async def _take_back(slack: SlackGateway, posted: Posted) -> None:
    """What Slack put into the channel itself must go; until it does, it is looked for again, not posted again."""
    try:
        await slack.delete(posted.channel, posted.ts)
    except GatewayError as error:
        if error.retry is not Retry.NEVER:
            raise GatewayError(error.code, Retry.DOUBT, error.after) from error


async def _post_somehow(
    slack: SlackGateway, channel_id: str, shown: Shown, key: str, *, thread_ts: str | None = None
) -> Posted:
    """With its blocks, or as plain text when Slack will not have them."""
    try:
        return await slack.post(channel_id, text=shown.text, blocks=shown.blocks, thread_ts=thread_ts, key=key)
    except GatewayError as error:
        if error.code not in TOO_MUCH:
            raise
        return await slack.post(channel_id, text=shown.text, blocks=[], thread_ts=thread_ts, key=key)


async def _open(
    deps: Deps, slack: SlackGateway, place: Place, *, before: int, since: datetime, doubted: bool
) -> Thread:
    """Post the root and remember it. The one post that may never happen twice: it would split the conversation."""
    channel_id = place.firm.channel_id
    if channel_id is None:
        raise GatewayError("no_channel", Retry.REPAIR, scope=Scope.CHANNEL)
    key = f"root-{place.conversation_id}-{place.generation}"
    posted = None
    if doubted:
        oldest = since - timedelta(minutes=1)
        posted = await slack.find_posted(channel_id, thread_ts=None, key=key, oldest=oldest)
    link = await _link(slack, place)
    if posted is None:
        posted = await _post_somehow(slack, channel_id, root_of(place, earlier=link), key)
    root_ts, now = posted.ts, deps.clock()
    await deps.keep(lambda: _remember(deps, place, channel_id, root_ts, link, now))
    thread = Thread(0, place.conversation_id, channel_id, root_ts, None, current=True, created_at=now)
    await _repeat(deps, slack, place, thread, before)
    return thread


async def _link(slack: SlackGateway, place: Place) -> str | None:
    if place.earlier is None:
        return None
    try:
        return place.earlier.permalink or await slack.permalink(place.earlier.channel_id, place.earlier.root_ts)
    except GatewayError:  # there is nothing left to link to
        return None


async def _remember(
    deps: Deps, place: Place, channel_id: str, root_ts: str, link: str | None, now: datetime
) -> None:
    async with deps.db.begin() as tx:
        await threads.open_at(tx, place.firm.id, place.conversation_id, channel_id, root_ts, now)
        if place.earlier is not None and link is not None:
            await threads.set_permalink(tx, place.firm.id, place.earlier.id, link)


async def _repeat(deps: Deps, slack: SlackGateway, place: Place, thread: Thread, before: int) -> None:
    """The last few messages of the lost thread, so that nobody answers without knowing what was said."""
    if place.earlier is None:
        return
    async with deps.db.read() as tx:
        last = await messages.last_of(tx, place.firm.id, place.conversation_id, before, RECAP)
    if not last:
        return
    told = [(place.name or "Lead" if text.direction == "in" else "Staff", text.body) for text in last]
    key = _recap_key(place, thread)
    await _post_at(slack, thread, views.recap(told), key=key, since=thread.created_at, doubted=False)


async def _repeat_if_missing(deps: Deps, slack: SlackGateway, place: Place, thread: Thread, before: int) -> None:
    """An earlier try opened this thread, and may have come no further."""
    if place.earlier is None:
        return
    key, oldest = _recap_key(place, thread), thread.created_at - timedelta(minutes=1)
    if await slack.find_posted(thread.channel_id, thread_ts=thread.root_ts, key=key, oldest=oldest) is None:
        await _repeat(deps, slack, place, thread, before)


def _recap_key(place: Place, thread: Thread) -> str:
    return f"recap-{place.conversation_id}-{thread.root_ts}"
