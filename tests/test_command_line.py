"""The command line, run as an operator runs it: a process of its own, beside an app that may be serving."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
import sqlite3
import stat
import sys
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import click
import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from bridge.__main__ import main
from bridge.sandbox.slack import PretendSlack
from bridge.sandbox.twilio import PretendTwilio
from tests import cast
from tests.cast import DENTAL, LAW
from tests.command import Said, say

ROOT = Path(__file__).parents[1]
BARE = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}


@dataclass
class Operator:
    """Somebody at a terminal, with the app's environment."""

    environ: dict[str, str]
    slack: PretendSlack
    twilio: PretendTwilio
    database: Path
    started: list[asyncio.subprocess.Process] = field(default_factory=list)

    async def start(self, *words: str, **environ: str) -> asyncio.subprocess.Process:
        """Start a command. Settings given here count more; an empty one is as good as none."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bridge", *words, cwd=ROOT, env=BARE | self.environ | environ,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        self.started.append(process)
        return process

    async def __call__(self, *words: str, typed: str = "", **environ: str) -> Said:
        """Run a command to its end."""
        return await say(words, BARE | self.environ | environ, ROOT, typed)

    async def succeeds(self, *words: str, typed: str = "", **environ: str) -> str:
        """What a command prints that must do what was asked."""
        said = await self(*words, typed=typed, **environ)
        assert (said.status, said.err) == (0, ""), said
        return said.out

    async def fails(self, *words: str, status: int = 1, **environ: str) -> str:
        """The sentence of a command that must refuse, without a traceback and without any secret."""
        said = await self(*words, **environ)
        assert said.status == status, said
        assert "Traceback" not in said.err
        assert said.out == ""
        for secret in (cast.TOKEN, cast.OWN_TOKEN, cast.KEY, LAW.bot_token, cast.SIGNING_SECRET):
            assert secret not in said.err
        return said.err.rpartition("Error: ")[2].strip()

    async def serve(self, *words: str, **environ: str) -> asyncio.subprocess.Process:
        """Start the app and wait for its one line."""
        process = await self.start(*(words or ("serve",)), **environ)
        assert process.stdout is not None
        assert process.stderr is not None
        async with asyncio.timeout(60):
            line = await process.stdout.readline()
        assert b"is ready" in line, await process.stderr.read()
        return process

    def sql(self, statement: str, *values: Any) -> list[Any]:
        """Look at the database, or change it, behind the app's back."""
        with contextlib.closing(sqlite3.connect(self.database, timeout=10)) as connection, connection:
            return connection.execute(statement, values).fetchall()


@pytest.fixture
async def bare_operator(tmp_path: Path) -> AsyncIterator[Operator]:
    """An operator who has set everything in the environment, and no database yet."""
    slack, twilio = PretendSlack(signing_secret=cast.SIGNING_SECRET), PretendTwilio()
    await slack.start()
    await twilio.start()
    cast.people_slack(slack)
    cast.people_twilio(twilio)
    database = tmp_path / "bridge.db"
    environ = cast.environment(f"sqlite:///{database}", cast.free_port(), slack, twilio)
    operator = Operator(environ, slack, twilio, database)
    yield operator
    for process in operator.started:
        if process.returncode is None:
            process.kill()
        await process.wait()
    await slack.stop()
    await twilio.stop()


@pytest.fixture
def operator(bare_operator: Operator, sqlite_template: Path) -> Operator:
    """The same with a database of all tables."""
    shutil.copy(sqlite_template, bare_operator.database)
    return bare_operator


def install(operator: Operator, *teams: str) -> None:
    """Firms that are there already."""
    for team in teams:
        operator.sql(
            "INSERT INTO firms (team_id, name, created_at) VALUES (?, ?, '2026-01-02 12:00:00.000000')",
            team,
            "Harbor \x1b[31mLaw",
        )


# --- every command


def _commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        yield f"{path}{name}", command
        if isinstance(command, click.Group):
            yield from _commands(command, f"{path}{name} ")


