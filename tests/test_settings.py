"""Every environment variable is read once, and all that is wrong with them is told at once."""

from ipaddress import ip_network
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import ValidationError

from bridge.settings import VARIABLES, Settings, SettingsError, is_loopback

KEY, OTHER_KEY = Fernet.generate_key().decode(), Fernet.generate_key().decode()
ACCOUNT = "AC" + "0" * 32
SECRETS = {
    "DATABASE_URL", "ENCRYPTION_KEY", "SLACK_APP_TOKEN", "SLACK_BOT_TOKEN", "SLACK_CLIENT_SECRET",
    "SLACK_SIGNING_SECRET", "STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRET", "TWILIO_API_KEY_SECRET", "TWILIO_AUTH_TOKEN",
}  # fmt: skip
OTHERS = {
    "HOST", "LOG_LEVEL", "METRICS_HOST", "METRICS_PORT", "PORT", "PUBLIC_BASE_URL", "SLACK_API_URL",
    "SLACK_CLIENT_ID", "SLACK_INBOX_CHANNEL",
    "SLACK_POSTS_PER_SECOND", "STRIPE_API_URL", "TRUSTED_PROXIES", "TWILIO_ACCOUNT_SID", "TWILIO_API_KEY_SID",
    "TWILIO_API_URL", "TWILIO_NUMBER", "TWILIO_SIGNATURES",
}  # fmt: skip


def load(**environ: str) -> Settings:
    return Settings.load({"ENCRYPTION_KEY": KEY, **environ})


def problems(*need: str, **environ: str) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"ENCRYPTION_KEY": KEY, **environ}, need=need)
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


def test_the_list_of_variables_is_complete() -> None:
    assert {variable.name for variable in VARIABLES if variable.secret} == SECRETS
    assert {variable.name for variable in VARIABLES if not variable.secret} == OTHERS
    assert all(variable.meaning.endswith((".", "'")) for variable in VARIABLES)


def test_what_is_not_given_has_its_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOST", "203.0.113.1")  # the given mapping is all that is read
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    settings = load(LOG_LEVEL="", PORT="  ")
    assert (settings.host, settings.port, settings.log_level) == ("127.0.0.1", 3000, "INFO")
    assert settings.database_url == "sqlite+aiosqlite:///bridge.db"
    assert (settings.slack_api_url, settings.twilio_api_url) == ("https://slack.com/api/", "")
    assert (settings.slack_posts_per_second, settings.twilio_signatures) == (1.0, "check")
    assert settings.trusted_proxies == ()
    assert not settings.slack_bot_token
    assert not settings.public_base_url
    assert settings.twilio_auth_tokens == ()
    defaults = {variable.name: variable.default for variable in VARIABLES if variable.default}
    assert defaults == {
        "DATABASE_URL": "sqlite:///bridge.db",
        "HOST": "127.0.0.1",
        "PORT": "3000",
        "METRICS_PORT": "0",
        "METRICS_HOST": "127.0.0.1",
        "LOG_LEVEL": "INFO",
        "SLACK_API_URL": "https://slack.com/api/",
        "SLACK_POSTS_PER_SECOND": "1.0",
        "TWILIO_SIGNATURES": "check",
    }


def test_the_process_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENCRYPTION_KEY", KEY)
    monkeypatch.setenv("HOST", "203.0.113.1")
    assert Settings.load().host == "203.0.113.1"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load().port = 1


@pytest.mark.parametrize(
    ("given", "normalised"),
    [
        ("sqlite:///bridge.db", "sqlite+aiosqlite:///bridge.db"),
        ("sqlite:////var/lib/bridge.db", "sqlite+aiosqlite:////var/lib/bridge.db"),
        ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite:///x.db"),
        ("postgresql://u:p%40@db:5433/bridge", "postgresql+asyncpg://u:p%40@db:5433/bridge"),
        ("postgres://u:p@db/bridge?sslmode=require", "postgresql+asyncpg://u:p@db/bridge?ssl=require"),
        ("postgresql:///bridge?host=/tmp/pg", "postgresql+asyncpg:///bridge?host=%2Ftmp%2Fpg"),
        ("postgresql+asyncpg://db/bridge", "postgresql+asyncpg://db/bridge"),
    ],
)
def test_databases(given: str, normalised: str) -> None:
    assert load(DATABASE_URL=given).database_url == normalised


@pytest.mark.parametrize(
    "given", ["mysql://db/x", "bridge.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://host/x"]
)
def test_other_databases_are_refused(given: str) -> None:
    (problem,) = problems(DATABASE_URL=given)
    assert problem.startswith("DATABASE_URL must ")


