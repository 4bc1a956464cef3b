"""A member of staff writes in a thread."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bridge import metrics
from bridge.refusals import Refusal
from bridge.rules import content, mrkdwn
from bridge.rules.content import Concern
from bridge.rules.sending import Purpose
from bridge.services import alterations, announce, hints, long_texts, sending
from bridge.services.deps import Deps
from bridge.services.drafts import Attachment, Draft
from bridge.services.wording import as_sms
from bridge.store import joined, outbox, seen, threads
from bridge.store.channels import ReplyMode
from bridge.store.firms import Firm
from bridge.store.joined import Said, Talk
from bridge.store.outbox import Kind
from bridge.store.staff import Standing
from bridge.store.tx import Tx
from bridge.views import threads as views
from bridge.views.shown import Shown

NOTE, INSIDE, REFUSED = "memo", "lock", "no_entry"  # reactions that show what did not go out, and why
PEOPLE, WAITS = "people", "replies"  # routes: Slack is asked who somebody is; or nobody is asked, most likely
KNOWN_FOR = timedelta(hours=24)  # after that Slack is asked again who somebody is


@dataclass(frozen=True, repr=False)
class Reply:
    """A message in a thread, as Slack told it. Everything is needed again when its author must be looked up."""

    channel_id: str
    user_id: str
    ts: str
    thread_ts: str
    text: str
    blocks: Sequence[Mapping[str, Any]]
    files: Sequence[Mapping[str, Any]]
    client_msg_id: str | None
    event_id: str
    is_outsider: bool  # of another workspace, by Slack Connect
    is_aside: bool = False  # typed as what somebody does, not says
    taken_in: float = 0.0  # Unix time
    parent_id: str | None = None  # who wrote the thread's root


async def relay(deps: Deps, firm: Firm, reply: Reply, now: datetime) -> None:
    """Text it to the lead, or keep it inside, or say why not. Raises StoreUnavailable.

    1. Is it in a lead's thread, or in one of ours that we do not know? A root that is being posted is waited for.
    2. Was it here before? The same words come up to eleven times, with other event ids.
    3. Judge it, unless an earlier reply in this thread still waits to be judged: then behind that one.
    """
    if await _may_concern_us(deps, firm, reply):
        # One person's replies are counted, and those in one thread keep their order.
        apart = (firm.id, reply.user_id), (firm.id, reply.channel_id, reply.thread_ts)
        await deps.db.together.do(_take_in, _Arrival(firm, reply, now), apart=apart)


@dataclass(frozen=True, eq=False)
class _Arrival:
    """A reply, whose it is, and when it came."""

    firm: Firm
    reply: Reply
    now: datetime


async def _take_in(tx: Tx, arrival: _Arrival) -> None:
    firm, reply, now = arrival.firm, arrival.reply, arrival.now
    if not await seen.first_time(tx, firm.id, _keys(reply), now):
        tx.once_durable(metrics.DUPLICATES.of("reply").inc)
        return
    said = await look_up(tx, firm, reply)
    if said.is_text:
        tx.once_durable(metrics.DUPLICATES.of("reply").inc)
        return
    if said.talk is None or said.is_behind:
        await _judge_later(tx, firm, reply, now, WAITS)
    elif await judge(tx, firm, said, reply, now):
        await _judge_later(tx, firm, reply, now, PEOPLE)


async def _may_concern_us(deps: Deps, firm: Firm, reply: Reply) -> bool:
    """Most messages of a busy channel do not; they cost a few looks and no write."""
    if _is_under_ours(firm, reply):
        return True
    async with deps.db.glance() as tx:
        if await threads.at(tx, firm.id, reply.channel_id, reply.thread_ts):
            return True
        if await outbox.is_opening_threads(tx, firm.id):
            return True
        # What was opening at the first look may be open by now.
        return await threads.at(tx, firm.id, reply.channel_id, reply.thread_ts) is not None


def _is_under_ours(firm: Firm, reply: Reply) -> bool:
    return reply.parent_id is not None and reply.parent_id == firm.bot_user_id


def _keys(reply: Reply) -> list[str]:
    keys = [f"event:{reply.event_id}", alterations.arrival(reply.channel_id, reply.ts)]
    if reply.client_msg_id:
        keys.append(f"client:{reply.channel_id}:{reply.client_msg_id}")
    return keys


def _lane(reply: Reply) -> str:
    return alterations.replies_lane(reply.channel_id, reply.thread_ts)


async def _judge_later(tx: Tx, firm: Firm, reply: Reply, now: datetime, route: str) -> None:
    await outbox.put(
        tx,
        firm.id,
        Kind.RELAY,
        now,
        lane=_lane(reply),
        service=announce.SLACK,
        route=route,
        payload=asdict(reply),
    )


async def look_up(tx: Tx, firm: Firm, reply: Reply) -> Said:
    """What we know of it."""
    channel_id, ts = reply.channel_id, reply.ts
    return await joined.said(
        tx, firm.id, channel_id=channel_id, ts=ts, thread_ts=reply.thread_ts, user_id=reply.user_id,
        lane=_lane(reply), **alterations.keys(channel_id, ts),
    )  # fmt: skip


async def judge(tx: Tx, firm: Firm, said: Said, reply: Reply, now: datetime) -> set[str]:
    """Decide what a reply becomes and promise it. Returns the people who must be looked up before that."""
    unknown = await _judge(tx, firm, said, reply, now)
    if (said.is_edited or said.is_deleted) and not unknown:
        await alterations.catch_up(tx, firm, reply.channel_id, reply.ts, now)
    return unknown


async def _judge(tx: Tx, firm: Firm, said: Said, reply: Reply, now: datetime) -> set[str]:
    if said.is_deleted or said.talk is None:
        return set()
    if _is_note(reply):
        await _mark(tx, firm, reply, NOTE, now)
        return set()
    mode = ReplyMode(said.reply_mode or ReplyMode.SEND)
    if mode is ReplyMode.ALERTS:
        await _mark(tx, firm, reply, INSIDE, now)
        return set()
    author = said.author
    if not reply.is_outsider and (author is None or abs(now - author.checked_at) > KNOWN_FOR):
        return {reply.user_id}
    if reply.is_outsider or author is None or author.standing != Standing.MEMBER:
        await refuse(tx, firm, reply, Refusal.NOT_STAFF, now)
        return set()
    words, unknown = await _words(tx, firm, reply)
    if unknown:
        return unknown
    await _queue(tx, firm, said.talk, reply, words, mode, now)
    return set()


def _is_note(reply: Reply) -> bool:
    marked = mrkdwn.is_note(reply.text, reply.blocks)
    return reply.is_aside or marked or mrkdwn.mentions_first(reply.text, reply.blocks) is not None


async def _words(tx: Tx, firm: Firm, reply: Reply) -> tuple[mrkdwn.Sms, set[str]]:
    """The reply as the lead will read it, and the people in it whose names we do not know yet."""
    sms = await as_sms(tx, firm, reply.text, reply.blocks)
    return sms, {user for user in sms.unknown_users if user.startswith(("U", "W"))}


async def _queue(
    tx: Tx, firm: Firm, talk: Talk, reply: Reply, words: mrkdwn.Sms, mode: ReplyMode, now: datetime
) -> None:
    prefers = await long_texts.prefers(tx, firm, talk.conversation.number_id)
    marketing = talk.contact.wants_marketing(now)
    concerns = content.concerns(words.text, marketing_consent=marketing, prefers=prefers)
    draft = Draft(
        body=words.text,
        purpose=Purpose.REPLY,
        author_id=reply.user_id,
        origin_channel=reply.channel_id,
        origin_ts=reply.ts,
        client_msg_id=reply.client_msg_id,
        attachments=tuple(_attachment(file) for file in reply.files),
        custom_emoji=bool(words.custom_emoji),
        taken_in=datetime.fromtimestamp(reply.taken_in, UTC) if reply.taken_in else None,
        concerns=tuple(concern.about.value for concern in concerns),
    )
    is_held = mode is ReplyMode.CONFIRM or any(concern.holds for concern in concerns)
    outcome = await sending.accept(tx, firm, talk.conversation, draft, now, held=is_held, contact=talk.contact)
    if isinstance(outcome, Refusal):
        await _show_refusal(tx, firm, reply, outcome, now)
    elif is_held:
        await _tell(tx, firm, reply, _question(outcome.message_id, draft.body, concerns, mode), now)
    elif told := await hints.new(tx, firm, reply.user_id, talk.conversation.id, concerns, outcome.recent, now):
        await _tell(tx, firm, reply, views.remark(" ".join(told)), now)


def _question(message_id: int, body: str, concerns: Sequence[Concern], mode: ReplyMode) -> Shown:
    """What its author is asked: whether it is for the lead at all, or whether they mean it."""
    if mode is ReplyMode.CONFIRM:
        return views.confirm(message_id, body, [concern.sentence for concern in concerns])
    doubts, told = ([each.sentence for each in concerns if each.holds is holds] for holds in (True, False))
    return views.weigh(message_id, body, doubts, told)


def _attachment(file: Mapping[str, Any]) -> Attachment:
    return Attachment(
        url=str(file.get("url_private_download") or file.get("url_private") or ""),
        name=str(file.get("name") or "picture"),
        media_type=str(file.get("mimetype") or ""),
        size=int(file.get("size") or 0),
    )


async def refuse_stray(tx: Tx, firm: Firm, said: Said, reply: Reply, now: datetime) -> None:
    """It is in no lead's thread. Under a root of ours, such as one that was deleted before we knew it, staff mean
    to text a lead, and must not believe that they did.
    """
    if _is_under_ours(firm, reply) and not _is_note(reply) and not said.is_deleted:
        await refuse(tx, firm, reply, Refusal.LOST_THREAD, now)


async def refuse(tx: Tx, firm: Firm, reply: Reply, refusal: Refusal, now: datetime) -> None:
    """Decline it before the gate does: the author is told, and everybody sees that it did not go out."""
    tx.once_durable(metrics.REFUSALS.of(refusal.name.lower()).inc)
    await _show_refusal(tx, firm, reply, refusal, now)


async def _show_refusal(tx: Tx, firm: Firm, reply: Reply, refusal: Refusal, now: datetime) -> None:
    if refusal.is_silent:
        return
    await _mark(tx, firm, reply, REFUSED, now)
    await _tell(tx, firm, reply, views.remark(refusal.sentence, warning=True), now)


async def _tell(tx: Tx, firm: Firm, reply: Reply, shown: Shown, now: datetime) -> None:
    await announce.tell(
        tx, firm, channel_id=reply.channel_id, user_id=reply.user_id, thread_ts=reply.thread_ts, shown=shown,
        now=now,
    )  # fmt: skip


async def _mark(tx: Tx, firm: Firm, reply: Reply, name: str, now: datetime) -> None:
    await announce.mark(tx, firm, channel_id=reply.channel_id, ts=reply.ts, name=name, now=now)
