"""What the papers say is there: commands, files, make targets, settings, marks, and a picture of today's tour."""

import html
import re
import shlex
from collections.abc import Iterator
from contextlib import suppress
from inspect import iscoroutinefunction
from pathlib import Path

import click
import pytest

from bridge.__main__ import main
from bridge.sandbox.tour import Tour
from bridge.services import marks, replies
from bridge.settings import VARIABLES

ROOT = Path(__file__).parents[1]
PAPERS = [
    "README.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "docs/api.md",
    "docs/audit.md",
    "docs/operations.md",
    "docs/design.md",
    "docs/records.md",
    "docs/reliability.md",
    "docs/scale.md",
]

CODE = re.compile(r"^```\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"(?<![\w./])(?:bridge|tests|docs|benchmarks)/[\w./]*\w")
NOT_YET = "polls"  # the example of a feature that somebody may add
STANDS_FOR = {
    "CHANNEL": "C0123ABCD",
    "NUMBER": "+14155550100",
    "MODE": "confirm",
    "TEXT": "Call us.",
    "PLAN": "add-on",
    "ACCOUNT": "AC" + "0" * 32,
    "URL": "https://sms.example.com",
    "ROW": "17",
    "NAME": "typed-numbers",
    "VALUE": "on",
}
EMOJI = {
    "⏳": "hourglass_flowing_sand",
    "✅": "white_check_mark",
    "✔️": "heavy_check_mark",
    "❌": "x",
    "❔": "grey_question",
    "⛔": "no_entry",
    "📝": "memo",
    "🔒": "lock",
    "⏰": "alarm_clock",
}


def read(paper: str) -> str:
    return (ROOT / paper).read_text("utf-8")


def code(paper: str) -> Iterator[str]:
    """What stands there to be typed: lines of blocks, and what is set as code within a line."""
    for block, word in CODE.findall(read(paper)):
        yield from (block or word).splitlines()


def table(below: str) -> list[list[str]]:
    """The rows of the README's table under this heading row."""
    rows = read("README.md").partition(below)[2].partition("\n\n")[0]
    return [row.strip("| ").split(" | ") for row in rows.splitlines() if row.startswith("|") and "---" not in row]


def commands() -> set[str]:
    """Every `python -m bridge` of the papers, and the README's table of commands."""
    typed = [re.search(r"python -m bridge ([a-z].*)", line) for paper in PAPERS for line in code(paper)]
    named = [command for row in table("| command |") for command in re.findall("`(.+?)`", row[0])]
    return {found[1].partition("#")[0].strip(" .") for found in typed if found} | set(named)


@pytest.mark.parametrize("written", sorted(commands()))
def test_a_command_that_is_named_is_understood(written: str) -> None:
    command: click.Command = main
    words = [STANDS_FOR.get(word, word) for word in shlex.split(written)]
    while isinstance(command, click.Group):
        assert words, f"{written}: which of its commands?"
        assert words[0] in command.commands
        command = command.commands[words.pop(0)]
    with suppress(*() if words else (click.MissingParameter,)):  # of itself a command may only be named
        command.make_context(written, words)


def test_every_command_is_in_the_readme() -> None:
    every = {
        f"{name} {inside}".strip()
        for name, command in main.commands.items()
        for inside in (command.commands if isinstance(command, click.Group) else [""])
    }
    told = {command for row in table("| command |") for command in re.findall("`(.+?)`", row[0])}
    assert sorted(name for name in every if not any(f"{each} ".startswith(f"{name} ") for each in told)) == []


@pytest.mark.parametrize("paper", PAPERS)
def test_a_file_that_is_named_exists(paper: str) -> None:
    links = [(ROOT / paper).parent / link for link in re.findall(r"\]\(([^)#:]+)\)", read(paper))]
    places = [ROOT / place for place in PLACE.findall(read(paper)) if NOT_YET not in place and ".." not in place]
    assert [place for place in links + places if not place.exists()] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_what_is_to_be_made_can_be_made(paper: str) -> None:
    targets = re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE)
    asked = {name for line in code(paper) for name in re.findall(r"^make ([a-z]+)", line)}
    assert sorted(asked - set(targets)) == []


def test_the_readme_says_of_each_setting_what_the_program_says() -> None:
    told = {row[0].strip("`"): [part.strip(" `") for part in row[1:]] for row in table("| name | meaning |")}
    expected = {each.name: [each.meaning, each.default, "yes" if each.secret else "no"] for each in VARIABLES}
    assert told == expected


def test_the_readme_explains_every_mark() -> None:
    shown = set(marks.MARKS.values()) | {replies.NOTE, replies.INSIDE, replies.REFUSED}
    assert sorted(EMOJI[row[0]] for row in table("| mark |")) == sorted(shown)


def test_the_picture_shows_the_tour_as_it_is_and_calls_nobody() -> None:
    picture = html.unescape(read("docs/tour.svg")).replace("\xa0", " ")
    played = [vars(Tour).get(name) for name in Tour.play.__code__.co_names]
    scenes = [scene for scene in played if iscoroutinefunction(scene)]
    titles = [f"{number}. {scene.__doc__}" for number, scene in enumerate(scenes, 1)]
    assert titles
    assert [title for title in titles if title not in picture] == [], "make picture"
    assert re.findall("https?://[^\"' <)]+", picture) == ["http://www.w3.org/2000/svg"]  # a name, not a place
