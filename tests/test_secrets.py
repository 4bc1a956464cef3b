"""Secrets: where they come from, and where they never show."""

from pathlib import Path

import pytest

from bridge.settings import Settings
from tests.environ import ACCOUNT, KEY, OTHER_KEY, SECRETS, load, problems


@pytest.mark.faults("S6")
def test_secrets_are_in_no_text() -> None:
    secrets = {
        "DATABASE_URL": "postgresql://u:canary@db/x",
        "SLACK_SIGNING_SECRET": "canary1",
        "SLACK_BOT_TOKEN": "xoxb-canary2",
        "SLACK_APP_TOKEN": "xapp-canary3",
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": "canary4,canary5",
        "STRIPE_API_KEY": "sk_test_canary6",
        "STRIPE_WEBHOOK_SECRET": "whsec_canary7",
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
        STRIPE_WEBHOOK_SECRET="canary",
        PORT="canary",
    )
    assert len(wrong) == 7
    assert "canary" not in " ".join(wrong)
    assert KEY not in " ".join(wrong)


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
        "STRIPE_API_KEY": "rk_live_1",
        "STRIPE_WEBHOOK_SECRET": "whsec_1",
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
