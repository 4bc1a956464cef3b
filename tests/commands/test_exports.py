"""What was said, in files; for how long it is kept; and what is held."""

import csv
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tests.cast import DENTAL, LAW, MARIA, NOAH
from tests.commands.operator import Operator, connect, install

TURNED = "\u202e=HYPERLINK(1)"
WORDS = '<script>alert("1")</script> & \u202eturned\n=1+1'


def add(operator: Operator, table: str, **values: Any) -> int:
    """A row; its id."""
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    [(row,)] = operator.sql(
        f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id",  # noqa: S608 (all ours)
        *values.values(),
    )
    return int(row)


def talk(operator: Operator, phone: str, firm_id: int = 1) -> dict[str, Any]:
    """Somebody with whom a firm talks; whose every text is."""
    at = {"created_at": "2020-01-02 12:00:00.000000"}
    contact = add(operator, "contacts", firm_id=firm_id, phone=phone, **at)
    whose = {"firm_id": firm_id, "contact_id": contact, "number_id": firm_id}
    talk_id = add(operator, "conversations", **whose, last_at=at["created_at"], **at)
    return {"firm_id": firm_id, "conversation_id": talk_id, "number_id": firm_id}


def said(operator: Operator, whose: dict[str, Any], body: str, at: str, **values: Any) -> int:
    """A text; its id."""
    told = {"direction": "in", "state": "received", "body": body, "created_at": f"{at}.000000"} | values
    return add(operator, "messages", **whose, **told)


def two_firms(operator: Operator) -> tuple[dict[str, Any], dict[str, Any]]:
    """Who talk with the same person; and the first with another."""
    install(operator, LAW.team_id, DENTAL.team_id)
    connect(operator)
    operator.sql(
        "INSERT INTO numbers (firm_id, phone, account_sid, sid, toll_free, before, ready, created_at) "
        "SELECT 2, ?, account_sid, 'PN2', 0, '{}', 1, created_at FROM numbers",
        DENTAL.number,
    )
    said(operator, talk(operator, MARIA, 2), "of another firm", "2026-01-02 12:00:00")
    return talk(operator, MARIA), talk(operator, NOAH)


def records(folder: Path, name: str) -> list[dict[str, Any]]:
    """The lines of a file."""
    return [json.loads(line) for line in (folder / name).read_text("ascii").splitlines()]


