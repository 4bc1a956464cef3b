"""Those who want no texts, by command."""

import csv
from pathlib import Path

from bridge.refusals import Refusal
from bridge.rules import optouts as rules
from tests.cast import LAW, MARIA, NOAH, OMAR
from tests.commands.operator import Operator, install

LISTED = """Phone,Opted out at,Reason,Scope
(415) 555-0111,2024-05-01,texted STOP to our old system,
+1 415 555 0112,05/02/2024,unsubscribed from offers,marketing
'+14155550113,,,all
1234567890,,nobody,
4155550114,some day,,
4155550115,,,sometimes
"""


def _file(folder: Path, words: str = LISTED) -> str:
    path = folder / "stopped.csv"
    path.write_text(words, encoding="utf-8-sig")
    return str(path)


async def test_the_command_looks_first_and_gives_back_what_it_cannot_enter(
    operator: Operator, tmp_path: Path
) -> None:
    install(operator, LAW.team_id)
    path = _file(tmp_path)
    told = await operator.succeeds("optouts", "import", path, "--dry-run")
    assert "number          Phone" in told
    assert "since           Opted out at" in told
    assert "3 rows can be entered, 3 cannot." in told
    assert operator.sql("SELECT count(*) FROM contacts") == [(0,)]
    told = await operator.succeeds("optouts", "import", path, "--yes")
    assert "3 entered, 0 were here before" in told
    assert "0 entered, 3 were here before" in await operator.succeeds("optouts", "import", path, "--yes")
    assert operator.sql("SELECT phone, opted_out, marketing FROM contacts ORDER BY phone") == [
        (MARIA, 1, "none"), (NOAH, 0, "revoked"), (OMAR, 1, "none"),
    ]  # fmt: skip
    rejected = tmp_path / "stopped.rejected.csv"
    assert rejected.stat().st_mode & 0o077 == 0
    assert [row[-1] for row in csv.reader(rejected.read_text("utf-8-sig").splitlines())][1:] == [
        "That is no phone number that anybody has.", "That is no date, such as 2026-11-23.",
        "The scope is “all” or “marketing”.",
    ]  # fmt: skip


async def test_what_is_written_is_no_formula_and_only_for_who_wrote_it(operator: Operator, tmp_path: Path) -> None:
    install(operator, LAW.team_id)
    listed = "number,reason\n4155550111,=HYPERLINK(1)\n+442079460018,@sum\n"
    await operator.succeeds("optouts", "import", _file(tmp_path, listed), "--yes")
    out = tmp_path / "out.csv"
    out.write_text("old")
    out.chmod(0o644)
    assert "2 rows are in" in await operator.succeeds("optouts", "export", str(out))
    assert out.stat().st_mode & 0o077 == 0
    rows = list(csv.reader(out.read_text("utf-8-sig").splitlines()))
    assert rows[0] == list(rules.COLUMNS)
    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@"}]
    assert rows[1][0] == "(415) 555-0111"
    again = await operator.succeeds("optouts", "import", str(out), "--yes")
    assert "0 entered, 2 were here before" in again


async def test_by_hand_and_back(operator: Operator) -> None:
    install(operator, LAW.team_id)
    assert "Nobody has opted out." in await operator.succeeds("optouts", "list")
    add = ("optouts", "add", "(415) 555-0111", "--reason", "asked by phone")
    assert "not texted any more" in await operator.succeeds(*add)
    assert "so already" in await operator.succeeds(*add)
    assert "(415) 555-0111  all  " in await operator.succeeds("optouts", "list")
    assert "taken back" in await operator.succeeds("optouts", "undo", MARIA, "--reason", "another Maria")
    assert "nothing to take back" in await operator.succeeds("optouts", "undo", MARIA, "--reason", "x")
    await operator.succeeds(*add, "--scope", "marketing")
    assert "(415) 555-0111  marketing  " in await operator.succeeds("optouts", "list")
    assert "kept" in await operator.succeeds("optouts", "agree", MARIA, "--text", "Yes please", "--days", "180")
    assert operator.sql("SELECT marketing, marketing_until IS NOT NULL FROM contacts") == [("granted", 1)]
    assert "no phone number" in await operator.fails("optouts", "add", "12", "--reason", "x", status=2)


async def test_a_lead_s_own_stop_is_not_taken_back_by_command(operator: Operator, tmp_path: Path) -> None:
    install(operator, LAW.team_id)
    await operator.succeeds("optouts", "import", _file(tmp_path, "number,by\n4155550111,lead\n"), "--yes")
    said = await operator.fails("optouts", "undo", MARIA, "--reason", "please")
    assert said == Refusal.STOPPED.sentence
    said = await operator.fails("optouts", "undo", MARIA, "--reason", "please", "--scope", "marketing")
    assert "new consent" in said
    assert operator.sql("SELECT opted_out FROM contacts") == [(1,)]


async def test_signups_bring_consent_and_a_deleted_one_takes_none_of_it_along(
    operator: Operator, tmp_path: Path
) -> None:
    install(operator, LAW.team_id)
    path = tmp_path / "leads.csv"
    path.write_text(
        "Name,Phone,SMS consent,Consent text,Consent date,Time zone,Tags,Case\n"
        "Maria,4155550111,Yes,Text me offers,2026-01-02,Pacific,\"vip, lease\",=1+1\n"
        "Noah,4155550112,no,,,,,\n"
        "Omar,4155550113,,,,Mars,,\n"
    )  # fmt: skip
    told = await operator.succeeds("leads", "import", str(path), "--yes")
    assert "2 rows can be entered, 1 cannot." in told
    assert "consent         SMS consent" in told
    assert "time zone's name" in (tmp_path / "leads.rejected.csv").read_text("utf-8-sig")
    assert operator.sql("SELECT phone FROM contacts WHERE marketing = 'granted'") == [(MARIA,)]
    [(at, source, evidence)] = operator.sql("SELECT at, source, evidence FROM consent_events")
    assert (at[:10], source) == ("2026-01-02", "import")
    assert "Text me offers" in evidence
    [(zone, tags, attributes)] = operator.sql("SELECT time_zone, tags, attributes FROM leads WHERE name = 'Maria'")
    assert (zone, tags, attributes) == ("America/Los_Angeles", '["vip", "lease"]', '{"Case": "=1+1"}')
    await operator.succeeds("leads", "import", str(path), "--yes")
    assert operator.sql("SELECT count(*) FROM consent_events") == [(1,)]

    kept = await operator("leads", "delete", MARIA, typed="n\n")
    assert "Delete it?" in kept.out
    assert operator.sql("SELECT count(*) FROM leads") == [(2,)]
    assert "1 deleted." in await operator.succeeds("leads", "delete", "4155550111", "--yes")
    [(noah,)] = operator.sql("SELECT id FROM leads")
    assert f"#{noah}  " in await operator.succeeds("leads", "list")
    assert "1 deleted." in await operator.succeeds("leads", "delete", f"#{noah}", "--yes")
    assert "no such signup" in await operator.succeeds("leads", "delete", f"#{noah}", "--yes")
    assert operator.sql("SELECT count(*) FROM lead_terms") == [(0,)]
    assert operator.sql("SELECT count(*) FROM consent_events") == [(1,)]
    audited = operator.sql("SELECT actor FROM audit WHERE action = 'delete_leads'")
    assert audited == [("operator",)] * 2
