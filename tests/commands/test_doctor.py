"""The doctor at the terminal: a line for each part, and a status that says how bad the worst of them is."""

import json
import re

from cryptography.fernet import Fernet

from tests.cast import LAW
from tests.commands.operator import Operator, row_of_outbox
from tests.forked import ROOT

LINE = re.compile(r"(ok  |warn|fail)  [a-z-]+( [\w() -]+)?: \S.*")


async def test_the_status_says_how_bad_the_worst_is(operator: Operator) -> None:
    serving = await operator.serve()
    fresh = await operator("doctor", "--json")
    findings = json.loads(fresh.out)
    assert (fresh.status, fresh.err) == (1, "")
    assert {tuple(finding) for finding in findings} == {("level", "about", "says", "todo")}
    wrong = [(finding["level"], finding["about"]) for finding in findings if finding["level"] != "ok"]
    assert wrong == [("warn", f"two-way {LAW.team_id}")]  # which is how every firm begins
    await operator.succeeds("firms", "two-way", "on")
    well = await operator("doctor")
    assert (well.status, well.err) == (0, "")
    assert all(line.startswith("ok    ") for line in well.out.splitlines())

    serving.terminate()
    await serving.wait()
    row_of_outbox(operator, "post", "dead")
    said = await operator("doctor")
    assert (said.status, said.err) == (2, "")
    lines = said.out.splitlines()
    assert all(LINE.fullmatch(line) for line in lines), lines
    away = [line for line in lines if line.startswith("fail")]
    assert [line.partition(":")[0] for line in away] == ["fail  door slack", "fail  door twilio"]
    assert all(" -> Start the app." in line for line in away)
    assert [line.partition(":")[0] for line in lines if line.startswith("warn")] == ["warn  outbox"]


async def test_what_ends_the_examination_is_a_finding_too(operator: Operator) -> None:
    await operator.succeeds("firms", "list")  # the key is the database's own from now on
    for environ, told in [
        ({"ENCRYPTION_KEY": Fernet.generate_key().decode()}, "fail  key: ENCRYPTION_KEY does not open"),
        ({"DATABASE_URL": f"sqlite:///{operator.database}x"}, "fail  database: There is no database yet."),
        ({"ENCRYPTION_KEY": ""}, "fail  settings: ENCRYPTION_KEY is missing."),
        ({"SLACK_SIGNING_SECRET": ""}, "fail  settings: SLACK_SIGNING_SECRET is missing."),
    ]:
        said = await operator("doctor", **environ)
        assert (said.status, said.err) == (2, "")
        assert told in said.out


def test_every_line_that_there_can_be_is_in_the_papers() -> None:
    paper = (ROOT / "docs/operations.md").read_text("utf-8")
    table = paper.partition("## What the doctor says")[2].partition("\n## ")[0]
    told = {
        word for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE) for word in re.findall("`([a-z-]+)", row)
    }
    places = [*(ROOT / "bridge/services/examinations").glob("*.py"), ROOT / "bridge/services/doctor.py"]
    source = "".join(path.read_text("utf-8") for path in [*places, ROOT / "bridge/commands/doctor.py"])
    starts = r'(?:ok|warn|fail|trouble|WARN,|FAIL,|OK,|about =|place =)\(?\s*f?"([a-z-]+)'
    assert told == set(re.findall(starts, source)) - {"ok"}
