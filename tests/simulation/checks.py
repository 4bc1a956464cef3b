"""What must be true of every world once it has come to rest. Each check tells what is not, in sentences."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

from bridge.rules.audit import SETTLED, Head, Link, Walk
from tests.simulation import leads, staff, usage
from tests.simulation.leads import DAY, is_in_sight
from tests.simulation.world import World

FORWARD = {
    "held": {"queued", "later", "canceled"},
    "later": {"queued", "canceled"},
    "queued": {"sending", "later", "refused", "canceled", "sent", "failed"},
    "sending": {"queued", "unknown", "sent", "refused", "failed"},
    "unknown": {"queued", "sent", "refused", "canceled"},  # a person's word moves it, or a late receipt
    "sent": {"delivered", "undelivered", "failed", "canceled"},
}
ROWS_FORWARD = {
    "ready": {"sending"},
    "sending": {"ready", "unknown", "done", "dead"},
    "unknown": {"sending", "ready"},
}

Check = Callable[[World], Iterator[str]]


def nothing_is_open(world: World) -> Iterator[str]:
    """After quiet time every promise was kept."""
    for row in world.ground.rows("SELECT * FROM outbox WHERE state NOT IN ('done', 'dead')"):
        yield f"{row['kind']} {row['id']} is {row['state']}: {row['error']}, due {row['due_at']}"


def nothing_was_given_up(world: World) -> Iterator[str]:
    """No trouble lasted a day."""
    if world.history.jumped < DAY:
        for row in world.ground.rows("SELECT * FROM outbox WHERE state = 'dead'"):
            yield f"{row['kind']} {row['id']} was given up: {row['error']}"


def every_line_is_posted_once(world: World) -> Iterator[str]:
    """What is promised to a thread stands there, and no two posts in sight are about the same promise."""
    keys = Counter(message.key for message in world.slack.messages if message.key)
    in_sight = Counter(each.key for each in world.slack.messages if each.key and is_in_sight(world, each))
    for key, times in in_sight.items():
        if times > 1 and not key.startswith("alert-"):
            yield f"{key} was posted {times} times"
    for row in world.ground.rows("SELECT id FROM outbox WHERE kind = 'notice' AND state = 'done'"):
        if not keys[f"post-{row['id']}"]:
            yield f"line {row['id']} does not stand in Slack"


def every_root_is_known(world: World) -> Iterator[str]:
    """A thread that we do not know is one whose replies nobody hears."""
    known = {row["root_ts"] for row in world.ground.rows("SELECT root_ts FROM threads")}
    for root in world.slack.roots():
        if root.ts not in known:
            yield f"the root {root.key} is not known"


def states_only_move_forward(world: World) -> Iterator[str]:
    """Of texts, and of promises."""
    for step in world.ground.rows("SELECT * FROM watched ORDER BY at"):
        what, old, new = step["what"], step["old"], step["new"]
        if what == "sid" and old is not None:
            yield f"message {step['id']} had another sid before"
        elif what in {"message", "row"} and old != new:
            steps = FORWARD if what == "message" else ROWS_FORWARD
            if new not in steps.get(old, set()):
                yield f"{what} {step['id']} went from {old} to {new}"


def every_entry_has_its_place_in_the_chain(world: World) -> Iterator[str]:
    """Sealed once each, by whoever came by and did not die."""
    walk = Walk("T1")
    for row in world.ground.rows("SELECT * FROM audit WHERE place IS NOT NULL ORDER BY place"):
        entry = row["id"], _moment(row["at"]), row["actor"], row["action"], json.loads(row["facts"])
        if wrong := walk.take(Link(*entry, row["place"], row["hash"])):
            yield wrong
            return
    heads = world.ground.rows("SELECT place, hash FROM audit_heads")
    if wrong := walk.end(Head(*heads[0]) if heads else None):
        yield wrong
    for row in world.ground.rows("SELECT id, at FROM audit WHERE place IS NULL"):
        if abs(_moment(row["at"]) - world.clock()) > SETTLED:
            yield f"entry {row['id']} is not sealed"


def _moment(at: str) -> datetime:
    return datetime.fromisoformat(at).replace(tzinfo=UTC)


CHECKS: tuple[Check, ...] = (
    leads.every_text_is_stored_once,
    leads.every_text_is_posted_once,
    leads.texts_keep_their_order,
    leads.texts_stand_as_they_are_stored,
    staff.every_reply_goes_out_once_at_most,
    staff.every_reply_has_an_end,
    staff.replies_keep_their_order,
    staff.nobody_is_texted_after_stop,
    staff.the_last_word_of_twilio_is_known,
    staff.marks_show_how_far_it_is,
    usage.what_twilio_took_counts_once,
    nothing_is_open,
    nothing_was_given_up,
    every_line_is_posted_once,
    every_root_is_known,
    states_only_move_forward,
    every_entry_has_its_place_in_the_chain,
)


def wrong(world: World, logs: list[Any]) -> list[str]:
    """All that is not as it must be."""
    found = [f"an incident: {entry['event']} {entry.get('exc_info')!r}" for entry in logs if _is_incident(entry)]
    for check in CHECKS:
        found += check(world)
    return found


def _is_incident(entry: Any) -> bool:
    return entry["log_level"] in {"error", "critical"}
