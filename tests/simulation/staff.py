"""What must be true in the end of what staff wrote, judged by what they, Slack and Twilio remember."""

import json
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from bridge.rules.carrier import State, advance
from bridge.services.marks import MARKS
from bridge.views import threads as views
from tests.simulation.slack import Message
from tests.simulation.world import KEYWORDS, Heard, Said, World

HAS_LEFT = {State.SENT, State.DELIVERED, State.UNDELIVERED}


def every_reply_goes_out_once_at_most(world: World) -> Iterator[str]:
    """Unless a person said that it may go again."""
    for said in world.history.said:
        sent = _at_the_carrier(world, said)
        message = _message(world, said)
        may_go = 1 + (world.history.pressed[message["id"]] if message else 0)
        if len(sent) > may_go:
            yield f"{said.body!r} went out {len(sent)} times"


def every_reply_has_an_end(world: World) -> Iterator[str]:
    """What Slack heard a 200 for was sent, or staff know why not, or are asked."""
    for said in world.history.said:
        message = _message(world, said)
        if message is None:
            if said.acked is not None and not said.is_deleted and not _is_told(world, said):
                yield f"{said.body!r} was dropped without a word"
            continue
        yield from _fits(world, said, message)


def _fits(world: World, said: Said, message: Any) -> Iterator[str]:
    """Whether what we say of a reply is what became of it."""
    state, sent = State(message["state"]), _at_the_carrier(world, said)
    believed = message["id"] in world.history.believed
    if state in HAS_LEFT or (state is State.FAILED and message["sid"]):
        if not sent and not believed:
            yield f"{said.body!r} is {state}, but never went out"
    elif state in {State.REFUSED, State.FAILED}:
        if sent and not world.history.pressed[message["id"]]:
            yield f"{said.body!r} is {state}, but went out"
        if not _remarks(world, message):
            yield f"{said.body!r} is {state}, and nobody was told"
    elif state is State.DOUBT:
        if not any(str(message["id"]) in _asked_about(post) for post in world.slack.messages):
            yield f"{said.body!r} is in doubt, and nobody is asked"
    elif state is not State.CANCELED or not said.is_deleted:
        yield f"{said.body!r} is {state} in the end"
    elif sent:
        yield f"{said.body!r} was taken back, but went out"


def replies_keep_their_order(world: World) -> Iterator[str]:
    """To one lead: what Slack heard a 200 for before the next was written goes out before it."""
    out = [text.body for text in world.twilio.texts if text.direction == "outbound-api"]
    place = {body: out.index(body) for body in out}
    for first, second in combinations(world.history.said, 2):
        both = first.body in place and second.body in place and first.phone == second.phone
        is_before = first.acked is not None and first.acked <= second.sent
        if both and is_before and place[first.body] > place[second.body] and not _was_released(world, first):
            yield f"{second.body!r} went out before {first.body!r}"


def nobody_is_texted_after_stop(world: World) -> Iterator[str]:
    """From the moment in which Twilio heard that we have it, until the lead says START."""
    replies = {row["id"] for row in world.ground.rows("SELECT id FROM messages WHERE purpose = 'reply'")}
    words = [heard for heard in world.history.heard if heard.body in KEYWORDS]
    for began in world.history.began:
        stops = [word for word in words if word.phone == began.phone and _is_over(word, "STOP", began.at)]
        if not stops or began.message_id not in replies:
            continue
        last = max(stops, key=lambda word: word.sent)
        starts = [word for word in words if word.body == "START" and word.phone == began.phone]
        if not any(last.sent <= word.sent <= began.at for word in starts):
            yield f"message {began.message_id} left at {began.at:.3f}, after the STOP of {last.acked:.3f}"


def _is_over(word: Heard, body: str, at: float) -> bool:
    return word.body == body and word.acked is not None and word.acked < at


def the_last_word_of_twilio_is_known(world: World) -> Iterator[str]:
    """Receipts come in any order or not at all; in the end we know what Twilio knows."""
    states = {row["sid"]: row["state"] for row in world.ground.rows("SELECT sid, state FROM messages")}
    for text in world.twilio.texts:
        state = states.get(text.sid)
        if text.direction == "outbound-api" and state is not None and advance(State.SENT, text.status) != state:
            yield f"{text.body!r} is {state}, while Twilio says {text.status}"


def marks_show_how_far_it_is(world: World) -> Iterator[str]:
    """One reaction of ours on each reply; in an archived channel none could be put on or taken off."""
    for said in world.history.said if not world.history.was_archived else ():
        message, stands = _message(world, said), world.slack.find(said.ts)
        if message is not None and stands is not None and stands.reactions != {MARKS[State(message["state"])]}:
            yield f"{said.body!r} is {message['state']} and marked with {sorted(stands.reactions)}"


def _at_the_carrier(world: World, said: Said) -> list[Any]:
    return [text for text in world.twilio.texts if text.direction == "outbound-api" and text.body == said.body]


def _message(world: World, said: Said) -> Any:
    found = world.ground.rows("SELECT * FROM messages WHERE origin_ts = ?", said.ts)
    return found[0] if found else None


def _was_released(world: World, said: Said) -> bool:
    message = _message(world, said)
    return message is not None and world.history.pressed[message["id"]] > 0


def _is_told(world: World, said: Said) -> bool:
    """In a channel that was archived meanwhile nobody can be told."""
    rows = world.ground.rows("SELECT payload FROM outbox WHERE kind = 'tell' AND state = 'done'")
    promised = {json.loads(row["payload"])["user_id"] for row in rows}
    told = promised if world.history.was_archived else {user for user, _ in world.slack.told}
    return said.user in told


def _remarks(world: World, message: Any) -> bool:
    """Whether a line of ours was promised to the conversation; that it stands there is checked of all of them."""
    rows = world.ground.rows("SELECT payload FROM outbox WHERE kind = 'notice' AND state = 'done'")
    return any(json.loads(row["payload"])["conversation_id"] == message["conversation_id"] for row in rows)


def _asked_about(post: Message) -> set[str]:
    buttons = [block["elements"] for block in post.blocks if block.get("type") == "actions"]
    return {button["value"] for row in buttons for button in row if button["action_id"] == views.SEND_AGAIN}