@pytest.mark.parametrize(("path", "command"), list(_commands(main)), ids=lambda each: str(each).replace(" ", "-"))
def test_every_command_has_help_and_an_example_of_itself(path: str, command: click.Command) -> None:
    told = command.get_help(click.Context(command, info_name=f"python -m bridge {path}"))
    example = told.partition("Example")[2]
    assert f"python -m bridge {path}" in example


async def test_help_comes_out_of_the_process_itself(operator: Operator) -> None:
    process = await operator.start("--help")
    told = (await process.communicate())[0].decode()
    assert all(
        name in told for name in ("serve", "web", "worker", "migrate", "doctor", "manifest", "firms", "outbox")
    )


# --- from nothing to a running app


@pytest.mark.rows(1, 66)
async def test_an_operator_sets_a_firm_up_while_the_app_serves(bare_operator: Operator, tmp_path: Path) -> None:
    operator = bare_operator
    assert "python -m bridge migrate" in await operator.fails("firms", "list")
    assert not operator.database.exists()
    assert "up to date" in await operator.succeeds("migrate")
    assert "no firm yet" in await operator.succeeds("firms", "list")
    assert "no firm yet" in await operator.fails("firms", "show")

    serving = await operator.serve()
    listed = await operator.succeeds("firms", "list")
    assert all(part in listed for part in (LAW.team_id, LAW.name, "two-way off", LAW.channel, "included"))
    assert operator.twilio.numbers[LAW.number].settings["SmsUrl"].startswith(operator.environ["PUBLIC_BASE_URL"])

    assert "is on" in await operator.succeeds("firms", "two-way", "on")
    operator.slack.add_channel(LAW.team_id, "C0OTHER", "other")
    assert "C0OTHER" in await operator.succeeds("firms", "set-channel", "C0OTHER", LAW.team_id)
    assert "add-on" in await operator.succeeds("firms", "set-plan", "add-on")
    assert "this text" in await operator.succeeds("firms", "set-help", "Call {number}.")
    assert "confirm" in await operator.succeeds("firms", "reply-mode", "C0OTHER", "confirm")
    shown = await operator.succeeds("firms", "show", LAW.team_id)
    for part in ("add-on", "C0OTHER", "Call {number}.", "installed", "the operator's"):
        assert part in shown
    assert operator.sql("SELECT channel_id, reply_mode FROM channels") == [("C0OTHER", "confirm")]
    actions = {row[0] for row in operator.sql("SELECT action FROM audit WHERE actor = 'operator'")}
    assert actions == {
        "connect_number", "two_way", "set_channel", "set_plan", "set_help", "set_reply_mode"
    }  # fmt: skip

    await operator.twilio.text(cast.MARIA, LAW.number, "Hello there")
    async with asyncio.timeout(15):  # the running app has noticed what the commands changed
        while not operator.slack.roots(LAW.team_id, "C0OTHER"):
            await asyncio.sleep(0.05)
    examined = await operator("doctor")
    assert (examined.status, examined.err) == (0, ""), examined
    assert "already" in await operator.fails("serve", PORT="0")

    serving.send_signal(signal.SIGTERM)
    started = time.monotonic()
    assert await serving.wait() == 0
    assert time.monotonic() - started < 10
    assert stat.S_IMODE(operator.database.stat().st_mode) == 0o600


async def test_a_signal_ends_it_while_it_starts_and_a_second_one_at_once(operator: Operator) -> None:
    operator.slack.fail("auth.test", times=None, hang=20.0)
    starting = await operator.start("serve")
    async with asyncio.timeout(30):
        while not any(call.method == "auth.test" for call in operator.slack.calls):
            await asyncio.sleep(0.05)
    starting.send_signal(signal.SIGINT)
    async with asyncio.timeout(8):
        assert await starting.wait() == 0

    operator.slack.clear_faults()
    serving = await operator.serve()
    with socket.create_connection(("127.0.0.1", int(operator.environ["PORT"]))) as slow:
        slow.sendall(b"POST /twilio/sms HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\nFrom")
        await asyncio.sleep(0.3)  # the request is under way now, and will be for ten seconds
        serving.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.5)
        assert serving.returncode is None
        serving.send_signal(signal.SIGTERM)
        async with asyncio.timeout(3):
            assert await serving.wait() == 1


