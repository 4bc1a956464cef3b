"""Every environment variable is read once, and all that is wrong with them is told at once."""

from ipaddress import ip_network

import pytest
from pydantic import ValidationError

from bridge.settings import VARIABLES, Settings, SettingsError, is_loopback
from tests.environ import ACCOUNT, KEY, OTHERS, SECRETS, load, problems


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
        "ADDON_PRICE_PER_MONTH": "15",
        "ADDON_PRICE_PER_TEXT": "0.06",
        "ADDON_TEXTS_INCLUDED": "250",
        "ADDON_CURRENCY": "usd",
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
        ("ADDON_PRICE_PER_MONTH", "-15"),
        ("ADDON_PRICE_PER_MONTH", "$15"),
        ("ADDON_PRICE_PER_MONTH", "14.999"),
        ("ADDON_PRICE_PER_TEXT", "0.00001"),
        ("ADDON_PRICE_PER_TEXT", "6e-2"),
        ("ADDON_TEXTS_INCLUDED", "many"),
        ("ADDON_CURRENCY", "eur"),
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


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.3.2.1", True), ("::1", True), ("localhost", True), ("10.0.0.1", False),
     ("0.0.0.1", False), ("localhost.example.com", False), ("", False), (None, False)],
)  # fmt: skip
def test_loopback(host: str | None, loopback: bool) -> None:
    assert is_loopback(host) is loopback
