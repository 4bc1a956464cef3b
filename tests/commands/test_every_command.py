"""Every command explains itself."""

import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from bridge.__main__ import main
from tests.forked import ROOT


def _commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path}{name} ")


@pytest.mark.parametrize(("path", "command"), list(_commands(main)), ids=lambda each: str(each).replace(" ", "-"))
def test_every_command_has_help_and_an_example_of_itself(path: str, command: click.Command) -> None:
    told = command.get_help(click.Context(command, info_name=f"python -m bridge {path}"))
    example = told.partition("Example")[2]
    assert f"python -m bridge {path}" in example


def test_help_comes_out_of_the_process_itself() -> None:
    words = [sys.executable, "-m", "bridge", "--help"]
    told = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S603 (ours)
    assert all(
        name in told for name in ("serve", "web", "worker", "migrate", "doctor", "manifest", "firms", "outbox")
    )
