"""Promising things: each function writes one outbox row, with the lane that orders it and the route it takes."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from bridge.store import outbox, staff, threads
from bridge.store.firms import Firm
from bridge.store.imports import Import
from bridge.store.outbox import LOOKUPS, Kind
from bridge.store.pictures import Picture
from bridge.store.threads import Thread
from bridge.store.tx import Tx
from bridge.views import later as later_views
from bridge.views.shown import Shown

SLACK, TWILIO = "slack", "twilio"
NOWHERE = "-"  # the route of a firm that has not chosen a channel yet
OUTCOME_DELAY = timedelta(milliseconds=300)  # nothing is known of a text sooner
MARK_DELAY = timedelta(milliseconds=600)  # most texts are sent sooner, and need no "on its way"


def post_route(channel_id: str | None) -> str:
    """The way into a channel, a person's direct messages included."""
    return f"post:{channel_id or NOWHERE}"


def thread_lane(conversation_id: int) -> str:
    """What is posted into a conversation's thread, one after the other."""
    return f"thread:{conversation_id}"


async def _thread_route(tx: Tx, firm: Firm, conversation_id: int) -> str:
    thread = await threads.current(tx, firm.id, conversation_id)
    return post_route(thread.channel_id if thread else firm.channel_id)


@dataclass(frozen=True)
class Post:
    """A lead's text that will be in its thread."""

    conversation_id: int
    message_id: int
    now: datetime


async def texts_in(tx: Tx, firm: Firm, posts: Sequence[Post], *, were_hidden: bool = False) -> None:
    """Leads' texts will be in their threads, in this order; those that `were_hidden` together, with their times."""
    current = await threads.current_of(tx, firm.id, {post.conversation_id for post in posts})
    promises = []
    for post in posts:
        thread = current.get(post.conversation_id)
        promises.append(
            outbox.promise(
                Kind.POST, post.now, lane=thread_lane(post.conversation_id), service=SLACK,
                route=post_route(thread.channel_id if thread else firm.channel_id),
                payload={"conversation_id": post.conversation_id, "message_id": post.message_id}
                | ({"was_hidden": True} if were_hidden else {}),
            )
        )  # fmt: skip
    await outbox.put_all(tx, firm.id, promises)


async def show_text(tx: Tx, firm: Firm, conversation_id: int, message_id: int, now: datetime) -> None:
    """A text that staff did not type in the thread will be in it, and carry its marks there."""
    route = await _thread_route(tx, firm, conversation_id)
    payload = {"conversation_id": conversation_id, "message_id": message_id}
    lane = thread_lane(conversation_id)
    await outbox.put(tx, firm.id, Kind.SHOW, now, lane=lane, service=SLACK, route=route, payload=payload)


async def meet(tx: Tx, firm: Firm, user_id: str, now: datetime) -> None:
    """Slack will be asked who this is, so that it is known when they do something."""
    lane = f"meet:{firm.id}:{user_id}"
    if not await outbox.has_waiting(tx, firm.id, lane):
        payload = {"user_id": user_id}
        await outbox.put(tx, firm.id, Kind.MEET, now, lane=lane, service=SLACK, route="people", payload=payload)


async def outcome(
    tx: Tx, firm: Firm, view_id: str, conversation_id: int, message_id: int | None, now: datetime, *,
    hint: str | None = None,
) -> None:  # fmt: skip
    """The modal in which a text was written, or a thread opened, will say what became of it.

    Not at once: "Sending..." is the answer to the press, and would come behind it and stay. The hint is for the
    next text, and only said of one that went well.
    """
    payload = {"view_id": view_id, "conversation_id": conversation_id, "message_id": message_id}
    payload |= {"hint": hint} if hint else {}
    await outbox.put(
        tx, firm.id, Kind.OUTCOME, now, lane=f"view:{view_id}", service=SLACK, route="views", payload=payload,
        due_at=now + OUTCOME_DELAY,
    )  # fmt: skip


async def digest(tx: Tx, firm: Firm, shown: Shown, now: datetime) -> None:
    """The channel in which threads open will have a message about several of them; admins, where there is none."""
    if firm.channel_id is None:
        await alert_admins(tx, firm, shown, now)
        return
    payload = {"user_id": firm.channel_id, **asdict(shown)}
    lane, route = f"alert:{firm.id}:{firm.channel_id}", post_route(firm.channel_id)
    await outbox.put(tx, firm.id, Kind.ALERT, now, lane=lane, service=SLACK, route=route, payload=payload)


async def learn_link(tx: Tx, firm: Firm, thread: Thread, now: datetime) -> None:
    """The thread's address will be known."""
    lane = f"link:{thread.id}"
    if not await outbox.has_waiting(tx, firm.id, lane):
        payload = {"thread_id": thread.id, "channel_id": thread.channel_id, "ts": thread.root_ts}
        await outbox.put(tx, firm.id, Kind.LINK, now, lane=lane, service=SLACK, route="links", payload=payload)


