"""Tables as programs write them are read the same, wherever somebody begins to read."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as some

from bridge.rules import signups, tables
from bridge.rules.signups import Signup
from bridge.rules.tables import Layout, Lines, NoTable, Row

CELLS = some.text(some.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def read(content: bytes) -> tuple[Layout, list[tuple[int, Row]]]:
    """The layout, and each row with the place behind it."""
    lines = Lines(io.BytesIO(content))
    passing = iter(lines)
    how = tables.layout(passing)
    return how, [(lines.place, row) for row in tables.rows(passing, how)]


def rows(content: bytes) -> list[Row]:
    return [row for _, row in read(content)[1]]


def written(cells: list[list[str]], between: str = ",", end: str = "\r\n") -> bytes:
    words = io.StringIO()
    csv.writer(words, delimiter=between, lineterminator=end, quoting=csv.QUOTE_ALL).writerows(cells)
    return words.getvalue().encode()


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("between", [",", ";", "\t", "|"])
def test_whatever_stands_between_columns_and_lines(between: str, end: str, mark: bytes) -> None:
    content = mark + written([["Name", "Phone"], ["Zoë, the\nfirst", "1"], ["O;m|a\tr", "2"]], between, end)
    expected = [{"Name": "Zoë, the\nfirst", "Phone": "1"}, {"Name": "O;m|a\tr", "Phone": "2"}]
    assert rows(content) == expected


@given(some.lists(some.lists(CELLS, min_size=3, max_size=3), max_size=6), some.sampled_from(["\n", "\r\n"]))
def test_from_any_row_on_the_rest_is_the_same(cells: list[list[str]], end: str) -> None:
    content = written([["a", "b", "c"], *cells], end=end)
    how, found = read(content)
    assert [list(row.values()) for _, row in found] == [row for row in cells if any(map(str.strip, row))]
    for number, (place, _) in enumerate(found, 1):
        rest = tables.rows(Lines(io.BytesIO(content), place), how)
        assert list(rest) == [row for _, row in found[number:]]


@given(some.lists(some.text('ab,"\r', max_size=8), max_size=30), some.integers(10, 40))
def test_a_file_that_is_read_in_pieces_has_the_same_lines(words: list[str], most: int) -> None:
    content = "\r".join(words).encode()
    before, tables.LONGEST = tables.LONGEST, most
    try:
        assert list(Lines(io.BytesIO(content))) == content.decode().splitlines(keepends=True)
    finally:
        tables.LONGEST = before


def test_names_are_told_apart_and_what_has_none_is_left_out() -> None:
    how, ((_, row),) = read(b" Phone ,Phone,,Phone (2)\n1,2,3,4,5\n")
    assert how.columns == ("Phone", "Phone (2)", "", "Phone (2) (2)")
    assert row == {"Phone": "1", "Phone (2)": "2", "Phone (2) (2)": "4"}
    assert how.named == ["Phone", "Phone (2)", "Phone (2) (2)"]


def test_rows_that_are_short_or_empty() -> None:
    assert rows(b"\n\na,b\n1\n\n , \n,2\n") == [{"a": "1", "b": None}, {"a": "", "b": "2"}]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b",,\n1,2,3\n", "empty"),
        ("Name\nJürgen\n".encode("latin-1"), "not_csv"),
        ("Jürgen\n".encode("latin-1"), "not_csv"),
        ("Name,Phone\n".encode("utf-16"), "not_csv"),
        (b"PK\x03\x04\xff\xfe", "not_csv"),
        (b"x" * (tables.LONGEST + 1), "not_csv"),
        (b'a\n"' + b"x\n" * 100_000, "not_csv"),
    ],
)
def test_what_is_no_table(content: bytes, code: str) -> None:
    with pytest.raises(NoTable) as caught:
        rows(content)
    assert caught.value.code == code


def test_no_cell_that_comes_back_is_a_formula_and_it_is_read_as_it_was() -> None:
    how = Layout(",", ("a", "", "=b"))
    assert tables.given_back({"a": "=1+1", "=b": None}, "Because", how) == ["'=1+1", "", "Because"]
    assert tables.titles(how) == ["a", "'=b", tables.REASON]
    back = tables.given_back({"a": "+14155550123", "=b": ""}, "Because", how)
    read = signups.read({"a": back[0]}, {"phone": "a"})
    assert isinstance(read, Signup)
    assert read.phone == "+14155550123"
