"""What is promised to a thread is posted there: a lead's texts, our lines, and what only one person sees."""

from dataclasses import asdict
from datetime import datetime

from bridge import metrics
from bridge.gateways.errors import GatewayError, Retry, Scope
from bridge.services import announce, people, threads
from bridge.services.deps import Deps
from bridge.services.holds import Hold
from bridge.services.promises import Promise, let_go
from bridge.store import claims, firms, joined, messages, outbox, pictures, staff
from bridge.store.messages import Message
from bridge.store.outbox import Row
from bridge.store.threads import Thread
from bridge.store.tx import Tx
from bridge.views import threads as views
from bridge.views.shown import Shown

BEHIND = 1.0  # seconds that a text has waited when its channel counts as busy
LOST = (
    "A message from this lead could not be shown here. Your operator finds it with “python -m bridge outbox list”."
)
LOST_LINE = "A line of mine could not be shown here. Your operator finds it with “python -m bridge outbox list”."


async def post_texts(deps: Deps, row: Row, now: datetime) -> None:
    """Post a lead's text; in a busy channel together with those that wait behind it. Raises GatewayError."""
    await _post_texts(deps, row, now, doubted=False)


async def settle_texts(deps: Deps, row: Row, now: datetime) -> None:
    """Post it if the thread does not have it yet. Raises GatewayError."""
    await _post_texts(deps, row, now, doubted=True)


async def _post_texts(deps: Deps, row: Row, now: datetime, *, doubted: bool) -> None:
    waits = (now - row.created_at).total_seconds() > BEHIND or "was_hidden" in row.payload
    is_behind = waits and not doubted
    rows = [row, *await _company(deps, row, now, views.TOGETHER - 1 if is_behind else 0)]
    for follower in rows[1:]:
        metrics.WAITS.of(follower.kind).observe((now - follower.due_at).total_seconds())
    ids = [each.payload["message_id"] for each in rows]
    place, received = await deps.db.looks.do(_look, (row, ids))
    hidden = {each.payload["message_id"] for each in rows if "was_hidden" in each.payload}
    shown = views.texts(
        [views.Text(each.body, many, each.created_at, each.late, each.id in hidden) for each, many in received]
    )
    await threads.post(deps, place, shown, attempt(deps, row, now, before=min(ids), doubted=doubted))
    accepted = deps.clock()
    if illustrated := [each.id for each, many in received if many]:
        await deps.keep(lambda: _posted(deps, rows, place, illustrated))
    else:
        await deps.finish(rows)
    for each in rows:
        metrics.TO_THREAD.observe((accepted - each.created_at).total_seconds())


async def _look(tx: Tx, looked: tuple[Row, list[int]]) -> tuple[threads.Place, list[tuple[Message, int]]]:
    """Where these messages go, and each of them with the number of its pictures."""
    row, ids = looked
    place = await threads.place_of(tx, row.firm_id, row.payload["conversation_id"])
    return place, await joined.with_pictures(tx, row.firm_id, ids)


def attempt(deps: Deps, row: Row, now: datetime, *, before: int, doubted: bool) -> threads.Attempt:
    """What this row's posts are known by, if it is not known whether an earlier try came through."""
    since = row.started_at or now
    channel_id = row.route.partition(":")[2]
    return threads.Attempt(f"post-{row.id}", before, since, doubted, Hold(deps, row), channel_id)


async def _company(deps: Deps, row: Row, now: datetime, room: int) -> list[Row]:
    if not room and not row.started_at:  # a first try has no company of an earlier one
        return []
    followers = await deps.keep(lambda: deps.db.together.do(_followers, (row, room, now)))
    if followers is None:
        raise GatewayError("claim_lost", Retry.LATER)
    return followers


async def _followers(tx: Tx, led: tuple[Row, int, datetime]) -> list[Row] | None:
    """The rows that go with this one, at most so many; None when it is not ours any more."""
    return await claims.claim_followers(tx, *led)


async def _posted(deps: Deps, rows: list[Row], place: threads.Place, illustrated: list[int]) -> None:
    """The pictures of these messages follow."""
    now = deps.clock()
    async with deps.db.begin() as tx:
        await outbox.finish(tx, rows, now)
        for message_id in illustrated:
            for picture in await pictures.of_message(tx, place.firm.id, message_id):
                if picture.state == "waiting":
                    await announce.picture_in(tx, place.firm, place.conversation_id, picture, now)


async def give_up_text(deps: Deps, row: Row, error: GatewayError, now: datetime, *, sentence: str = LOST) -> None:
    """It stays in the outbox as dead; the thread says that something is missing."""
    async with deps.db.begin() as tx:
        firm = await firms.get(tx, row.firm_id)
        if not await outbox.bury(tx, row, now, error.code):
            return
        await claims.unbind(tx, row)
        shown = views.remark(sentence, warning=True)
        await announce.remark(tx, firm, row.payload["conversation_id"], shown, now)