@pytest.mark.rows(141, 185)
async def test_all_that_a_firm_has_said_is_handed_out_once_and_readable(operator: Operator, tmp_path: Path) -> None:
    maria, noah = two_firms(operator)
    lead = {"firm_id": 1, "phone": MARIA, "name": f"=Maria{TURNED}</title>", "created_at": "2026-01-01"}
    add(operator, "leads", **lead | {"created_at": "2026-01-01 12:00:00.000000"})
    add(operator, "staff", firm_id=1, user_id="U1", name="<b>Ann</b>", role="agent", standing="member",
        checked_at="2026-01-01 12:00:00.000000")  # fmt: skip
    first = said(operator, maria, WORDS, "2026-01-02 12:00:00", sid="SM1", unshown=1)
    add(operator, "pictures", firm_id=1, message_id=first, position=0, url="https://x/1", name="=a<i>.png")
    said(operator, maria, "+1 yes", "2026-01-03 12:00:00", direction="out", state="failed", error_code="30003",
         author_id="U1", sid="SM2")  # fmt: skip
    said(operator, noah, "", "2020-01-02 12:00:00", forgotten_at="2026-01-05 12:00:00.000000")
    start = {"change": "opt_in", "source": "sms", "evidence": '{"body": "=START"}', "at": "2026-01-02 12:00:00"}
    add(operator, "consent_events", firm_id=1, contact_id=2, **start)
    to = tmp_path / "records"
    assert "3 messages of 2 conversations are in" in await operator.succeeds("export", "--to", str(to), LAW.team_id)

    assert to.stat().st_mode & 0o777 == 0o700
    files = [path for path in to.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert not [path.name for path in files if b"of another firm" in path.read_bytes()]
    manifest = json.loads((to / "manifest.json").read_text())
    assert {each["name"] for each in manifest["files"]} | {"manifest.json"} == {
        str(path.relative_to(to)) for path in files
    }
    for each in manifest["files"]:
        assert sha256((to / each["name"]).read_bytes()).hexdigest() == each["sha256"]
    assert (manifest["messages"], manifest["consent_events"], manifest["everybody"]) == (3, 1, True)

    one, two, three = records(to, "messages.jsonl")
    assert (one["body"], one["shown"], one["number"], one["sid"]) == (WORDS, False, MARIA, "SM1")
    assert one["local"] == "2026-01-02 07:00:00 EST (UTC-05:00)"
    assert (two["author_name"], two["state"], two["error_code"]) == ("<b>Ann</b>", "failed", "30003")
    assert three["forgotten_at"] == "2026-01-05T12:00:00Z"
    rows = list(csv.reader((to / "messages.csv").read_text("utf-8-sig").splitlines(keepends=True)))
    assert [len(row) for row in rows] == [len(rows[0])] * 4
    cells = [cell for row in rows for cell in row]
    assert "'+1 yes" in cells
    assert not [cell for cell in cells if cell[:1] in {"=", "+", "-", "@"}]
    assert [record["evidence"] for record in records(to, "consent.jsonl")] == [{"body": "=START"}]
    (page,) = [path.read_text("utf-8") for path in files if path.name.startswith(MARIA[1:])]
    assert "&lt;script&gt;" in page
    assert not [tag for tag in ("<script", "<b>Ann", "<i>.png", "</title></") if tag in page]
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert "\u202e" not in page.partition("<article")[0]
    assert "not shown" in page
    assert "off or out of reach" in page
    begun, done = [
        (action, json.loads(facts))
        for action, facts in operator.sql("SELECT action, facts FROM audit WHERE firm_id = 1 ORDER BY id")
    ]
    assert (begun[0], done[0], done[1]["messages"]) == ("begin_export", "export", 3)
    assert done[1]["manifest"] == sha256((to / "manifest.json").read_bytes()).hexdigest()

    assert "is not an empty folder" in await operator.fails("export", "--to", str(to), LAW.team_id)
    assert sorted(path for path in to.rglob("*") if path.is_file()) == sorted(files)


@pytest.mark.rows(185)
async def test_what_was_made_of_a_text_in_slack_is_told_beside_it(operator: Operator, tmp_path: Path) -> None:
    maria, _ = two_firms(operator)
    text = said(operator, maria, "At too.", "2026-01-02 12:00:00", direction="out", state="delivered")
    at = {"firm_id": 1, "message_id": text, "channel_id": "C1", "ts": "1.1"}
    add(operator, "edits", **at, told_at="2", at="2026-01-02 12:01:00.000000", by_id="U1", before="At too.",
        after="<i>=At two</i>")  # fmt: skip
    add(operator, "edits", **at, told_at="3", at="2026-01-02 12:02:00.000000", deleted=1, before="=At two")
    to = tmp_path / "records"
    await operator.succeeds("export", "--to", str(to), LAW.team_id)

    (record,) = records(to, "messages.jsonl")
    assert [(each["by"], each["deleted"], each["before"], each["after"]) for each in record["edits"]] == [
        ("U1", False, "At too.", "<i>=At two</i>"), (None, True, "=At two", None)
    ]  # fmt: skip
    (cells,) = csv.DictReader((to / "messages.csv").read_text("utf-8-sig").splitlines(keepends=True))
    assert cells["edits"] == (
        "2026-01-02 07:01:00 EST (UTC-05:00): edited to: <i>=At two</i>; "
        "2026-01-02 07:02:00 EST (UTC-05:00): deleted"
    )
    (page,) = [path.read_text("utf-8") for path in (to / "transcripts").iterdir() if MARIA[1:] in path.name]
    assert "Edited in Slack by U1, 2026-01-02 07:01:00" in page
    assert "&lt;i&gt;=At two&lt;/i&gt;" in page
    assert "Deleted in Slack, 2026-01-02 07:02:00" in page


async def test_one_of_them_and_some_days_of_it(operator: Operator, tmp_path: Path) -> None:
    maria, noah = two_firms(operator)
    for at in ("2026-01-02 04:59:59", "2026-01-02 05:00:00", "2026-01-03 04:59:59", "2026-01-03 05:00:00"):
        said(operator, maria, at, at)
    said(operator, noah, "another", "2026-01-02 12:00:00")
    days = ("--since", "2026-01-02", "--until", "2026-01-03")
    to = tmp_path / "one"
    to.mkdir(mode=0o755)
    asked = ("export", "--to", str(to), LAW.team_id, *days)
    assert "2 messages of 1 " in await operator.succeeds(*asked, "--number", "(415) 555-0111")
    assert [each["body"] for each in records(to, "messages.jsonl")] == [
        "2026-01-02 05:00:00",
        "2026-01-03 04:59:59",
    ]
    assert to.stat().st_mode & 0o777 == 0o700
    none = tmp_path / "none"
    nothing = ("export", "--to", str(none), LAW.team_id)
    await operator.fails(*nothing, "--number", "+14155550199")
    await operator.fails(*nothing, "--lead", "7", status=2)
    await operator.fails(*nothing, "--since", "2026-01-02", "--until", "2026-01-02", status=2)
    assert not none.exists()


async def test_words_go_by_command_unless_they_are_held(operator: Operator) -> None:
    maria, noah = two_firms(operator)
    said(operator, maria, "old", "2020-01-02 12:00:00")
    said(operator, noah, "old too", "2020-01-02 12:00:00")
    team = LAW.team_id
    held = await operator.succeeds("hold", "add", "--number", MARIA, "--why", "a \x1b matter", team)
    assert "#1  (415) 555-0111: nothing is deleted from now on." in held
    told = await operator.succeeds("retention", team)
    assert "May go: 1," in told
    assert "On hold, and stay: 1." in told
    assert operator.sql("SELECT count(*) FROM messages WHERE forgotten_at IS NULL") == [(3,)]
    assert "the words of 1 texts" in await operator.succeeds("retention", "--delete", team)
    assert operator.sql("SELECT body FROM messages ORDER BY id") == [("of another firm",), ("old",), ("",)]
    assert "a matter" in await operator.succeeds("hold", "list", team)
    await operator.fails("hold", "lift", "1", "--why", "not theirs", DENTAL.team_id)
    assert "It is lifted." in await operator.succeeds("hold", "lift", "#1", "--why", "over", team)
    assert "Nothing is held." in await operator.succeeds("hold", "list", team)
    await operator.fails("hold", "add", "--why", "whose?", team, status=2)
    await operator.succeeds("firms", "prefer", "retention-years", "never", team)
    assert "for ever" in await operator.succeeds("retention", "--delete", team)
    actions = operator.sql("SELECT action FROM audit WHERE firm_id = 1 ORDER BY id")
    assert [action for (action,) in actions] == ["place_hold", "forget_words", "lift_hold", "prefer"]