async def test_web_and_worker_are_processes_of_their_own_on_postgresql(
    operator: Operator, postgres: str, postgres_template: str
) -> None:
    url = postgres.replace("/postgres?", f"/{postgres_template}?")
    serving, working = (
        await operator.serve("web", DATABASE_URL=url),
        await operator.serve("worker", DATABASE_URL=url),
    )
    async with (
        aiohttp.ClientSession() as session,
        session.get(operator.environ["PUBLIC_BASE_URL"] + "/readyz") as got,
    ):
        assert got.status == 200
    assert LAW.team_id in await operator.succeeds("firms", "list", DATABASE_URL=url)
    for process in (serving, working):
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            assert await process.wait() == 0


# --- what it refuses


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


# --- firms and leads


async def test_an_account_of_its_own_is_kept_sealed(operator: Operator, tmp_path: Path) -> None:
    install(operator, DENTAL.team_id)
    secret = tmp_path / "token"
    secret.write_text(f"{cast.OWN_TOKEN}\n")
    await operator.succeeds("firms", "set-twilio", cast.OWN_ACCOUNT, "--token-file", str(secret))
    [(account, sealed)] = operator.sql("SELECT account_sid, account_token FROM firms")
    assert account == cast.OWN_ACCOUNT
    assert Fernet(cast.KEY).decrypt(sealed).decode() == cast.OWN_TOKEN
    assert cast.OWN_TOKEN not in str(operator.sql("SELECT facts FROM audit"))
    connected = await operator.succeeds("firms", "set-number", DENTAL.number, "--keyword-replies", "bridge")
    assert "is connected" in connected
    assert operator.sql("SELECT account_sid, keyword_replies FROM numbers") == [(cast.OWN_ACCOUNT, "bridge")]
    piped = await operator.succeeds("firms", "set-twilio", cast.OWN_ACCOUNT, typed="another-token\n")
    assert "another-token" not in piped
    [(sealed,)] = operator.sql("SELECT account_token FROM firms")
    assert Fernet(cast.KEY).decrypt(sealed) == b"another-token"
    assert "one word" in await operator.fails("firms", "set-twilio", cast.OWN_ACCOUNT, status=2)


async def test_leads_are_entered_with_numbers_as_carriers_want_them(operator: Operator) -> None:
    install(operator, LAW.team_id)
    assert "No signups" in await operator.succeeds("leads", "list")
    await operator.succeeds("leads", "add", "--name", "Maria Lopez", "--phone", "(415) 555-0111", "--source", "web")
    await operator.succeeds("leads", "add", "--name", "No Phone", "--email", "no@example.com", LAW.team_id)
    assert operator.sql("SELECT name, phone, email, source FROM leads ORDER BY id") == [
        ("Maria Lopez", "+14155550111", None, "web"),
        ("No Phone", None, "no@example.com", None),
    ]
    newest, oldest = (await operator.succeeds("leads", "list")).splitlines()
    assert "No Phone" in newest
    assert "Maria Lopez  (415) 555-0111" in oldest
    listed = await operator.succeeds("firms", "list")
    assert "\x1b" not in listed  # what others chose as a name cannot steer a terminal


# --- doctor and outbox


def _row(operator: Operator, kind: str, state: str, **more: Any) -> int:
    values = {
        "firm_id": 1, "lane": "thread:1", "service": "slack", "route": "post:C0LAW", "kind": kind, "state": state,
        "payload": json.dumps({"phone": "+14155550111", "text": "a secret word"}), "error": "channel_not_found",
        "attempts": 3, "due_at": "2026-01-02 12:00:00.000000", "created_at": "2026-01-02 12:00:00.000000", **more,
    }  # fmt: skip
    names, marks = ", ".join(values), ", ".join("?" * len(values))
    [(row,)] = operator.sql(f"INSERT INTO outbox ({names}) VALUES ({marks}) RETURNING id", *values.values())  # noqa: S608
    return int(row)


