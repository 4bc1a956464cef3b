"""A conversation's thread is opened, posted to, and replaced when it is lost.

Slack's post has no idempotency key, so every post carries ours in its metadata. After a try whose end nobody saw,
the thread is read for that key before anything is posted again.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bridge import metrics
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.gateways.slack import SlackGateway
from bridge.gateways.slack_shapes import Posted
from bridge.services import announce, sending
from bridge.services.deps import Deps
from bridge.services.holds import Hold
from bridge.store import joined, messages, threads
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


@dataclass(frozen=True)
class Attempt:
    """One try to post.

    key: ours, in the post's metadata. before: the first message that a replaced thread need not repeat.
    since: when this was first tried. doubted: a try may have succeeded unseen. hold: called before each post;
    raises GatewayError when somebody else has taken over. channel_id: where it was meant to go at first.
    """

    key: str
    before: int
    since: datetime
    doubted: bool
    hold: Hold
    channel_id: str

    @property
    def oldest(self) -> datetime:
        """Nothing of this was posted earlier, whatever Slack's clock says."""
        return self.since - timedelta(minutes=1)


async def place_of(tx: Tx, firm_id: int, conversation_id: int) -> Place:
    """Everything a post needs to know. Raises LookupError."""
    found = await joined.whereabouts(tx, firm_id, conversation_id)
    return Place(
        firm=found.firm,
        conversation_id=conversation_id,
        contact=found.contact,
        name=found.name,
        status=found.conversation.status,
        thread=next((thread for thread in found.threads if thread.current), None),
        generation=len(found.threads),
        earlier=next((thread for thread in reversed(found.threads) if not thread.current), None),
    )


def root_of(place: Place, *, earlier: str | None = None) -> Shown:
    """The root message as it should read now."""
    facts = views.Root(
        name=place.name,
        phone=place.contact.phone,
        line_type=place.contact.line_type,
        opted_out=place.contact.opted_out or place.contact.carrier_blocked,
        state=place.status,
        conversation_id=place.conversation_id,
        unreachable=sending.unreachable(place.firm, place.contact),
        is_off=not place.firm.two_way,
    )
    return views.root(facts, earlier=earlier)


async def post(deps: Deps, place: Place, shown: Shown, attempt: Attempt) -> Posted:
    """Post into the thread, opening or replacing it as needed; where it stands now. Raises GatewayError."""
    slack = deps.clients.slack(place.firm)
    if attempt.doubted and place.thread is None and place.earlier is not None:
        await _clear_up(slack, place.earlier, attempt)
    thread = place.thread or await _open(deps, slack, place, attempt)
    try:
        if place.thread is not None and thread.created_at >= attempt.since:
            await _repeat_if_missing(deps, slack, place, thread, attempt)
        if posted := await _post_at(slack, thread, shown, attempt):
            return posted
    except GatewayError as error:
        if error.scope is not Scope.CHANNEL or place.firm.channel_id in {None, thread.channel_id}:
            raise
    # Its root is gone, or its channel is and the firm has chosen another one.
    await lose(deps, place)
    async with deps.db.glance() as tx:
        anew = await place_of(tx, place.firm.id, place.conversation_id)
    sure = replace(attempt, doubted=False)
    thread = await _open(deps, slack, anew, sure)
    posted = await _post_at(slack, thread, shown, sure)
    if posted is None:
        raise GatewayError("thread_lost", Retry.LATER)  # somebody deleted it in this very moment
    return posted


async def lose(deps: Deps, place: Place) -> None:
    """The thread that was seen in this place cannot be used any more; one that has replaced it can."""
    await deps.keep(lambda: _lose(deps, place))


async def _lose(deps: Deps, place: Place) -> None:
    async with deps.db.begin() as tx:
        if await threads.current(tx, place.firm.id, place.conversation_id) == place.thread:
            await threads.retire(tx, place.firm.id, place.conversation_id)


async def _post_at(slack: SlackGateway, thread: Thread, shown: Shown, attempt: Attempt) -> Posted | None:
    """None when the thread is gone: Slack then posts to the channel itself, without an error."""
    found = None
    if attempt.doubted:
        found = await slack.find_posted(
            thread.channel_id, thread_ts=thread.root_ts, key=attempt.key, oldest=attempt.oldest
        )
    posted = found
    if posted is None:
        posted = await _post_somehow(slack, thread.channel_id, shown, attempt, thread_ts=thread.root_ts)
    if posted.thread_ts == thread.root_ts:
        if attempt.doubted:
            metrics.RECONCILED.of("slack", "happened" if found else "repeated").inc()
        return posted
    await _take_back(slack, posted)
    return None