def _shown(row: Row) -> Shown:
    return Shown(row.payload["text"], row.payload["blocks"])


async def post_remark(deps: Deps, row: Row, now: datetime) -> None:
    """Post a line of ours. Raises GatewayError."""
    await _post_remark(deps, row, now, doubted=False)


async def settle_remark(deps: Deps, row: Row, now: datetime) -> None:
    """Post it if the thread does not have it yet. Raises GatewayError."""
    await _post_remark(deps, row, now, doubted=True)


async def _post_remark(deps: Deps, row: Row, now: datetime, *, doubted: bool) -> None:
    async with deps.db.glance() as tx:
        place = await threads.place_of(tx, row.firm_id, row.payload["conversation_id"])
        newest = await messages.newest_id(tx, row.firm_id, place.conversation_id)
    this = attempt(deps, row, now, before=newest + 1, doubted=doubted)
    await threads.post(deps, place, _shown(row), this)
    await deps.finish([row])


async def give_up_remark(deps: Deps, row: Row, error: GatewayError, now: datetime) -> None:
    """It may have been a question to staff: the thread says that something is missing, if it takes that much."""
    shown = views.remark(LOST_LINE, warning=True)
    async with deps.db.begin() as tx:
        firm = await firms.get(tx, row.firm_id)
        if await outbox.bury(tx, row, now, error.code) and row.payload["text"] != shown.text:
            await announce.remark(tx, firm, row.payload["conversation_id"], shown, now)


async def refresh_root(deps: Deps, row: Row, now: datetime) -> bool:
    """The root message shows what is true now; whether Slack took it. Raises GatewayError."""
    async with deps.db.glance() as tx:
        place = await threads.place_of(tx, row.firm_id, row.payload["conversation_id"])
    asked = place.thread is not None and await _update_root(deps, place, place.thread)
    await deps.finish([row])
    return asked


async def _update_root(deps: Deps, place: threads.Place, thread: Thread) -> bool:
    shown = threads.root_of(place, earlier=place.earlier.permalink if place.earlier else None)
    try:
        await deps.clients.slack(place.firm).update(thread.channel_id, thread.root_ts, **asdict(shown))
    except GatewayError as error:
        if error.scope is not Scope.CHANNEL or place.firm.channel_id in {None, thread.channel_id}:
            raise
        return False  # another channel was chosen: the next post opens a thread there, with a root of its own
    return True


async def tell(deps: Deps, row: Row, now: datetime) -> None:
    """Show a line to one person. Raises GatewayError."""
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
    told, shown = row.payload, _shown(row)
    await deps.clients.slack(firm).tell(
        told["channel_id"], told["user_id"], text=shown.text, blocks=shown.blocks, thread_ts=told["thread_ts"]
    )
    await deps.finish([row])


async def change(deps: Deps, row: Row, now: datetime) -> None:
    """Put other words into a message of ours. Raises GatewayError."""
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
    shown = _shown(row)
    slack = deps.clients.slack(firm)
    await slack.update(row.payload["channel_id"], row.payload["ts"], text=shown.text, blocks=shown.blocks)
    await deps.finish([row])


async def alert(deps: Deps, row: Row, now: datetime) -> None:
    """Write to an admin directly; after a doubtful try again, for told twice is better than not told.

    Raises GatewayError.
    """
    async with deps.db.glance() as tx:
        firm = await firms.get(tx, row.firm_id)
    shown, user_id = _shown(row), row.payload["user_id"]
    if user_id is None:
        await people.learn_admins(deps, firm)
        await deps.keep(lambda: _address(deps, row, shown))
        return
    try:
        await deps.clients.slack(firm).post(user_id, text=shown.text, blocks=shown.blocks, key=f"alert-{row.id}")
    except GatewayError as error:
        if error.scope is not Scope.CHANNEL:
            raise  # else they have left: no repair will bring it to them
    await deps.finish([row])


async def _address(deps: Deps, row: Row, shown: Shown) -> None:
    """Now that the admins are known, one promise each takes this one's place."""
    now = deps.clock()
    async with deps.db.begin() as tx:
        if not await outbox.finish(tx, row, now):
            return
        firm = await firms.get(tx, row.firm_id)
        if await staff.admins(tx, firm.id):
            await announce.alert_admins(tx, firm, shown, now)


POST = Promise(keep=post_texts, settle=settle_texts, give_up=give_up_text)
NOTICE = Promise(keep=post_remark, settle=settle_remark, give_up=give_up_remark)
ROOT = Promise(keep=refresh_root, give_up=let_go)
TELL = Promise(keep=tell, give_up=let_go)
CHANGE = Promise(keep=change, give_up=let_go)
ALERT = Promise(keep=alert, give_up=let_go)