async def test_rows_that_were_given_up_are_listed_retried_and_dropped(operator: Operator) -> None:
    install(operator, LAW.team_id)
    assert "Nothing" in await operator.succeeds("outbox", "list")
    dead, also_dead = _row(operator, "post", "dead"), _row(operator, "notice", "dead")
    waiting, doubtful = _row(operator, "root", "ready"), _row(operator, "text", "unknown")
    _row(operator, "mark", "done")
    listed = await operator.succeeds("outbox", "list")
    shown = [line.split()[0] for line in listed.splitlines()[1:]]
    assert shown == [str(row) for row in (dead, also_dead, doubtful, waiting)]
    assert "555" not in listed
    assert "secret" not in listed
    await operator.succeeds("outbox", "retry", str(dead))
    await operator.succeeds("outbox", "drop", str(also_dead))
    assert dict(operator.sql("SELECT id, state FROM outbox WHERE id <= ?", also_dead)) == {
        dead: "unknown",  # one of its tries may have got through: that is looked into first
        also_dead: "done",
    }
    assert "that was given up" in await operator.fails("outbox", "retry", str(doubtful))
    actions = operator.sql("SELECT action, firm_id FROM audit ORDER BY id")
    assert actions == [("retry_row", 1), ("drop_row", 1)]


async def test_doctor_names_what_is_wrong_and_what_to_do(operator: Operator) -> None:
    serving = await operator.serve()
    serving.terminate()
    await serving.wait()
    fresh = await operator("doctor", "--json")
    assert fresh.status == 1
    warnings = [finding["about"] for finding in json.loads(fresh.out) if finding["level"] != "ok"]
    assert warnings == [f"two-way {LAW.team_id}"]  # which is how every firm begins

    await operator.slack.archive(LAW.team_id, LAW.channel)
    operator.slack.workspaces[LAW.team_id].scopes -= {"reactions:write", "files:read"}
    operator.twilio.numbers[LAW.number].settings["SmsUrl"] = "https://elsewhere.example.com/sms"
    _row(operator, "post", "dead")
    _row(operator, "post", "ready")
    operator.sql("INSERT INTO routes (firm_id, name, off_reason) VALUES (1, 'update', 'missing_scope')")
    said = await operator("doctor")
    assert (said.status, said.err) == (2, "")
    lines = [line for line in said.out.splitlines() if line.startswith("fail")]
    wrong = {
        f"fail  slack {LAW.team_id}": "lacks files:read, reactions:write",
        f"fail  channel {LAW.team_id}": "archived",
        f"fail  number {LAW.team_id}": "sent elsewhere",
        f"fail  route {LAW.team_id} update": "missing_scope",
        "fail  outbox": "due for",
    }
    for (start, part), line in zip(wrong.items(), lines, strict=True):
        assert line.startswith(start), line
        assert part in line
        assert " -> " in line
    assert "1 given up" in said.out

    operator.slack.workspaces[LAW.team_id].refused_with = "token_revoked"
    other_key = Fernet.generate_key().decode()
    assert "refuses: token_revoked" in (await operator("doctor")).out
    assert "fail  key" in (await operator("doctor", ENCRYPTION_KEY=other_key)).out
    assert "no database yet" in (await operator("doctor", DATABASE_URL=f"sqlite:///{operator.database}x")).out
    assert "ENCRYPTION_KEY is missing" in (await operator("doctor", ENCRYPTION_KEY="")).out


async def test_the_manifest_has_the_address_in_it(operator: Operator) -> None:
    told = await operator.succeeds("manifest", "--url", "https://sms.example.com/")
    assert "your-app.example.com" not in told
    assert told.count("https://sms.example.com/slack/events") == 3
