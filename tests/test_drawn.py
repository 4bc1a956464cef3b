"""Of each story that could be played on both databases, one is, and over some commits both are."""

import pytest

from tests import drawn
from tests.drawn import left_out


class Story:
    """As much of a test as is looked at."""

    def __init__(self, nodeid: str, *fixtures: str) -> None:
        self.nodeid, self.fixturenames = nodeid, fixtures


def kept(stories: list[Story], draw: str) -> list[str]:
    out = {id(each) for each in left_out(stories, draw)}  # type: ignore[arg-type]  # as much of it as is looked at
    return [each.nodeid for each in stories if id(each) not in out]


def both(name: str, *fixtures: str) -> list[Story]:
    return [
        Story(f"tests/stories/test_x.py::{name}[{database}-7]", *fixtures) for database in ("sqlite", "postgres")
    ]


@pytest.mark.parametrize("draw", [f"{number:x}" for number in range(20)])
def test_each_story_is_played_once(draw: str) -> None:
    names = [f"test_{number}" for number in range(50)]
    stories = [story for name in names for story in both(name)]
    played = kept(stories, draw)
    assert [each.partition("::")[2].partition("[")[0] for each in played] == names
    assert 10 < sum("sqlite" in each for each in played) < 40


def test_over_some_commits_each_is_played_on_both() -> None:
    assert {drawn.drawn("a story", str(number)) for number in range(10)} == {"sqlite", "postgres"}


def test_what_is_on_one_database_anyway_and_where_processes_die_stays() -> None:
    alone, elsewhere = Story("tests/stories/test_x.py::test_alone[postgres]"), both("test_crash", "apart")
    below = [Story(f"tests/store/test_x.py::test_y[{database}]") for database in ("sqlite", "postgres")]
    stories = [alone, *elsewhere, *below, Story("tests/stories/test_x.py::test_plain")]
    assert kept(stories, "1") == kept(stories, "2") == [each.nodeid for each in stories]
