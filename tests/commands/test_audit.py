"""The audit trail, by command: looked at, looked through, and checked by somebody who does not have the app."""

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from bridge.commands.audit import TOLD_OTHERWISE, WHOLE
from bridge.store import append_only
from tests.cast import LAW, MARIA
from tests.commands.operator import Operator, install
from tests.forked import ROOT


async def _sealed(operator: Operator) -> None:
    """The app runs until nothing old is left that is not sealed."""
    process = await operator.serve(TWILIO_NUMBER="")  # to connect one would be an entry more
    async with asyncio.timeout(30):
        while operator.sql("SELECT 1 FROM audit WHERE place IS NULL AND at < '2026-06-01'"):
            await asyncio.sleep(0.05)
    process.terminate()
    await process.wait()


def _write(operator: Operator, many: int, firm_id: int = 1) -> None:
    """Entries of some time ago."""
    for number in range(many):
        operator.sql(
            "INSERT INTO audit (firm_id, at, actor, action, facts) VALUES (?, ?, 'operator', ?, ?)",
            firm_id,
            f"2026-01-0{number % 9 + 1} 12:00:00.000000",
            "set_plan" if number % 2 else "two_way",
            json.dumps({"to": MARIA, "né": number}, ensure_ascii=False),
        )


def _behind_its_back(operator: Operator, statement: str) -> None:
    triggers = operator.sql("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    for name, _ in triggers:
        operator.sql(f"DROP TRIGGER {name}")
    operator.sql(statement)
    for _, words in triggers:
        operator.sql(words)


def _hash(told: str) -> str:
    (found,) = re.findall(r"hash: +([0-9a-f]{64})", told)
    return str(found)


@pytest.mark.faults("S27")
async def test_it_is_looked_through_and_what_is_wrong_is_named(operator: Operator) -> None:
    install(operator, LAW.team_id)
    _write(operator, 9)
    assert "not sealed: 9, the oldest from 2026-01-01 12:00:00 UTC" in await operator.succeeds("audit", "verify")
    await _sealed(operator)
    told = await operator.succeeds("audit", "verify")
    assert "9 entries from 2026-01-01 12:00:00 UTC to 2026-01-09 12:00:00 UTC" in told
    assert WHOLE in told
    assert "\x1b" not in told
    noted = _hash(told)
    _write(operator, 2)
    await _sealed(operator)
    told = await operator.succeeds("audit", "verify", "--expect", noted.upper()[:20])
    assert "noted:      it is the hash of number 9" in told
    assert "not in the chain" in (await operator("audit", "verify", "--expect", "0" * 64)).out
    _behind_its_back(operator, """UPDATE audit SET facts = '{"to": "+14155550199", "né": 3}' WHERE id = 4""")
    _behind_its_back(operator, "UPDATE audit SET action = 'set' || char(27) || '_plan' WHERE id = 4")
    said = await operator("audit", "verify")
    assert (said.status, said.err) == (1, f"Error: {TOLD_OTHERWISE}\n")
    assert "Entry #4 of 2026-01-04 12:00:00 UTC (set _plan) is not as it was when it was sealed" in said.out
    assert "+1415" not in said.out
    assert noted not in said.out


async def test_every_firm_is_looked_through_or_the_one_that_is_named(operator: Operator) -> None:
    install(operator, LAW.team_id, "T0OTHER")
    _write(operator, 3)
    _write(operator, 2, firm_id=2)
    await _sealed(operator)
    told = await operator.succeeds("audit", "verify")
    assert [line.split()[0] for line in told.splitlines() if not line.startswith(" ")] == [LAW.team_id, "T0OTHER"]
    _behind_its_back(operator, "DELETE FROM audit WHERE firm_id = 2")
    assert WHOLE in await operator.succeeds("audit", "verify", LAW.team_id)
    said = await operator("audit", "verify")
    assert (said.status, said.out.count(WHOLE)) == (1, 1)
    assert "2 entries were sealed, and there are 0" in said.out
    assert "Several firms" in await operator.fails("audit", "verify", "--expect", "0" * 64, status=2)
    assert "64 digits" in await operator.fails("audit", "verify", "--expect", "xyz", status=2)


async def test_who_takes_the_guards_away_is_told_of(operator: Operator) -> None:
    install(operator, LAW.team_id)
    operator.sql("DROP TRIGGER audit_refuses_delete")
    said = await operator("audit", "verify")
    assert (said.status, "audit_refuses_delete" in said.out) == (1, True)
    assert "audit_refuses_delete" in append_only.names("sqlite")


async def test_it_is_listed_page_by_page(operator: Operator) -> None:
    install(operator, LAW.team_id)
    assert "No entries." in await operator.succeeds("audit", "list")
    _write(operator, 9)
    said = await operator("audit", "list", "--limit", "4")
    first = said.out.splitlines()
    assert [line.split()[0] for line in first] == ["#9", "#8", "#7", "#6"]
    assert first[1] == '#8  2026-01-08 12:00:00  operator  set_plan  {"to": "+14155550111", "n\\u00e9": 7}'
    assert said.err == "There may be more: --before 6\n"
    second = await operator.succeeds("audit", "list", "--before", "6")
    assert [line.split()[0] for line in second.splitlines()] == ["#5", "#4", "#3", "#2", "#1"]

    async def ids(*words: str) -> list[str]:
        return re.findall(r"#(\d+)", await operator.succeeds("audit", "list", *words))

    assert await ids("--action", "set_plan") == ["8", "6", "4", "2"]
    assert await ids("--since", "2026-01-03", "--until", "2026-01-05") == ["4", "3"]
    assert await ids("--actor", "operator", "--action", "two_way", "--since", "2026-01-08") == ["9"]
    assert await ids("--actor", "U0NOBODY") == []


def _checked(file: Path) -> subprocess.CompletedProcess[str]:
    """What the program in the papers says of a file."""
    paper = (ROOT / "docs/audit.md").read_text("utf-8")
    (program,) = re.findall(r"^```python\n(.*?)^```", paper, re.MULTILINE | re.DOTALL)
    assert len([line for line in program.splitlines() if line]) <= 10
    return subprocess.run(  # noqa: S603 (ours)
        [sys.executable, "-I", "-c", program, str(file)], capture_output=True, text=True, check=False
    )


@pytest.mark.faults("S27")
async def test_somebody_else_can_check_it_with_the_ten_lines_in_the_papers(
    operator: Operator, tmp_path: Path
) -> None:
    install(operator, LAW.team_id)
    file = tmp_path / "audit.jsonl"
    assert "No entries are sealed yet." in await operator.succeeds("audit", "export", str(file))
    _write(operator, 7)
    await _sealed(operator)
    noted = _hash(await operator.succeeds("audit", "verify"))
    _write(operator, 1)
    told = await operator.succeeds("audit", "export", str(file))
    assert told == f"7 entries. The last one's hash is {noted}.\n1 are not sealed yet, and not in the file.\n"
    assert file.stat().st_mode & 0o077 == 0
    good = _checked(file)
    assert (good.returncode, good.stdout.strip()) == (0, noted)
    lines = file.read_text("ascii").splitlines()
    assert json.loads(lines[0])["firm"] == LAW.team_id
    for number, forged in enumerate(
        (
            [*lines[:3], lines[3].replace('n\\u00e9":3', 'n\\u00e9":4'), *lines[4:]],
            [*lines[:3], *lines[4:]],
            [*lines[:3], lines[4], lines[3], *lines[5:]],
        )
    ):
        assert forged != lines
        file.write_text("\n".join(forged) + "\n")
        found = _checked(file)
        assert (found.returncode, found.stdout) == (1, ""), number
        assert found.stderr.startswith("Line 4, entry ")
    _behind_its_back(operator, "UPDATE audit SET facts = 'no JSON' WHERE id = 5")
    assert await operator.fails("audit", "export", str(file)) == "Entry #5 cannot be read any more."