@pytest.mark.faults("S6")
def test_secrets_are_in_no_text() -> None:
    secrets = {
        "DATABASE_URL": "postgresql://u:canary@db/x",
        "SLACK_SIGNING_SECRET": "canary1",
        "SLACK_BOT_TOKEN": "xoxb-canary2",
        "SLACK_APP_TOKEN": "xapp-canary3",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": "canary4,canary5",
        "STRIPE_API_KEY": "canary6",
    }
    settings = load(**secrets)
    told = f"{settings!r} {settings} {settings.twilio_auth_tokens} {settings.encryption_keys}"
    assert "canary" not in told
    assert KEY not in told
    wrong = problems(
        DATABASE_URL="canary://u:canary@db",
        SLACK_BOT_TOKEN="canary",
        SLACK_APP_TOKEN="canary",
        ENCRYPTION_KEY=f"{KEY},canary",
        STRIPE_API_KEY_FILE="/canary",
        PORT="canary",
    )
    assert len(wrong) == 6
    assert "canary" not in " ".join(wrong)
    assert KEY not in " ".join(wrong)


def test_everything_is_told_at_once() -> None:
    with pytest.raises(SettingsError) as caught:
        Settings.load({"PORT": "many", "SLACK_CLIENT_ID": "1.2"}, need=["PUBLIC_BASE_URL", "SLACK_SIGNING_SECRET"])
    found = caught.value.problems
    assert [line.split()[0] for line in found] == [
        "ENCRYPTION_KEY",
        "PUBLIC_BASE_URL",
        "SLACK_SIGNING_SECRET",
        "SLACK_CLIENT_SECRET",
        "PORT",
    ]
    assert "is missing. Fernet keys" in found[0]
    assert "Fernet.generate_key()" in found[0]


def test_one_half_of_a_pair_misses_the_other() -> None:
    (problem,) = problems(TWILIO_ACCOUNT_SID=ACCOUNT)
    assert problem.startswith("TWILIO_AUTH_TOKEN is missing.")
    (problem,) = problems(TWILIO_API_KEY_SECRET="x")
    assert problem.startswith("TWILIO_API_KEY_SID is missing.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_BASE_URL", "https://sms.example.com"),
        ("PUBLIC_BASE_URL", "https://example.com/sms/bridge"),
        ("PUBLIC_BASE_URL", "http://127.0.0.1:3000"),
        ("PUBLIC_BASE_URL", "http://[::1]:3000"),
        ("TWILIO_API_URL", "http://localhost:9000"),
        ("TWILIO_API_URL", "http://127.9.9.9:9000/base"),
        ("STRIPE_API_URL", "https://stripe.example.com"),
    ],
)
def test_service_urls_lose_their_last_slash(name: str, value: str) -> None:
    assert getattr(load(**{name: value + "/"}), name.lower()) == value
    assert getattr(load(**{name: value}), name.lower()) == value


def test_slacks_url_ends_with_a_slash() -> None:
    assert load(SLACK_API_URL="http://127.0.0.1:9000/api").slack_api_url == "http://127.0.0.1:9000/api/"


@pytest.mark.parametrize("name", ["PUBLIC_BASE_URL", "SLACK_API_URL", "TWILIO_API_URL", "STRIPE_API_URL"])
@pytest.mark.parametrize(
    "value",
    [
        "http://sms.example.com",
        "http://10.0.0.1:9000",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "ftp://127.0.0.1",
        "sms.example.com",
        "https://",
        "https://user:canary@example.com",
        "https://example.com/?x=1",
        "https://example.com/#x",
        "https://example.com:port",
        "https://[",
    ],
)
def test_service_urls_that_are_not_safe_are_refused(name: str, value: str) -> None:
    (problem,) = problems(**{name: value})
    assert problem.startswith(f"{name} ")
    assert "canary" not in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PUBLIC_BASE_URL", "https://my_host.example.com"),
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("TRUSTED_PROXIES", "10.0.0.0/8,proxy.example.com"),
        ("PORT", "٣"),
        ("SLACK_POSTS_PER_SECOND", "-1"),
        ("SLACK_POSTS_PER_SECOND", "nan"),
        ("SLACK_POSTS_PER_SECOND", "fast"),
        ("SLACK_BOT_TOKEN", "xapp-1"),
        ("SLACK_APP_TOKEN", "xoxb-1"),
        ("SLACK_INBOX_CHANNEL", "#leads"),
        ("TWILIO_ACCOUNT_SID", "SK" + "0" * 32),
        ("TWILIO_AUTH_TOKEN", " , "),
        ("TWILIO_NUMBER", "(415) 555-0100"),
        ("TWILIO_SIGNATURES", "off"),
        ("LOG_LEVEL", "LOUD"),
        ("METRICS_PORT", "65536"),
        ("ENCRYPTION_KEY", ","),
    ],
)
def test_malformed_values_are_named(name: str, value: str) -> None:
    pairs = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "x"}
    (problem,) = problems(**{**pairs, name: value})
    assert problem.startswith(f"{name} ")
    assert problem.endswith(".")


