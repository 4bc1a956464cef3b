"""How the app goes out, and what it leaves lying about: the rules that every call and every file keeps to."""

import ast
import stat
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import click
import pytest
from cryptography.fernet import Fernet
from sqlalchemy import text

from bridge import app as wiring
from bridge.__main__ import main
from bridge.app import Gateways
from bridge.gateways import stripe_http, twilio_http, wire
from bridge.gateways.slack_http import CALL_SECONDS, VIEW_SECONDS
from bridge.settings import Settings
from bridge.store import migrate
from bridge.store.database import Database
from tests.house.source import ROOT, called, callers, calls, product


def words(parameter: click.Parameter) -> list[str]:
    return str(parameter.name).split("_")


OWNER_ONLY, OWNER_ENTERS = 0o600, 0o700


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def settings(path: Path) -> Settings:
    return Settings.load({"ENCRYPTION_KEY": Fernet.generate_key().decode(), "DATABASE_URL": f"sqlite:///{path}"})


@pytest.mark.faults("S30")
def test_sessions_are_opened_in_one_place_and_requests_sent_from_one() -> None:
    assert callers("ClientSession") == {"bridge/gateways/wire.py"}
    assert callers("open_session") == {
        "bridge/app.py",
        "bridge/gateways/front_door.py",
        "bridge/gateways/twilio.py",
    }
    assert {path for path in product() if {"ask", "wire.ask"} & called(path)} == {
        "bridge/gateways/front_door.py",
        "bridge/gateways/media.py",
        "bridge/gateways/slack_files.py",
        "bridge/gateways/slack_http.py",
        "bridge/gateways/stripe_http.py",
        "bridge/gateways/twilio_http.py",
    }


@pytest.mark.faults("S30")
def test_no_call_switches_a_check_off() -> None:
    """Certificates are checked, redirects not followed, proxies not taken from the environment."""
    for path in product():
        for call in calls(path):
            told = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            assert not {"ssl", "verify", "verify_ssl", "ssl_context"} & set(told), path
            assert told.get("allow_redirects", "False") == "False", path
            assert told.get("trust_env", "False") == "False", path


@pytest.mark.faults("S30")
async def test_each_service_has_a_session_of_its_own_with_an_end_to_everything(tmp_path: Path) -> None:
    async with wiring.opened(settings(tmp_path / "b.db")) as deps:
        assert isinstance(deps.clients, Gateways)
        sessions = [deps.clients.slack_session, deps.clients.twilio_session, deps.clients.stripe_session]
        assert len(set(sessions)) == 3
        for session in sessions:
            assert session.timeout.total is not None
            assert session.timeout.connect == wire.CONNECT_SECONDS
            assert not session.trust_env
            assert isinstance(session.cookie_jar, aiohttp.DummyCookieJar)
    assert all(session.closed for session in sessions)
    assert max(twilio_http.CALL_SECONDS, stripe_http.CALL_SECONDS, CALL_SECONDS) <= 15
    assert VIEW_SECONDS < 3
    assert wire.API_BYTES == 1024 * 1024


@pytest.mark.faults("S6")
def test_no_command_takes_a_secret_among_its_words() -> None:
    """Everybody on the machine can read the words of a running command."""

    def parameters(command: click.Command) -> Iterator[click.Parameter]:
        yield from command.params
        for inside in getattr(command, "commands", {}).values():
            yield from parameters(inside)

    secret = {each for each in parameters(main) if {"token", "secret", "key", "password"} & set(words(each))}
    assert {each.name for each in secret} == {"token_file"}
    assert all(isinstance(each.type, click.File) for each in secret)


@pytest.mark.faults("S19")
def test_text_for_slack_is_escaped_at_one_place() -> None:
    """Two ways of escaping end in one text that was escaped twice, or not at all."""
    entities = {"&amp;", "&lt;", "&gt;"}
    here = {path for path in product() if any(entity in (ROOT / path).read_text("utf-8") for entity in entities)}
    assert here == {"bridge/rules/mrkdwn.py", "bridge/rules/rich_text.py"}
    escaping = {
        path
        for path in product()
        for call in calls(path)
        if any(isinstance(each, ast.Constant) and each.value == "&amp;" for each in call.args[1:])
    }
    assert escaping == {"bridge/rules/mrkdwn.py"}
    assert callers("unescape") == set()


@pytest.mark.faults("S10", "S11")
async def test_the_embedded_database_is_its_owners_alone(tmp_path: Path) -> None:
    """Whatever the umask, and also when a backup was copied back for everybody to read."""
    path = tmp_path / "new" / "folder" / "bridge.db"
    await migrate.upgrade(f"sqlite+aiosqlite:///{path}")
    db = Database(f"sqlite+aiosqlite:///{path}")
    async with db.begin() as tx:
        await tx.run(text("CREATE TABLE t (x)"))
    beside = sorted(path.parent.iterdir())
    assert {file.name for file in beside} >= {"bridge.db", "bridge.db-wal", "bridge.db-shm"}
    assert {mode(file) for file in beside} == {OWNER_ONLY}
    assert mode(path.parent) == OWNER_ENTERS
    await db.close()
    path.chmod(0o644)
    await Database(f"sqlite+aiosqlite:///{path}").close()
    assert mode(path) == OWNER_ONLY