async def remark(tx: Tx, firm: Firm, conversation_id: int, shown: Shown, now: datetime) -> None:
    """A line of ours will be in the thread, behind what was promised there before."""
    route = await _thread_route(tx, firm, conversation_id)
    payload = {"conversation_id": conversation_id, **asdict(shown)}
    lane = thread_lane(conversation_id)
    await outbox.put(tx, firm.id, Kind.NOTICE, now, lane=lane, service=SLACK, route=route, payload=payload)


async def refresh_root(
    tx: Tx, firm: Firm, conversation_id: int, now: datetime, *, behind_posts: bool = False
) -> None:
    """The root message will show what is true by then; `behind_posts`, once it is there itself."""
    lane = thread_lane(conversation_id) if behind_posts else f"root:{conversation_id}"
    if behind_posts or not await outbox.has_waiting(tx, firm.id, lane):
        route = await _thread_route(tx, firm, conversation_id)
        payload = {"conversation_id": conversation_id}
        await outbox.put(tx, firm.id, Kind.ROOT, now, lane=lane, service=SLACK, route=route, payload=payload)


async def tell(
    tx: Tx, firm: Firm, *, channel_id: str, user_id: str, thread_ts: str | None, shown: Shown, now: datetime
) -> None:
    """One person will see a line that nobody else sees."""
    payload = {"channel_id": channel_id, "user_id": user_id, "thread_ts": thread_ts, **asdict(shown)}
    lane = f"tell:{channel_id}:{user_id}"
    await outbox.put(tx, firm.id, Kind.TELL, now, lane=lane, service=SLACK, route="tell", payload=payload)


async def change(tx: Tx, firm: Firm, *, channel_id: str, ts: str, shown: Shown, now: datetime) -> None:
    """A message of ours will say something else."""
    payload = {"channel_id": channel_id, "ts": ts, **asdict(shown)}
    lane = f"change:{channel_id}:{ts}"
    await outbox.put(tx, firm.id, Kind.CHANGE, now, lane=lane, service=SLACK, route="update", payload=payload)


async def mark_text(tx: Tx, firm_id: int, message_id: int, now: datetime) -> None:
    """The author's message will show how far the text is by then. Several changes in a row cost one reaction."""
    if not await outbox.has_waiting(tx, firm_id, _mark_lane(message_id)):
        await outbox.put_all(tx, firm_id, [_mark(message_id, now, due_at=now)])


async def mark_text_anew(tx: Tx, firm_id: int, message_id: int, now: datetime) -> None:
    """As mark_text(), although the right mark may have been put on already: it may have gone since."""
    await outbox.put_all(tx, firm_id, [_mark(message_id, now, due_at=now, anew=True)])


def _mark_lane(message_id: int) -> str:
    return f"mark:{message_id}"


def _mark(message_id: int, now: datetime, *, due_at: datetime, anew: bool = False) -> dict[str, Any]:
    payload: dict[str, Any] = {"message_id": message_id}
    if anew:
        payload["anew"] = True
    return outbox.promise(
        Kind.MARK, now, lane=_mark_lane(message_id), service=SLACK, route="react", payload=payload, due_at=due_at,
    )  # fmt: skip


async def unmark_text(tx: Tx, firm_id: int, message_id: int, name: str, now: datetime) -> None:
    """An old mark will go from the author's message. By a way of its own: Slack takes fewer of these."""
    payload = {"message_id": message_id, "name": name}
    lane = f"unmark:{message_id}"
    await outbox.put(tx, firm_id, Kind.UNMARK, now, lane=lane, service=SLACK, route="unreact", payload=payload)


async def mark(tx: Tx, firm: Firm, *, channel_id: str, ts: str, name: str, now: datetime) -> None:
    """A message that is no text will carry this reaction: a note, or a refused reply."""
    payload = {"channel_id": channel_id, "ts": ts, "name": name}
    lane = f"mark:{channel_id}:{ts}"
    await outbox.put(tx, firm.id, Kind.MARK, now, lane=lane, service=SLACK, route="react", payload=payload)


def texts_lane(conversation_id: int) -> str:
    """What is texted to a lead, one after the other."""
    return f"texts:{conversation_id}"


def contact_lane(contact_id: int) -> str:
    """What is asked about a number: once at a time."""
    return f"contact:{contact_id}"


def look_up(contact_id: int, now: datetime, *, anew: bool = False, many: bool = False) -> dict[str, Any]:
    """Twilio will be asked what kind of line a number is; `anew`, whatever is known. One of `many` can wait."""
    return outbox.promise(
        Kind.LOOKUP, now, lane=contact_lane(contact_id), service=LOOKUPS,
        route="lookup:many" if many else "lookup:one", payload={"contact_id": contact_id, "anew": anew},
    )  # fmt: skip


