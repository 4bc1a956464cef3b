"""Whom a message would notify and where it would lead: what text from outside must never be able to decide."""

import re
from collections.abc import Iterator

from bridge.sandbox.slack.model import Json

_NOTIFYING = re.compile(r"<(@[UW][A-Z0-9]+|!(?:channel|here|everyone)|!subteam\^S[A-Z0-9]+)(?:\|[^>]*)?>")
_LABELLED_LINK = re.compile(r"<((?:https?|mailto):[^|>]+)\|([^>]*)>")


def notified(body: Json) -> list[str]:
    """The mentions in a message that reach somebody: "@U02AGENT", "!channel"."""
    found = [match.group(1) for text in _markup(body) for match in _NOTIFYING.finditer(text)]
    return found + list(_rich_mentions(body.get("blocks")))


def disguised_links(body: Json) -> list[tuple[str, str]]:
    """Links whose label is not their address: (address, label)."""
    return [(match[1], match[2]) for text in _markup(body) for match in _LABELLED_LINK.finditer(text)]


def _markup(body: Json) -> Iterator[str]:
    """Every text of the message in which Slack reads markup."""
    yield str(body.get("text", ""))
    for item in _objects(body.get("blocks")):
        if item.get("type") in ("mrkdwn", "markdown") and isinstance(item.get("text"), str):
            yield item["text"]


def _rich_mentions(blocks: object) -> Iterator[str]:
    for item in _objects(blocks):
        if item.get("type") == "user" and "user_id" in item:
            yield f"@{item['user_id']}"
        elif item.get("type") == "broadcast":
            yield f"!{item.get('range')}"
        elif item.get("type") == "usergroup":
            yield f"!subteam^{item.get('usergroup_id')}"


def _objects(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _objects(item)
