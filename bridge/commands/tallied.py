"""Files that only their owner can read, and whose digests and rows are known when they are complete."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import click

from bridge.rules.audit import canonical

MANIFEST = "manifest.json"
NOT_EMPTY = "{path} is not an empty folder. Nothing in it was changed; name another one."


class Tallied:
    """A file that did not exist before."""

    def __init__(self, path: Path) -> None:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        os.fchmod(handle, 0o600)
        self._file = os.fdopen(handle, "wb")
        self._digest = sha256()
        self.rows = self.bytes = 0

    def write(self, words: str) -> None:
        """Add this."""
        said = words.encode("utf-8", "backslashreplace")
        self._file.write(said)
        self._digest.update(said)
        self.bytes += len(said)

    def close(self) -> dict[str, Any]:
        """It is complete: how long it is, and its digest."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return {"sha256": self._digest.hexdigest(), "bytes": self.bytes, "rows": self.rows}

    def drop(self) -> None:
        """It never will be."""
        with suppress(OSError):
            self._file.close()


class Folder:
    """A folder that was empty. Of what is not finished nothing stays."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files: dict[str, Any] = {}
        self._open: dict[str, Tallied] = {}

    def add(self, name: str) -> Tallied:
        """A new file in it."""
        (self.path / name).parent.mkdir(mode=0o700, exist_ok=True)
        self._open[name] = file = Tallied(self.path / name)
        return file

    def complete(self, name: str) -> None:
        """Nothing comes behind what is in this file."""
        self.files[name] = self._open.pop(name).close()

    def manifest(self, told: Mapping[str, Any]) -> tuple[str, str]:
        """What says that all of it is here, and its digest. Written last, by `seal`."""
        files = [{"name": name, **self.files[name]} for name in sorted(self.files)]
        words = json.dumps({**told, "files": files}, indent=1) + "\n"
        return words, sha256(words.encode()).hexdigest()

    def seal(self, words: str) -> None:
        """Write that."""
        self.add(MANIFEST).write(words)
        self.complete(MANIFEST)

    def clear(self) -> None:
        """Take back what was written."""
        for name in [*self.files, *self._open]:
            if name in self._open:
                self._open[name].drop()
            (self.path / name).unlink(missing_ok=True)
        for folder in {(self.path / name).parent for name in [*self.files, *self._open]} | {self.path}:
            with suppress(OSError):
                folder.rmdir()


@contextmanager
def fresh(path: Path) -> Iterator[Folder]:
    """A folder that is filled, and is gone again when that fails. Raises ClickException when it holds anything."""
    try:
        path.mkdir(mode=0o700)
    except FileExistsError:
        if path.is_symlink() or not path.is_dir() or any(path.iterdir()):
            raise click.ClickException(NOT_EMPTY.format(path=path)) from None
    path.chmod(0o700)
    folder = Folder(path)
    try:
        yield folder
    except BaseException:
        folder.clear()
        raise


def line(record: Mapping[str, Any]) -> str:
    """A record as a line of JSON that no program and no screen misreads."""
    return canonical(record) + "\n"