async def send_text(
    tx: Tx, firm_id: int, *, conversation_id: int, number_id: int, message_id: int, now: datetime, is_new: bool,
    taken_in: datetime | None, pictures: bool | None, due_at: datetime | None = None,
) -> None:  # fmt: skip
    """A text will go to the lead, behind those before it; if that takes a moment, its author's message shows it.

    Its story began when it was `taken_in`: somebody may have had to be looked up since then. Whether it has
    `pictures` is looked up if the row does not say. It waits until it is due.
    """
    text = outbox.promise(
        Kind.TEXT, taken_in or now, lane=texts_lane(conversation_id), service=TWILIO, route=f"sms:{number_id}",
        payload={"message_id": message_id, "pictures": pictures}, due_at=due_at or now,
    )  # fmt: skip
    promises = [text]
    if is_new or not await outbox.has_waiting(tx, firm_id, _mark_lane(message_id)):
        promises.append(_mark(message_id, now, due_at=now + MARK_DELAY))
    await outbox.put_all(tx, firm_id, promises)


async def send_later(
    tx: Tx, firm: Firm, *, conversation_id: int, number_id: int, message_id: int, body: str, send_at: datetime,
    now: datetime,
) -> None:  # fmt: skip
    """A text will join those to the lead when its time has come; until then the thread says so.

    Not sooner: in the lane of the texts it would hold back whatever is written meanwhile.
    """
    lane = f"later:{conversation_id}:{int(send_at.timestamp())}"
    payload = {"message_id": message_id}
    due = outbox.promise(
        Kind.DUE, now, lane=lane, service=TWILIO, route=f"sms:{number_id}", payload=payload, due_at=send_at
    )
    await outbox.put_all(tx, firm.id, [due])
    await mark_text(tx, firm.id, message_id, now)
    await remark(tx, firm, conversation_id, later_views.waits(message_id, body, send_at), now)


def _picture_route(post_route: str) -> str:
    """Beside the texts' way into the same channel: what stops files need not stop words."""
    return post_route.replace("post:", "files:", 1)


async def picture_in(tx: Tx, firm: Firm, conversation_id: int, picture: Picture, now: datetime) -> None:
    """A lead's picture will be in the thread, behind the others of its text; those of other texts do not wait."""
    route = _picture_route(await _thread_route(tx, firm, conversation_id))
    payload = {"conversation_id": conversation_id, "picture_id": picture.id}
    lane = f"pictures:{picture.message_id}"
    await outbox.put(tx, firm.id, Kind.PICTURE, now, lane=lane, service=SLACK, route=route, payload=payload)


async def alert_admins(tx: Tx, firm: Firm, shown: Shown, now: datetime) -> None:
    """Every admin will get a direct message; while none is known, Slack is asked who they are."""
    known: list[str | None] = [person.user_id for person in await staff.admins(tx, firm.id)]
    for user_id in known or [firm.installer_id]:
        payload = {"user_id": user_id, **asdict(shown)}
        lane, route = f"alert:{firm.id}:{user_id}", post_route(user_id) if user_id else "people"
        await outbox.put(tx, firm.id, Kind.ALERT, now, lane=lane, service=SLACK, route=route, payload=payload)


async def alert_one(tx: Tx, firm: Firm, user_id: str, shown: Shown, now: datetime) -> None:
    """This person will get a direct message."""
    await outbox.put(
        tx, firm.id, Kind.ALERT, now, lane=f"alert:{firm.id}:{user_id}", service=SLACK,
        route=post_route(user_id), payload={"user_id": user_id, **asdict(shown)},
    )  # fmt: skip


async def go_on_importing(tx: Tx, firm_id: int, import_id: int, now: datetime) -> None:
    """A table will be looked through, or some more of its rows entered."""
    await outbox.put(
        tx, firm_id, Kind.IMPORT, now, lane=f"import:{import_id}", service=SLACK, route="imports",
        payload={"import_id": import_id},
    )  # fmt: skip


async def show_import(tx: Tx, firm_id: int, this: Import, now: datetime, *, soon: timedelta = timedelta(0)) -> None:
    """The message about a table will show what is true by then; the first time, it is written."""
    lane = f"import-shown:{this.id}"
    if not await outbox.has_waiting(tx, firm_id, lane):
        route = "update" if this.ts else post_route(this.user_id)
        await outbox.put(
            tx, firm_id, Kind.PROGRESS, now, lane=lane, service=SLACK, route=route,
            payload={"import_id": this.id}, due_at=now + soon,
        )  # fmt: skip


async def hand_back(tx: Tx, firm_id: int, this: Import, now: datetime) -> None:
    """Whoever dropped a table will get the rows that could not be entered."""
    await outbox.put(
        tx, firm_id, Kind.REJECTED, now, lane=f"import:{this.id}", service=SLACK,
        route=_picture_route(post_route(this.channel_id)), payload={"import_id": this.id},
    )  # fmt: skip
