"""Tables as spreadsheets and other programs write them: a CSV file in, rows out; and rows into cells again."""

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, count
from typing import BinaryIO

from bridge.rules.cells import inert

LONGEST = 1024 * 1024  # bytes of a line; a file without any lines is not read into memory whole
_MARK = b"\xef\xbb\xbf"  # with which some programs begin what is UTF-8
REASON = "why it was not entered"

Row = dict[str, str | None]


@dataclass(eq=False)
class NoTable(Exception):
    """It cannot be read. `code` is "not_csv" or "empty"."""

    code: str


@dataclass(frozen=True)
class Layout:
    """What stands between the columns, and what each is called: "" for one without a name, no name twice."""

    between: str
    columns: tuple[str, ...]

    @property
    def named(self) -> list[str]:
        """The columns that can be told apart."""
        return [column for column in self.columns if column]


class Lines:
    """The lines of a file that is UTF-8, from a place on; they end as on any system.

    `place` is the byte behind the last one that was taken: to go on from there, begin there. Raises NoTable.
    """

    def __init__(self, file: BinaryIO, place: int = 0) -> None:
        self._file = file
        self.place = place

    def __iter__(self) -> Iterator[str]:
        for line in self._pieces():
            if len(line) >= LONGEST:
                raise NoTable("not_csv")
            words = line.removeprefix(_MARK) if self.place == 0 else line
            self.place += len(line)
            yield words.decode()

    def _pieces(self) -> Iterator[bytes]:
        """A piece of a file without "\\n" may end within a line, which goes on in the next."""
        self._file.seek(self.place)
        begun = b""
        while piece := self._file.readline(LONGEST):
            *whole, last = (begun + piece).splitlines(keepends=True)
            yield from whole
            begun = last if len(piece) == LONGEST else b""
            if not begun or len(begun) >= LONGEST:
                yield last
                begun = b""
        if begun:
            yield begun


def layout(lines: Iterator[str]) -> Layout:
    """How a table is laid out, by its first line that is not empty. Raises NoTable."""
    first = _first(lines)
    between = max(",;\t|", key=first.count)
    cells = next(_records(chain([first], lines), between), [])
    columns = tuple(_apart(cell.strip() for cell in cells))
    if not any(columns):
        raise NoTable("empty")
    return Layout(between, columns)


def _first(lines: Iterator[str]) -> str:
    try:
        return next((line for line in lines if line.strip()), "")
    except UnicodeDecodeError:
        raise NoTable("not_csv") from None


def rows(lines: Iterable[str], how: Layout) -> Iterator[Row]:
    """The rows below the columns; those with nothing in them are left out. Raises NoTable."""
    for cells in _records(lines, how.between):
        if any(cell.strip() for cell in cells):
            padded = chain(cells, (None for _ in range(len(how.columns) - len(cells))))
            yield {column: cell for column, cell in zip(how.columns, padded, strict=False) if column}


def _records(lines: Iterable[str], between: str) -> Iterator[list[str]]:
    try:
        yield from csv.reader(lines, delimiter=between)
    except (UnicodeDecodeError, csv.Error):
        raise NoTable("not_csv") from None


def _apart(names: Iterable[str]) -> Iterator[str]:
    """A name that stands there a second time becomes "Phone (2)"."""
    seen = set[str]()
    for name in names:
        others = (f"{name} ({number})" for number in count(2))
        given = name if not name or name not in seen else next(each for each in others if each not in seen)
        seen.add(given)
        yield given


def titles(how: Layout) -> list[str]:
    """The first line of a table of rows that are given back."""
    return [inert(cell) for cell in (*how.named, REASON)]


def given_back(row: Row, why: str, how: Layout) -> list[str]:
    """A row that could not be entered, as it was, with the reason."""
    return [inert(cell) for cell in (*(row[column] or "" for column in how.named), why)]