async def _take_back(slack: SlackGateway, posted: Posted) -> None:
    """What Slack put into the channel itself must go; until it does, it is looked for again, not posted again."""
    try:
        await slack.delete(posted.channel, posted.ts)
    except GatewayError as error:
        if error.retry is not Retry.NEVER:
            raise GatewayError(error.code, Retry.DOUBT, error.after) from error


async def _clear_up(slack: SlackGateway, lost: Thread, attempt: Attempt) -> None:
    """An earlier try may have come right after the thread was lost: then it stands in the channel itself."""
    try:
        posted = await slack.find_posted(
            lost.channel_id, thread_ts=lost.root_ts, key=attempt.key, oldest=attempt.oldest
        )
    except GatewayError as error:
        if error.scope is not Scope.CHANNEL:
            raise
        return  # nobody can look there any more
    if posted is not None and posted.thread_ts != lost.root_ts:
        await _take_back(slack, posted)


async def _post_somehow(
    slack: SlackGateway, channel_id: str, shown: Shown, attempt: Attempt, *, thread_ts: str | None = None
) -> Posted:
    """With its blocks, or as plain text when Slack will not have them."""
    await attempt.hold()
    key = attempt.key
    try:
        return await slack.post(channel_id, text=shown.text, blocks=shown.blocks, thread_ts=thread_ts, key=key)
    except GatewayError as error:
        if error.code not in TOO_MUCH:
            raise
        return await slack.post(channel_id, text=shown.text, blocks=[], thread_ts=thread_ts, key=key)


async def _open(deps: Deps, slack: SlackGateway, place: Place, attempt: Attempt) -> Thread:
    """Post the root and remember it. The one post that may never happen twice: it would split the conversation."""
    channel_id = place.firm.channel_id
    if channel_id is None:
        raise GatewayError("no_channel", Retry.REPAIR, scope=Scope.CHANNEL)
    root = replace(attempt, key=f"root-{place.conversation_id}-{place.generation}")
    posted = await _find_root(slack, channel_id, root) if attempt.doubted else None
    link = await _link(slack, place)
    if posted is None:
        posted = await _post_somehow(slack, channel_id, root_of(place, earlier=link), root)
    else:
        channel_id = posted.channel
    root_ts, now = posted.ts, deps.clock()
    await deps.keep(lambda: _remember(deps, place, channel_id, root_ts, link, now))
    thread = Thread(0, place.conversation_id, channel_id, root_ts, None, current=True, created_at=now)
    await _repeat(deps, slack, place, thread, attempt)
    return thread


async def _find_root(slack: SlackGateway, channel_id: str, root: Attempt) -> Posted | None:
    """The root that an earlier try has posted, perhaps before the firm chose this channel."""
    posted = await slack.find_posted(channel_id, thread_ts=None, key=root.key, oldest=root.oldest)
    if posted is not None or root.channel_id in {channel_id, announce.NOWHERE}:
        return posted
    try:
        return await slack.find_posted(root.channel_id, thread_ts=None, key=root.key, oldest=root.oldest)
    except GatewayError as error:
        if error.scope is not Scope.CHANNEL:
            raise
        return None  # nobody can look there any more


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


async def _repeat(deps: Deps, slack: SlackGateway, place: Place, thread: Thread, attempt: Attempt) -> None:
    """The last few messages of the lost thread, so that nobody answers without knowing what was said."""
    if place.earlier is None:
        return
    async with deps.db.read() as tx:
        last = await messages.last_of(tx, place.firm.id, place.conversation_id, attempt.before, RECAP)
    if not last:
        return
    told = [(place.name or "Lead" if text.direction == "in" else "Staff", text.body) for text in last]
    recap = replace(attempt, key=_recap_key(place, thread), since=thread.created_at, doubted=False)
    await _post_at(slack, thread, views.recap(told), recap)


async def _repeat_if_missing(
    deps: Deps, slack: SlackGateway, place: Place, thread: Thread, attempt: Attempt
) -> None:
    """An earlier try opened this thread, and may have come no further."""
    if place.earlier is None:
        return
    key, oldest = _recap_key(place, thread), datetime.fromtimestamp(float(thread.root_ts), UTC)
    if await slack.find_posted(thread.channel_id, thread_ts=thread.root_ts, key=key, oldest=oldest) is None:
        await _repeat(deps, slack, place, thread, attempt)


def _recap_key(place: Place, thread: Thread) -> str:
    return f"recap-{place.conversation_id}-{thread.root_ts}"
