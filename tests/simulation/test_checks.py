"""A checker that notices nothing is worth nothing: worlds in which all went well are tampered with afterwards."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import count

import pytest

from tests.simulation.ground import Ground
from tests.simulation.run import simulate
from tests.simulation.slack import Message
from tests.simulation.twilio import Text
from tests.simulation.world import World


def posts(world: World) -> list[Message]:
    """The app's posts of texts, oldest first."""
    return [message for message in world.slack.messages if message.text.startswith("in ")]


def sent(world: World) -> list[Text]:
    """What Twilio took from the app for the lead who got most of it, oldest first."""
    out = [text for text in world.twilio.texts if text.direction == "outbound-api"]
    phones = [text.to for text in out]
    return [text for text in out if text.to == max(phones, key=phones.count)]


def a_post_is_lost(world: World) -> None:
    world.slack.messages.remove(posts(world)[0])


def a_post_is_doubled(world: World) -> None:
    world.slack.messages.append(replace(posts(world)[0], ts=world.slack.ts()))


def posts_are_swapped(world: World) -> None:
    threads = Counter(post.thread_ts for post in posts(world))
    first, second, *_ = [post for post in posts(world) if post.thread_ts == threads.most_common(1)[0][0]]
    first.ts, second.ts = second.ts, first.ts


def a_text_is_lost(world: World) -> None:
    world.twilio.texts.remove(sent(world)[0])


def a_text_is_doubled(world: World) -> None:
    world.twilio.texts.append(replace(sent(world)[0], sid="SM" + "f" * 32))


def texts_are_swapped(world: World) -> None:
    for said in world.history.said:
        said.acked = said.sent
    first, second = sent(world)[:2]
    first.body, second.body = second.body, first.body


def a_text_follows_stop(world: World) -> None:
    last = sent(world)[-1]
    stop = replace(world.history.heard[0], phone=last.to, body="STOP", sid="SM" + "e" * 32, sent=0.0, acked=0.0)
    world.history.heard.append(stop)


def a_text_was_never_stored(world: World) -> None:
    world.history.heard.append(replace(world.history.heard[0], body="in 99", sid="SM" + "e" * 32))


def a_reply_was_dropped(world: World) -> None:
    world.history.said.append(replace(world.history.said[0], body="out 99", ts="1.0", user="U9"))


def a_receipt_was_missed(world: World) -> None:
    sent(world)[0].status = "failed" if sent(world)[0].status == "delivered" else "delivered"


def a_mark_is_left(world: World) -> None:
    for message in world.slack.messages:
        if message.text.startswith("out "):
            message.reactions.add("hourglass_flowing_sand")


def a_root_is_forgotten(world: World) -> None:
    world.slack.messages.append(replace(world.slack.roots()[0], ts=world.slack.ts(), key="root-7-0"))


def sql(statement: str) -> Callable[[World], None]:
    """Change what is stored."""

    def tamper(world: World) -> None:
        world.ground.rows(statement)

    return tamper


TAMPERED: dict[Callable[[World], None], str] = {
    a_post_is_lost: "does not stand in Slack",
    a_post_is_doubled: "stands 2 times in Slack",
    posts_are_swapped: "was stored first and stands behind",
    a_text_is_lost: "but never went out",
    a_text_is_doubled: "went out 2 times",
    texts_are_swapped: "went out before",
    a_text_follows_stop: "after the STOP",
    a_text_was_never_stored: "is stored 0 times",
    a_reply_was_dropped: "was dropped without a word",
    a_receipt_was_missed: "while Twilio says",
    a_mark_is_left: "and marked with",
    a_root_is_forgotten: "is not known",
    sql("UPDATE outbox SET state = 'ready' WHERE id = 1"): "is ready",
    sql("UPDATE outbox SET state = 'dead' WHERE id = 1"): "was given up",
    sql("UPDATE messages SET state = 'queued' WHERE direction = 'out'"): "went from",
    sql("UPDATE messages SET state = 'unknown' WHERE direction = 'out'"): "nobody is asked",
    sql("UPDATE messages SET state = 'refused', sid = NULL WHERE direction = 'out'"): "is refused, but went out",
    sql("UPDATE messages SET sid = 'SM' || id WHERE direction = 'out'"): "had another sid before",
    sql("DELETE FROM audit WHERE place = 1"): "Number 1 is missing",
    sql("INSERT INTO audit SELECT id + 99, 1, at, actor, action, facts, NULL, NULL FROM audit"): "is not sealed",
}


@pytest.fixture(scope="module")
def seed(ground: Ground) -> int:
    """A calm world in which one lead sends two texts at least, and gets two replies at least."""
    return next(seed for seed in count() if _is_eventful(seed, ground))


def _is_eventful(seed: int, ground: Ground) -> bool:
    enough = list[bool]()

    def look(world: World) -> None:
        threads = Counter(post.thread_ts for post in posts(world))
        phones = Counter(text.to for text in world.twilio.texts if text.direction == "outbound-api")
        enough.append(all(most and most[0][1] > 1 for most in (threads.most_common(1), phones.most_common(1))))

    assert simulate(seed, ground, calm=True, tamper=look).wrong == []
    return enough == [True]


@pytest.mark.parametrize(("tamper", "noticed"), TAMPERED.items(), ids=TAMPERED.values())
def test_what_is_wrong_is_noticed(ground: Ground, seed: int, tamper: Callable[[World], None], noticed: str) -> None:
    wrong = simulate(seed, ground, calm=True, tamper=tamper).wrong
    assert any(noticed in each for each in wrong), wrong
