"""What the papers say is there: commands, files, make targets, marks, and a picture of the tour as it is now."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bridge.__main__ import main
from bridge.sandbox.tour import Tour
from bridge.services import marks, replies
from bridge.settings import VARIABLES

ROOT = Path(__file__).parents[1]
PAPERS = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "docs/operations.md", "docs/design.md"]

CODE = re.compile(r"^```.*?\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
PLACE = re.compile(r"(?<![\w./])(?:bridge|tests|docs|benchmarks)/[\w./-]*\w")
NOT_YET = "polls"  # the example of a feature that somebody may add
EMOJI = {
    "⏳": "hourglass_flowing_sand",
    "✅": "white_check_mark",
    "✔️": "heavy_check_mark",
    "❌": "x",
    "❔": "grey_question",
    "⛔": "no_entry",
    "📝": "memo",
    "🔒": "lock",
}

every_paper = pytest.mark.parametrize("paper", PAPERS)


def read(paper: str) -> str:
    return (ROOT / paper).read_text("utf-8")


def code(paper: str) -> Iterator[str]:
    """What stands there to be typed: lines of code blocks, and what is set as code within a line."""
    for block, word in CODE.findall(read(paper)):
        yield from (block or word).splitlines()


def commands() -> Iterator[str]:
    """Every `python -m bridge` of the papers, and the README's table of commands."""
    for paper in PAPERS:
        for line in code(paper):
            if found := re.search(r"python -m bridge ([a-z].*)", line):
                yield found[1].partition("#")[0].strip()
    table = read("README.md").partition("| command |")[2].partition("\n## ")[0]
    for row in re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE):
        yield from re.findall("`(.+?)`", row)


@pytest.mark.parametrize("written", sorted(set(commands())))
def test_a_command_that_is_named_exists(written: str) -> None:
    words, command = shlex.split(written), main
    while isinstance(command, click.Group) and words:
        assert words[0] in command.commands, f"there is no command {words[0]}"
        command = command.commands[words.pop(0)]  # type: ignore[assignment]
    known = {name for option in command.params for name in option.opts}
    assert {word for word in words if word.startswith("-")} <= known
    arguments = [part for part in command.params if isinstance(part, click.Argument)]
    assert bool(words) <= bool(known)
    assert not isinstance(command, click.Group)
    assert arguments or not [word for word in words if not word.startswith("-")] or "--" in written


def test_every_command_is_in_the_readme() -> None:
    named = " ".join(commands())
    for name, command in main.commands.items():
        inside = command.commands if isinstance(command, click.Group) else {"": command}
        assert all(f"{name} {each}".strip() in named for each in inside)


@every_paper
def test_a_file_that_is_named_exists(paper: str) -> None:
    linked = [link for link in re.findall(r"\]\(([^)#:]+)\)", read(paper))]
    missing = [link for link in linked if not ((ROOT / paper).parent / link).exists()]
    written = {place for place in PLACE.findall(read(paper)) if NOT_YET not in place and "..." not in place}
    missing += [place for place in written if not (ROOT / place).exists()]
    assert missing == []


@every_paper
def test_what_is_to_be_made_can_be_made(paper: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    asked = {name for line in code(paper) for name in re.findall(r"(?:^|\s)make ([a-z]+)", line)}
    assert asked <= targets


@pytest.mark.parametrize("variable", VARIABLES, ids=lambda variable: str(variable.name))
def test_the_readme_says_of_a_setting_what_the_program_says(variable: object) -> None:
    ...
