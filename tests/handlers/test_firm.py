"""Where Slack names a channel that was converted, it is the one that we know; nothing else in a request changes."""

from typing import Any

import pytest

from bridge.handlers.firm import _name_channels
from bridge.store.firms import Firm

FIRST, LATER = "C01FIRST", "C01LATER"
FIRM = Firm(1, "T01LAW", "Harbor Law", None, None, None, None, FIRST, [[LATER, FIRST, "1.0"]], "free", True, None,
            {}, None, None)  # fmt: skip

SHAPES: dict[str, Any] = {
    "a message": {"event": {"type": "message", "channel": "?", "text": LATER, "blocks": [{"text": LATER}]}},
    "an edit": {"event": {"channel": "?", "message": {"text": LATER}, "previous_message": {"text": LATER}}},
    "a channel renamed": {"event": {"type": "channel_rename", "channel": {"id": "?", "name": LATER}}},
    "a file shared": {"event": {"channel_id": "?", "file_id": "F1"}},
    "a reaction": {"event": {"type": "reaction_added", "item": {"channel": "?", "ts": "1.1"}, "reaction": LATER}},
    "a button": {
        "channel": {"id": "?", "name": "leads"},
        "container": {"type": "message", "channel_id": "?", "message_ts": "1.1"},
        "message": {"text": LATER},
        "actions": [{"action_id": "send_again", "value": LATER}],
    },
    "a message shortcut": {"channel": {"id": "?"}, "message_ts": "1.1", "message": {"text": LATER}},
    "a modal": {
        "view": {"id": LATER, "private_metadata": LATER, "state": {"values": {"a": {"b": {"value": LATER}}}}},
        "response_urls": [{"channel_id": "?", "response_url": "https://hooks.slack.test/1"}],
    },
    "a command": {"channel_id": "?", "channel_name": LATER, "text": LATER},
}  # fmt: skip


@pytest.mark.rows(73)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_a_converted_channel_is_known_wherever_slack_names_it(shape: Any) -> None:
    said = _with(shape, LATER)
    _name_channels(FIRM, said)
    assert said == _with(shape, FIRST)


def _with(shape: Any, channel: str) -> Any:
    """The request, naming this channel."""
    if isinstance(shape, dict):
        return {key: _with(part, channel) for key, part in shape.items()}
    if isinstance(shape, list):
        return [_with(part, channel) for part in shape]
    return channel if shape == "?" else shape
