"""What must be true in the end of what leads wrote, judged by what they and Slack remember."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import combinations

from tests.simulation.slack import Message
from tests.simulation.world import KEYWORDS, Heard, World

DAY = 86_000  # seconds; whoever finds the clock a day ahead may give up what it takes for a day old


def every_text_is_stored_once(world: World) -> Iterator[str]:
    """Twilio's list is compared with ours, so this holds for those too that no webhook brought."""
    stored = Counter(row["sid"] for row in world.ground.rows("SELECT sid FROM messages WHERE direction = 'in'"))
    for heard in world.history.heard:
        if stored[heard.sid] != 1:
            yield f"{heard.body!r} is stored {stored[heard.sid]} times"


def every_text_is_posted_once(world: World) -> Iterator[str]:
    """In a thread, where staff can see it. What may stand in a thread that is lost is posted in its successor."""
    lost = _given_up(world)
    places = Counter(line for _, line in _posted(world))
    in_sight = Counter(line for message, line in _posted(world) if is_in_sight(world, message))
    for heard in _to_be_shown(world):
        if places[heard.body] == 0 and heard.sid not in lost:
            yield f"{heard.body!r} does not stand in Slack"
        if in_sight[heard.body] > 1:
            yield f"{heard.body!r} stands {in_sight[heard.body]} times in Slack"


def is_in_sight(world: World, message: Message) -> bool:
    """Whether it is no part of a thread that is lost."""
    root = world.slack.find(message.thread_ts or message.ts)
    return root is not None and not root.is_tombstone


def texts_keep_their_order(world: World) -> Iterator[str]:
    """Of one lead: what was answered with 200 before the next was sent stands before it."""
    place = {line: number for number, (_, line) in enumerate(_posted(world))}
    lost = _given_up(world)
    shown = [heard for heard in _to_be_shown(world) if heard.sid not in lost and heard.body in place]
    for first, second in combinations(shown, 2):
        is_before = first.acked is not None and first.acked <= second.sent
        if first.phone == second.phone and is_before and place[first.body] > place[second.body]:
            yield f"{second.body!r} stands before {first.body!r}"


def texts_stand_as_they_are_stored(world: World) -> Iterator[str]:
    """Of one conversation: in the order of our own table, those that came late too."""
    place = {line: number for number, (_, line) in enumerate(_posted(world))}
    lost = _given_up(world)
    last: dict[int, str] = {}
    for row in world.ground.rows("SELECT * FROM messages WHERE direction = 'in' ORDER BY id"):
        if row["sid"] in lost or row["body"] not in place:
            continue
        before = last.get(row["conversation_id"])
        if before is not None and place[before] > place[row["body"]]:
            yield f"{before!r} was stored first and stands behind {row['body']!r}"
        last[row["conversation_id"]] = row["body"]


def _to_be_shown(world: World) -> list[Heard]:
    return [heard for heard in world.history.heard if heard.body not in KEYWORDS]


def _posted(world: World) -> list[tuple[Message, str]]:
    """Each line of what the app posted of its outbox and nobody took back, oldest first."""
    posts = [message for message in world.slack.messages if (message.key or "").startswith("post-")]
    posts.sort(key=lambda message: float(message.ts))
    return [(message, line) for message in posts for line in message.text.split("\n")]


def _given_up(world: World) -> set[str]:
    """The sids of texts whose rows died, where that was right: when the clock was a day ahead."""
    if world.history.jumped < DAY:
        return set()
    dead = world.ground.rows("SELECT payload FROM outbox WHERE state = 'dead' AND kind = 'post'")
    ids = {json.loads(row["payload"])["message_id"] for row in dead}
    return {row["sid"] for row in world.ground.rows("SELECT id, sid FROM messages") if row["id"] in ids}
