"""The project's own text, for tests of its conventions."""

import ast
import gc
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@cache
def tree(path: str) -> ast.Module:
    """A Python file of the project, taken apart.

    Python 3.11 says "AST constructor recursion depth mismatch" if it collects garbage meanwhile (its issue 106905).
    """
    words = (ROOT / path).read_text("utf-8")
    gc.disable()
    try:
        return ast.parse(words, path)
    finally:
        gc.enable()


def product() -> list[str]:
    """Every Python file of the app, the sandbox left out."""
    found = (path.relative_to(ROOT).as_posix() for path in (ROOT / "bridge").rglob("*.py"))
    return sorted(path for path in found if not path.startswith("bridge/sandbox/"))


def calls(path: str) -> Iterator[ast.Call]:
    """Every call in a file."""
    return (node for node in ast.walk(tree(path)) if isinstance(node, ast.Call))


@cache
def called(path: str) -> frozenset[str]:
    """What a file calls, each as written in front of the bracket, without where it is looked up first."""
    return frozenset(ast.unparse(call.func) for call in calls(path))


def callers(name: str) -> set[str]:
    """The files that call something of this name, whatever stands before the dot."""
    return {path for path in product() if any(written.split(".")[-1] == name for written in called(path))}


def tracked() -> list[str]:
    """Every file that git keeps, and every new one that it would."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 (whichever git there is)
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if listed.returncode:
        pytest.skip("this is no git checkout, so it is unknown which files belong to the project")
    return sorted(path for path in listed.stdout.split("\0") if (ROOT / path).is_file())
