"""What is typed and meant is checked, and trouble is one sentence."""

import asyncio
import contextlib
import socket
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from bridge.__main__ import main
from tests import cast
from tests.cast import DENTAL, LAW
from tests.commands.operator import Operator, install


async def test_trouble_is_one_sentence(operator: Operator, tmp_path: Path) -> None:
    operator.slack.workspaces[LAW.team_id].refused_with = "invalid_auth"
    assert "invalid_auth" in await operator.fails("serve")
    assert "needs PostgreSQL" in await operator.fails("web")
    assert "needs PostgreSQL" in await operator.fails("worker")
    missing = await operator.fails("serve", PUBLIC_BASE_URL="", SLACK_SIGNING_SECRET="")
    assert "PUBLIC_BASE_URL is missing" in missing
    assert "SLACK_SIGNING_SECRET is missing" in missing
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "in use already" in await operator.fails("serve", PORT=str(taken.getsockname()[1]))
    await operator.succeeds("firms", "list")  # the key is the database's own from now on
    wrong_key = await operator.fails("firms", "list", ENCRYPTION_KEY=Fernet.generate_key().decode())
    assert wrong_key.startswith("ENCRYPTION_KEY does not open")
    empty = tmp_path / "empty.db"
    empty.touch()
    assert "python -m bridge migrate" in await operator.fails("firms", "list", DATABASE_URL=f"sqlite:///{empty}")
    no_database = tmp_path / "words.db"
    no_database.write_text("These are words, and not a database at all. " * 50)
    told = await operator.fails("firms", "list", DATABASE_URL=f"sqlite:///{no_database}")
    assert told == "The database cannot be used: file is not a database."
    nobody = await operator.fails("firms", "list", DATABASE_URL="postgresql://u:p@127.0.0.1:1/none")
    assert nobody.startswith("The database does not answer.")


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["firms", "two-way", "up"], "'on', 'off'"),
        (["firms", "set-channel", "#leads"], "not its name"),
        (["firms", "set-plan", "free"], "'included', 'add-on'"),
        (["firms", "set-twilio", "AC1"], "32 hexadecimal digits"),
        (["firms", "set-help", "x" * 321], "320 characters"),
        (["firms", "prefer", "time-zone", "Chicago"], "America/Chicago"),
        (["firms", "prefer", "filtered-limit", "0"], "1 to 100"),
        (["firms", "prefer", "stop-words", "alto, help"], "means something else"),
        (["firms", "prefer", "stop-words", "a" * 31], "at most 20 words"),
        (["firms", "reply-mode", "C0LAW", "maybe"], "'send', 'confirm', 'alerts'"),
        (["leads", "add", "--name", "Dana", "--phone", "12345"], "no phone number"),
        (["leads", "add", "--name", " "], "empty"),
        (["leads", "add", "--name", "D" * 201], "200 characters"),
        (["outbox", "retry", "seven"], "not a valid integer"),
        (["manifest", "--url", "sms.example.com"], "begin with https://"),
        (["manifest", "--url", "https://a_b.example.com"], "underscore"),
        (["manifest", "--url", "https://example.com/?a=b"], "without user, query or fragment"),
        (["serve", "--port", "80"], "No such option"),
        (["dance"], "No such command"),
    ],
)
def test_what_is_typed_is_checked_and_explained(words: list[str], part: str) -> None:
    said = CliRunner().invoke(main, words, prog_name="python -m bridge")
    assert (said.exit_code, said.stdout) == (2, "")
    assert part in said.stderr


@pytest.mark.rows(50)
async def test_what_is_meant_is_checked_and_explained(operator: Operator) -> None:
    install(operator, LAW.team_id, DENTAL.team_id)
    law = LAW.team_id
    assert f"{law}, {DENTAL.team_id}" in await operator.fails("firms", "two-way", "on", status=2)
    assert "No firm has the Slack team id T9" in await operator.fails("firms", "two-way", "on", "T9", status=2)
    assert "not supported" in await operator.fails("firms", "set-number", "+1 415 555 0199", law)
    assert "not a phone number" in await operator.fails("firms", "set-number", "mine", law)
    operator.twilio.add_number(cast.ACCOUNT, "+14155550177", sms=False)
    assert "cannot send or receive" in await operator.fails("firms", "set-number", "+14155550177", law)
    operator.twilio.fail("number", times=5, status=401, code=20003)
    assert "20003" in await operator.fails("firms", "set-number", LAW.number, law)


async def test_a_command_waits_for_a_process_that_is_writing(operator: Operator) -> None:
    install(operator, LAW.team_id)
    with contextlib.closing(sqlite3.connect(operator.database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        asking = await operator.start("firms", "two-way", "on")
        await asyncio.sleep(4)
        assert asking.returncode is None
        other.execute("COMMIT")
    async with asyncio.timeout(10):
        assert await asking.wait() == 0
