"""Which of the two databases a story is played on, where time is short.

All stories on both would take longer than anybody waits for `make test`. So there each is played on one of them,
drawn by the commit: the next commit may play it on the other, and the same commit always plays the same. Those in
which processes die, stop or work side by side are played on both each time; so is everything below the stories.
`make both`, and pytest by itself, play all of it on both.
"""

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

import pytest

STORIES, PROCESSES = "tests/stories/", "apart"
_DATABASE = re.compile(r"(?<=[\[-])(sqlite|postgres)(?=[\]-])")


def left_out(items: Sequence[pytest.Item], draw: str) -> list[pytest.Item]:
    """Those that are not played; of each story there is one left."""
    twice = {name for name, many in Counter(map(_story, _stories(items))).items() if many > 1}
    return [
        item for item in _stories(items) if _story(item) in twice and _database(item) != drawn(_story(item), draw)
    ]


def drawn(story: str, draw: str) -> str:
    """The database for a story, by what was drawn."""
    return ("sqlite", "postgres")[zlib.crc32(f"{draw} {story}".encode()) % 2]


def _stories(items: Iterable[pytest.Item]) -> Iterable[pytest.Item]:
    for item in items:
        if (
            item.nodeid.startswith(STORIES)
            and PROCESSES not in getattr(item, "fixturenames", ())
            and _database(item)
        ):
            yield item


def _story(item: pytest.Item) -> str:
    return _DATABASE.sub("", item.nodeid, count=1)


def _database(item: pytest.Item) -> str:
    found = _DATABASE.search(item.nodeid)
    return found[0] if found else ""
