"""Signups come in a CSV file."""

from pathlib import Path

import pytest

from tests.cast import LAW
from tests.commands.operator import Operator, connect, install

TABLE = """Full Name,Mobile,E-mail,Notes
Dana Example,(415) 555-0123,dana@example.com,"likes, commas"
Omar,415-555-0124,,
,4155550125,,
No Phone,,no@example.com,
Wrong,1234567890,,a note
Nothing,,,
"""


def _table(folder: Path, words: str = TABLE, *, encoding: str = "utf-8-sig") -> str:
    path = folder / "leads.csv"
    path.write_text(words, encoding=encoding)
    return str(path)


async def test_it_shows_what_it_understands_and_asks_first(operator: Operator, tmp_path: Path) -> None:
    install(operator, LAW.team_id)
    path = _table(tmp_path)
    told = await operator.succeeds("leads", "import", path, "--dry-run")
    assert "name            Full Name" in told
    assert "phone           Mobile" in told
    assert "4 rows can be entered, 2 cannot." in told
    assert "Enter them?" not in told
    assert "aborted" not in (await operator("leads", "import", path, typed="n\n")).out
    assert operator.sql("SELECT count(*) FROM leads") == [(0,)]
    told = await operator.succeeds("leads", "import", path, typed="y\n")
    assert "4 entered, 0 were here before." in told
    assert operator.sql("SELECT name, phone, email FROM leads ORDER BY name") == [
        ("(415) 555-0125", "+14155550125", None),
        ("Dana Example", "+14155550123", "dana@example.com"),
        ("No Phone", None, "no@example.com"),
        ("Omar", "+14155550124", None),
    ]
    assert "Dana Example" in await operator.succeeds("leads", "find", "dana")


@pytest.mark.rows(104, 106)
async def test_it_says_how_many_numbers_will_be_looked_up_which_costs(operator: Operator, tmp_path: Path) -> None:
    install(operator, LAW.team_id)
    connect(operator)
    path = _table(tmp_path, TABLE + "Dana again,415-555-0123,,\n")
    costs = "3 numbers will be looked up at Twilio, which charges for each."
    assert costs in (await operator("leads", "import", path, typed="n\n")).out
    told = await operator.succeeds("leads", "import", path, "--yes", "--no-look-up")
    assert ("looked up" in told, operator.sql("SELECT count(*) FROM outbox")) == (False, [(0,)])
    assert costs in await operator.succeeds("leads", "import", path, typed="y\n")
    assert operator.sql("SELECT kind, route FROM outbox") == [("lookup", "lookup:one")] * 3
    operator.sql("UPDATE contacts SET line_checked_at = created_at")
    assert "looked up" not in await operator.succeeds("leads", "import", path, "--yes")
    assert operator.sql("SELECT count(*) FROM outbox") == [(3,)]


async def test_what_cannot_be_entered_is_given_back_with_the_reasons(operator: Operator, tmp_path: Path) -> None:
    install(operator, LAW.team_id)
    told = await operator.succeeds("leads", "import", _table(tmp_path), "--yes")
    rejected = tmp_path / "leads.rejected.csv"
    assert str(rejected) in told
    assert rejected.stat().st_mode & 0o077 == 0
    assert rejected.read_text("utf-8-sig").splitlines() == [
        "Full Name,Mobile,E-mail,Notes,why it was not entered",
        "Wrong,1234567890,,a note,That is no phone number that anybody has.",
        "Nothing,,,,It has neither a phone number nor an e-mail address.",
    ]


async def test_to_do_it_again_enters_only_what_is_new(operator: Operator, tmp_path: Path) -> None:
    install(operator, LAW.team_id)
    await operator.succeeds("leads", "import", _table(tmp_path), "--yes")
    more = TABLE + "Eve,4155550126,,\nEve,4155550126,,\n"
    told = await operator.succeeds("leads", "import", _table(tmp_path, more), "--yes")
    assert "1 entered, 5 were here before." in told
    assert operator.sql("SELECT count(*) FROM leads") == [(5,)]


@pytest.mark.parametrize("between", [";", "\t", "|"])
async def test_whatever_stands_between_the_columns(operator: Operator, tmp_path: Path, between: str) -> None:
    install(operator, LAW.team_id)
    path = _table(tmp_path, TABLE.replace('"likes, commas"', "").replace(",", between))
    assert "4 rows can be entered, 2 cannot." in await operator.succeeds("leads", "import", path, "--dry-run")


async def test_a_column_that_is_called_otherwise_is_named(operator: Operator, tmp_path: Path) -> None:
    install(operator, LAW.team_id)
    path = _table(tmp_path, "Who,Number to text\nDana,4155550123\n")
    assert "No column looks like phone numbers" in await operator.fails("leads", "import", path, status=2)
    named = ("--column", "phone=Number to text", "--column", "name=Who")
    assert "1 entered" in await operator.succeeds("leads", "import", path, "--yes", *named)
    assert "no column “Phone”" in await operator.fails("leads", "import", path, "--column", "phone=Phone", status=2)
    assert "no field “fax”" in await operator.fails("leads", "import", path, "--column", "fax=Who", status=2)


async def test_a_file_that_is_none(operator: Operator, tmp_path: Path) -> None:
    install(operator, LAW.team_id)
    path = _table(tmp_path, "Phone\n4155550123\nJürgen\n", encoding="latin-1")
    assert "CSV UTF-8" in await operator.fails("leads", "import", path)
    empty = _table(tmp_path, "")
    assert "has no columns" in await operator.fails("leads", "import", empty)
    other = _table(tmp_path, "Who,Where\nDana,Fair\n")
    assert "Its columns: Who, Where" in await operator.fails("leads", "import", other, status=2)


async def test_the_app_goes_on_serving_meanwhile(operator: Operator, tmp_path: Path) -> None:
    rows = "".join(
        f"Lead {number},415555{number % 10_000:04d},l{number}@example.com,\n" for number in range(100, 3100)
    )
    path = _table(tmp_path, "Full Name,Mobile,E-mail,Notes\n" + rows)
    process = await operator.serve()
    told = await operator.succeeds("leads", "import", path, "--yes")
    assert "entered, 0 were here before." in told
    process.terminate()
    assert await process.wait() == 0
