"""What must be true of what is paid for, whatever died in between."""

from collections.abc import Iterator

from bridge.services.usage import COUNTED
from tests.simulation.world import World

FAILED = {"failed", "undelivered"}
TOLD = """
    SELECT m.id, m.purpose, m.sid, m.state, count(u.id) AS counted, count(u.failed_at) AS taken_back
    FROM messages m LEFT JOIN usage u ON u.message_id = m.id WHERE m.direction = 'out' GROUP BY m.id
"""


def what_twilio_took_counts_once(world: World) -> Iterator[str]:
    """And what it did not take, or what failed in the end, does not."""
    for text in world.ground.rows(TOLD):
        is_taken = text["sid"] is not None and text["purpose"] in COUNTED
        has_failed = is_taken and text["state"] in FAILED
        if (text["counted"], text["taken_back"]) != (int(is_taken), int(has_failed)):
            yield f"text {text['id']}, {text['state']}: {text['counted']} counted, {text['taken_back']} taken back"