def test_well_formed_values_are_kept() -> None:
    settings = load(
        PORT="0",
        SLACK_POSTS_PER_SECOND="0",
        SLACK_BOT_TOKEN="xoxe.xoxb-1",
        SLACK_INBOX_CHANNEL="C0123ABCD",
        TWILIO_NUMBER="+14155550100",
        TWILIO_SIGNATURES="log",
        LOG_LEVEL="debug",
        TRUSTED_PROXIES="10.0.0.0/8, ::1",
    )
    assert (settings.port, settings.slack_posts_per_second, settings.twilio_signatures) == (0, 0.0, "log")
    assert settings.slack_bot_token.get_secret_value() == "xoxe.xoxb-1"
    assert (settings.slack_inbox_channel, settings.twilio_number) == ("C0123ABCD", "+14155550100")
    assert settings.log_level == "DEBUG"
    assert settings.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("::1"))


@pytest.mark.faults("F18", "F26")
def test_several_keys_and_tokens_serve_a_rotation() -> None:
    settings = load(
        ENCRYPTION_KEY=f"{KEY}, {OTHER_KEY},", TWILIO_ACCOUNT_SID=ACCOUNT, TWILIO_AUTH_TOKEN="new , old"
    )
    assert [key.get_secret_value() for key in settings.encryption_keys] == [KEY, OTHER_KEY]
    assert [token.get_secret_value() for token in settings.twilio_auth_tokens] == ["new", "old"]
    (problem,) = problems(ENCRYPTION_KEY=f"{KEY},nonsense")
    assert problem.startswith("ENCRYPTION_KEY is malformed: key 2 of 2 is no Fernet key. Make one with: ")


@pytest.mark.faults("S6")
@pytest.mark.parametrize("name", sorted(SECRETS))
def test_each_secret_can_come_from_a_file(tmp_path: Path, name: str) -> None:
    values = {
        "DATABASE_URL": "postgresql+asyncpg://db/x",
        "SLACK_BOT_TOKEN": "xoxb-1",
        "SLACK_APP_TOKEN": "xapp-1",
        "ENCRYPTION_KEY": OTHER_KEY,
    }
    value = values.get(name, "s3cret")
    pairs = {"SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "x", "TWILIO_ACCOUNT_SID": ACCOUNT}
    pairs |= {"TWILIO_AUTH_TOKEN": "x", "TWILIO_API_KEY_SID": "SK" + "0" * 32, "TWILIO_API_KEY_SECRET": "x"}
    path = tmp_path / "secret"
    path.write_text(f"\n {value}\n")
    environ = {"ENCRYPTION_KEY": KEY, **pairs, name: "", f"{name}_FILE": str(path)}
    found = getattr(Settings.load(environ, need=[name]), name.lower())
    assert (found if isinstance(found, str) else found.get_secret_value()) == value


@pytest.mark.faults("S6")
def test_a_file_that_cannot_be_used_is_a_problem(tmp_path: Path) -> None:
    empty, binary = tmp_path / "canary-empty", tmp_path / "canary-binary"
    empty.write_text("\n")
    binary.write_bytes(b"\xff\xfe\x00")
    found = problems(
        "SLACK_SIGNING_SECRET",
        SLACK_SIGNING_SECRET_FILE=str(tmp_path / "canary-missing"),
        STRIPE_API_KEY_FILE=str(tmp_path),
        STRIPE_WEBHOOK_SECRET_FILE=str(empty),
        SLACK_APP_TOKEN_FILE=str(binary),
        SLACK_BOT_TOKEN="xoxb-1",
        SLACK_BOT_TOKEN_FILE=str(empty),
    )
    assert sorted(found) == [
        "SLACK_APP_TOKEN_FILE names a file that cannot be read: it is not text.",
        "SLACK_BOT_TOKEN and SLACK_BOT_TOKEN_FILE are both set. Remove one of them.",
        "SLACK_SIGNING_SECRET_FILE names a file that cannot be read: No such file or directory.",
        "STRIPE_API_KEY_FILE names a file that cannot be read: Is a directory.",
        "STRIPE_WEBHOOK_SECRET_FILE names a file that is empty.",
    ]


def test_what_is_no_secret_does_not_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "port"
    path.write_text("4000")
    assert load(PORT_FILE=str(path)).port == 3000


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.3.2.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False),
     ("0.0.0.1", False), ("localhost.example.com", False), ("", False), (None, False)],
)  # fmt: skip
def test_loopback(host: str | None, loopback: bool) -> None:
    assert is_loopback(host) is loopback
